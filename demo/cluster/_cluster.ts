// The processes of the cluster: starts and kills them, and knows how each stands.

import { Party } from "../_party.ts";
import { type Server, startNats, startRedis } from "../_servers.ts";
import {
  type EngineName,
  hubName,
  HUBS,
  type Kind,
  type SpokePlan,
  SPOKES,
} from "./_plan.ts";
import type {
  HubCalls,
  HubReport,
  HubStarted,
  HubState,
  SpokesCalls,
  SpokesReport,
} from "./_protocol.ts";
import { Tally } from "./_tally.ts";
import { Watch } from "./_watch.ts";

/** How a hub process stands. */
export interface HubView {
  readonly hub: number;
  /** The same after every start. */
  readonly secretKey: number[];
  party: Party<HubCalls, HubReport> | undefined;
  started: HubStarted | undefined;
  isUp: boolean;
  /** Whether it is connected to the engine. */
  isLinked: boolean;
  state: HubState;
}

/** How a spoke stands. */
export interface SpokeView {
  readonly plan: SpokePlan;
  isOpen: boolean;
  /** Whether hub and engine know what it is subscribed to. */
  isSettled: boolean;
  hub: number;
}

/** What the story is told of, beyond how things stand. */
export interface ClusterHandlers {
  onEngineLink(hub: HubView): void;
  onBridgeFault(hub: HubView, why: string, lost: number): void;
  onSpokeOpen(spoke: SpokeView): void;
  onSpokeSettled(spoke: SpokeView, at: number): void;
  onSpokeLost(spoke: SpokeView, why: string): void;
  onFault(who: string, why: string): void;
}

export class Cluster {
  readonly engineName: EngineName;
  readonly tally = new Tally(SPOKES);
  readonly watch = new Watch();
  readonly hubs: readonly HubView[] = HUBS.map((hub) => ({
    hub,
    secretKey: [...crypto.getRandomValues(new Uint8Array(32))],
    party: undefined,
    started: undefined,
    isUp: false,
    isLinked: false,
    state: nobody(),
  }));
  readonly spokes: readonly SpokeView[] = SPOKES.map((plan) => ({
    plan,
    isOpen: false,
    isSettled: false,
    hub: plan.home,
  }));
  isEngineUp = false;
  engine: Server | undefined;
  /** Also when it is gone. */
  enginePid = 0;
  readonly #handlers: ClusterHandlers;
  readonly #processes = new Map<Kind, Party<SpokesCalls, SpokesReport>>();

  constructor(engineName: EngineName, handlers: ClusterHandlers) {
    this.engineName = engineName;
    this.#handlers = handlers;
  }

  async startEngine(): Promise<Server> {
    if (this.engine) await this.engine.start();
    else {
      this.engine =
        await (this.engineName === "nats" ? startNats() : startRedis());
    }
    this.enginePid = this.engine.pid;
    this.isEngineUp = true;
    return this.engine;
  }

  async killEngine(): Promise<void> {
    this.isEngineUp = false;
    await this.engine!.kill();
  }

  /** On the ports that it had, if it ran before. */
  async startHub(hub: number): Promise<HubView> {
    const view = this.hubs[hub]!;
    const script = new URL("./hub.ts", import.meta.url);
    view.party = new Party(
      hubName(hub),
      script,
      (report) => this.#onHubReport(view, report),
    );
    view.started = await view.party.call("start", {
      engine: this.engineName,
      engineUrl: this.engine!.url,
      secretKey: view.secretKey,
      irohPort: view.started?.irohPort,
      webSocketPort: view.started?.webSocketPort,
    });
    view.isUp = true;
    return view;
  }

  /** No last words: no goodbye to the spokes, nor to the other hubs. */
  async killHub(hub: number): Promise<void> {
    const view = this.hubs[hub]!;
    await view.party!.kill();
    view.isUp = view.isLinked = false;
    view.state = { ...nobody(), lost: view.state.lost };
  }

  async startSpokes(kind: Kind): Promise<number> {
    const script = new URL("./spokes.ts", import.meta.url);
    const party = new Party<SpokesCalls, SpokesReport>(
      kind,
      script,
      (report) => this.#onSpokesReport(report),
    );
    this.#processes.set(kind, party);
    const hubs = this.hubs.map(({ started }) => started!);
    await party.call("start", { kind, hubs });
    return party.pid;
  }

  async publish(interval: number): Promise<void> {
    await this.#callSpokes("publish", { interval });
  }

  /** Resolves once all the traffic of before is in the tally. */
  async catchUp(): Promise<void> {
    await this.#callSpokes("catchUp");
  }

  async askSpoke(what: "rest" | "goHome", { plan }: SpokeView): Promise<void> {
    await this.#processes.get(plan.kind)!.call(what, { spoke: plan.name });
  }

  /**
   * Resolves once the engine has answered to all that the hubs sent before.
   *
   * @returns What the bridge of each has lost until then.
   */
  flushHubs(): Promise<number[]> {
    return Promise.all(
      this.hubs.map(async ({ party }) => (await party!.call("flush")).lost),
    );
  }

  async flushSpokes(): Promise<void> {
    await this.#callSpokes("flush");
  }

  /** Lets all processes end by themselves, spokes first. */
  async stop(): Promise<void> {
    const parties = [...this.#processes.values()];
    await Promise.all(parties.map((party) => party.stop()));
    await Promise.all(this.hubs.map(({ party }) => party!.stop()));
    this.isEngineUp = false;
    await this.engine!.stop();
  }

  /** Ends whatever still runs. */
  async kill(): Promise<void> {
    const hubs = this.hubs.map(({ party }) => party);
    await Promise.all([
      ...[...this.#processes.values(), ...hubs].map((party) => party?.kill()),
      this.engine?.stop(),
    ]);
  }

  async #callSpokes<TName extends keyof SpokesCalls>(
    name: TName,
    args?: SpokesCalls[TName]["args"],
  ): Promise<void> {
    const parties = [...this.#processes.values()];
    await Promise.all(parties.map((party) => party.call(name, args)));
  }

  #onHubReport(view: HubView, report: HubReport): void {
    const name = hubName(view.hub);
    if (report.say === "state") view.state = report.state;
    else if (report.say === "engine") {
      const isNews = view.isLinked !== report.isUp;
      view.isLinked = report.isUp;
      if (isNews) this.#handlers.onEngineLink(view);
    } else if (report.say === "bridge") {
      this.#handlers.onBridgeFault(view, report.why, report.lost);
    } else this.#handlers.onFault(name, report.why);
    this.watch.look();
  }

  #onSpokesReport(report: SpokesReport): void {
    if (report.say === "traffic") {
      for (const event of report.sent) this.tally.sent(event);
      for (const receipt of report.received) this.tally.received(...receipt);
    } else this.#onSpokeReport(report);
    this.watch.look();
  }

  #onSpokeReport(report: Exclude<SpokesReport, { say: "traffic" }>): void {
    const view = this.spokes.find(({ plan }) => plan.name === report.spoke)!;
    if (report.say === "open") {
      view.isOpen = true;
      view.hub = report.hub;
      this.#handlers.onSpokeOpen(view);
    } else if (report.say === "settled") {
      view.isSettled = true;
      this.#handlers.onSpokeSettled(view, report.at);
    } else if (report.say === "lost") {
      view.isOpen = view.isSettled = false;
      this.#handlers.onSpokeLost(view, report.why);
    } else this.#handlers.onFault(report.spoke, report.why);
  }
}

function nobody(): HubState {
  return { iroh: 0, webSocket: 0, topics: 0, lost: 0, subscribers: {} };
}
