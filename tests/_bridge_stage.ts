// What a test of bridged hubs has at hand: hubs of any make, engines, and peers.

import type { EngineEventTarget } from "../_engine_options.ts";
import {
  type Bridge,
  bridge,
  type BridgeFault,
  type HubConnection,
  type HubEventTarget,
} from "../bridge.ts";
import type { EventEnvelope } from "../mod.ts";
import type { HubOptions } from "../websocket_server.ts";
import type { Binding, TestEndpoint } from "./_iroh.ts";
import { foreign, type TestEngine } from "./_bridge_engines.ts";
import type { Peer } from "./_hubs.ts";
import { Setting, type TestHub as IrohTestHub } from "./_setting.ts";
import { envelopesOn, Log } from "./_waiting.ts";
import {
  type ServerKind,
  type TestHub as WebSocketTestHub,
  WebSocketSetting,
} from "./_websocket.ts";
import type { RawWebSocket } from "./_websocket_peer.ts";

/** What a hub is made on: a server of WebSockets, or a binding of iroh. */
export type Make = ServerKind | Binding;

/** Who a peer is. */
export interface PeerOptions {
  /** On WebSocket. */
  readonly id?: string;
  /** On iroh, where the id is that of the endpoint. */
  readonly on?: TestEndpoint;
  /** It does not listen for `settle` when this is false. */
  readonly settles?: boolean;
}

/** A hub, and how to connect to it. */
export interface Site<THub extends HubEventTarget = HubEventTarget> {
  readonly hub: THub;
  /** The bridges it is on. */
  readonly bridges: Set<Bridge>;
  /** What these bridges are on. */
  readonly targets: Set<EngineEventTarget>;
  /** A spoke or client, whose subscriptions of now the engines know. */
  peer(options?: PeerOptions): Promise<Peer>;
}

/** A site on WebSocket. */
export interface WebSocketSite extends Site<WebSocketTestHub> {
  /** A client written by hand; the stage does not know it. */
  raw(id: string): Promise<RawWebSocket>;
}

/** A peer that waits with the others until all has come. */
interface KnownPeer {
  readonly peer: Peer;
  readonly targets: ReadonlySet<EngineEventTarget>;
  readonly settled: Log<EventEnvelope>;
}

/** The type of what says that all of before has come. */
const SETTLED = "settled";

/** What a test has at hand; all ends with it, bridges first. */
export class BridgeStage implements AsyncDisposable {
  readonly engines: readonly TestEngine[];
  /** What the bridges were told. */
  readonly faults: Log<BridgeFault> = new Log();
  /** The connections that hubs had. */
  readonly left: Log<HubConnection> = new Log();
  readonly #settings = new Map<Make, Setting | WebSocketSetting>();
  readonly #bridges = new Set<Bridge>();
  readonly #peers: KnownPeer[] = [];
  #peersMade = 0;
  #rounds = 0;

  constructor(engines: readonly TestEngine[]) {
    this.engines = engines;
  }

  /** The first one. */
  get engine(): TestEngine {
    return this.engines[0]!;
  }

  /** How many events the bridges have told to be lost. */
  get lost(): number {
    return this.faults.all.reduce((sum, { lost = 0 }) => sum + lost, 0);
  }

  /** A hub that relays unless told otherwise, and is linked to nothing. */
  site(make: ServerKind, options?: HubOptions): Promise<WebSocketSite>;
  site(make: Binding, options?: HubOptions): Promise<Site<IrohTestHub>>;
  site(make: Make, options?: HubOptions): Promise<Site>;
  site(make: Make, options: HubOptions = {}): Promise<Site> {
    const all = { relay: true, onDisconnection: this.left.add, ...options };
    return "serve" in make
      ? this.#webSocketSite(make, all)
      : this.#irohSite(make, all);
  }

  /** Links hubs to an engine, by a target of their own unless one is given. */
  async link(
    sites: Site | readonly Site[],
    { engine = this.engine, target }: {
      engine?: TestEngine;
      target?: EngineEventTarget;
    } = {},
  ): Promise<Bridge> {
    const all = [sites].flat() as Site[];
    const on = target ?? await engine.target();
    const made = bridge({
      hub: all.map(({ hub }) => hub),
      engine: on,
      onError: this.faults.add,
    });
    this.#bridges.add(made);
    for (const { bridges, targets } of all) {
      bridges.add(made);
      targets.add(on);
    }
    await made.flush();
    return made;
  }

  /** A hub on a bridge of its own. */
  linked(make: ServerKind, options?: HubOptions): Promise<WebSocketSite>;
  linked(make: Binding, options?: HubOptions): Promise<Site<IrohTestHub>>;
  linked(make: Make, options?: HubOptions): Promise<Site>;
  async linked(make: Make, options?: HubOptions): Promise<Site> {
    const site = await this.site(make, options);
    await this.link(site);
    return site;
  }

  /**
   * Resolves once all that was sent before has come to whoever gets it: each peer
   * gets what somebody publishes behind it, by each target that its hub is on.
   */
  async settle(): Promise<void> {
    for (const { peer } of this.#peers) await peer.flush();
    for (const bridge of this.#bridges) await bridge.flush();
    const round = String(++this.#rounds);
    for (const engine of this.engines) {
      await engine.publish(`${SETTLED}:${round}`, foreign(SETTLED, round));
    }
    for (const { targets, settled } of this.#peers) {
      if (targets.size === 0) continue;
      await settled.find(() =>
        settled.all.filter(({ id }) => id === round).length >= targets.size
      );
    }
  }

  async endpoint(make: Binding): Promise<TestEndpoint> {
    return await this.#iroh(make).endpoint();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Array.from(this.#bridges, (bridge) => bridge.close()));
    for (const setting of this.#settings.values()) {
      await setting[Symbol.asyncDispose]();
    }
    for (const engine of this.engines) await engine[Symbol.asyncDispose]();
  }

  async #webSocketSite(
    make: ServerKind,
    options: HubOptions,
  ): Promise<WebSocketSite> {
    const setting = this.#settingOf(make, () => new WebSocketSetting(make));
    const hub = await setting.hub(options);
    const site = this.#site(
      hub,
      async ({ id = `peer-${++this.#peersMade}` }) => {
        const client = await setting.client(`${hub.url}/${id}`, {
          reconnect: { minDelay: 1, maxDelay: 50 },
        });
        return Object.assign(client, { id });
      },
    );
    const raw = (id: string) => setting.rawPeer(`${hub.url}/${id}`);
    return { ...site, raw };
  }

  async #irohSite(
    make: Binding,
    options: HubOptions,
  ): Promise<Site<IrohTestHub>> {
    const setting = this.#iroh(make);
    const hub = await setting.hub(options);
    return this.#site(hub, async ({ on: given }) => {
      const on = given ?? await setting.endpoint();
      const spoke = await setting.spoke(hub.on, { on });
      return Object.assign(spoke, { id: on.nodeId });
    });
  }

  #site<THub extends HubEventTarget>(
    hub: THub,
    connect: (options: PeerOptions) => Promise<Peer>,
  ): Site<THub> {
    const targets = new Set<EngineEventTarget>();
    return {
      hub,
      bridges: new Set(),
      targets,
      peer: async (options = {}) => {
        const peer = await connect(options);
        if (options.settles === false) return peer;
        const settled = envelopesOn(peer, SETTLED);
        await peer.flush();
        this.#peers.push({ peer, targets, settled });
        return peer;
      },
    };
  }

  #iroh(make: Binding): Setting {
    return this.#settingOf(make, () => new Setting(make));
  }

  #settingOf<T extends Setting | WebSocketSetting>(
    make: Make,
    create: () => T,
  ): T {
    let setting = this.#settings.get(make) as T | undefined;
    if (!setting) this.#settings.set(make, setting = create());
    return setting;
  }
}
