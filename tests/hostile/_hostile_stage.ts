// A hub in a process of its own, and the healthy clients that it goes on serving.

import assert from "node:assert/strict";
import { createEvent, type EventEnvelope, topicOf } from "../../mod.ts";
import { createIrohSpokeEventTarget } from "../../iroh_spoke.ts";
import { createWebSocketClientEventTarget } from "../../websocket_client.ts";
import type {
  SpokeEventTarget,
  SpokeOptions,
  SpokeStatus,
} from "../../iroh_spoke.ts";
import { bindings, type TestEndpoint } from "../_iroh.ts";
import { inDeno, LineProcess } from "../_line_process.ts";
import { envelopesOn, Log } from "../_waiting.ts";
import { irohPeer, webSocketPeer } from "./_hostile_peer.ts";
import type {
  HostilePeer,
  HubLine,
  HubSetup,
  Memory,
  TransportName,
} from "./_hostile_types.ts";

/** Who connects. */
type Name = "hostile" | "subscriber" | "publisher";
const names: readonly Name[] = ["hostile", "subscriber", "publisher"];

/** How to reach a hub, by transport. */
interface Connector extends AsyncDisposable {
  /** What the hub calls each of them. */
  idOf(name: Name): string;
  client(name: Name, options: SpokeOptions): Promise<SpokeEventTarget>;
  hostile(): Promise<HostilePeer>;
}

const webSocketConnector = (url: string): Connector => ({
  idOf: (name) => name,
  client: (name, options) =>
    createWebSocketClientEventTarget(`${url}/${name}`, options),
  hostile: () => webSocketPeer(`${url}/hostile`),
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

async function irohConnector(
  createEndpoint: () => Promise<TestEndpoint>,
  address: string,
): Promise<Connector> {
  const made = await Promise.all(names.map(() => createEndpoint()));
  const endpointOf = (name: Name) => made[names.indexOf(name)]!;
  return {
    idOf: (name) => endpointOf(name).nodeId,
    client: (name, options) =>
      createIrohSpokeEventTarget({
        endpoint: endpointOf(name).endpoint,
        hubNodeId: address,
        ...options,
      }),
    hostile: () => irohPeer(endpointOf("hostile"), address),
    async [Symbol.asyncDispose]() {
      await Promise.all(made.map(({ close }) => close()));
    },
  };
}

/** The process of the hub. */
class HubProcess extends LineProcess<HubLine> {
  /** What the operator is told. */
  told = new Log<string>();

  protected override take(line: HubLine): void {
    if ("told" in line) this.told.add(line.told);
    else super.take(line);
  }
}

/** One transport, its process, and one hub after another in it. */
export class Stage implements AsyncDisposable {
  readonly #process: HubProcess;
  readonly #connector: Connector;
  #scenes = 0;

  private constructor(process: HubProcess, connector: Connector) {
    this.#process = process;
    this.#connector = connector;
  }

  static async open(transport: TransportName): Promise<Stage> {
    const process = new HubProcess(
      new URL("_hostile_hub.ts", import.meta.url),
      [transport],
      inDeno("--v8-flags=--expose-gc"),
    );
    const { address } = await process.saying("address") as { address: string };
    const binding = bindings.find(({ name }) => name === transport);
    const connector = binding
      ? await irohConnector(() => binding.createEndpoint(), address)
      : webSocketConnector(address);
    return new Stage(process, connector);
  }

  /** A new hub, with a subscriber and a publisher that can hear each other. */
  async scene(setup: HubSetup = {}): Promise<Scene> {
    this.#process.told = new Log();
    const number = ++this.#scenes;
    await this.#process.ask("open", setup);
    const statuses = new Log<SpokeStatus>();
    const onStatus = statuses.add;
    const subscriber = await this.#connector.client("subscriber", { onStatus });
    const publisher = await this.#connector.client("publisher", { onStatus });
    const ticks = envelopesOn(subscriber, "tick");
    const heard: string[] = [];
    for (
      const topic of [
        "n",
        "checked",
        `direct:${this.#connector.idOf("subscriber")}`,
      ]
    ) {
      subscriber.addEventListener(
        topic,
        ({ detail }) => heard.push(this.#named(topicOf(detail))),
      );
    }
    await subscriber.flush();
    const close = async () => {
      // A row that hung ends when the next one has its hub already.
      if (number === this.#scenes) await this.#process.ask("close");
    };
    return new Scene(close, subscriber, publisher, ticks, heard, statuses);
  }

  hostile(): Promise<HostilePeer> {
    return this.#connector.hostile();
  }

  idOf(name: Name): string {
    return this.#connector.idOf(name);
  }

  /** What the operator was told so far. */
  get told(): Log<string> {
    return this.#process.told;
  }

  async toldNamed(): Promise<string[]> {
    await this.#process.ask("look"); // All of now is here with it.
    return this.told.all.map((line) =>
      this.#named(line).replace(/silent for \d+ ms/, "silent for … ms")
    );
  }

  /** Who is connected. */
  async connected(): Promise<string[]> {
    const ids = await this.#process.ask<string[]>("look");
    return ids.map((id) => this.#named(id)).sort();
  }

  memory(): Promise<Memory> {
    return this.#process.ask("memory");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await this.#connector[Symbol.asyncDispose]();
  }

  /** Node ids as names. */
  #named(text: string): string {
    return names.reduce(
      (all, name) => all.replaceAll(this.idOf(name), name),
      text,
    );
  }
}

/** The healthy clients of one hub, whose numbered events have to arrive. */
export class Scene implements AsyncDisposable {
  readonly #closeHub: () => Promise<void>;
  readonly #subscriber: SpokeEventTarget;
  readonly #publisher: SpokeEventTarget;
  readonly #ticks: Log<EventEnvelope>;
  readonly #statuses: Log<SpokeStatus>;
  /** The topics of what the subscriber heard of hostile peers. */
  readonly heard: readonly string[];
  #sent = 0;

  constructor(
    closeHub: () => Promise<void>,
    subscriber: SpokeEventTarget,
    publisher: SpokeEventTarget,
    ticks: Log<EventEnvelope>,
    heard: readonly string[],
    statuses: Log<SpokeStatus>,
  ) {
    this.#closeHub = closeHub;
    this.#subscriber = subscriber;
    this.#publisher = publisher;
    this.#ticks = ticks;
    this.#statuses = statuses;
    this.heard = heard;
  }

  /** So many events from one healthy client to the other. */
  async exchange(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const n = this.#sent++;
      this.#publisher.dispatchEvent(
        createEvent("tick", String(n), payloadOf(n)),
      );
    }
    const harm = this.#statuses.find(({ type }) =>
      type !== "connecting" && type !== "open"
    );
    await Promise.race([
      this.#ticks.count(this.#sent),
      harm.then((status) => {
        const why = "error" in status ? `: ${status.error}` : "";
        throw new Error(`A healthy client is ${status.type}${why}`);
      }),
    ]);
  }

  /** Goes on exchanging events as long as something else happens. */
  async exchangeDuring<T>(act: () => Promise<T>): Promise<T> {
    let isOver = false;
    const acting = act().finally(() => isOver = true);
    acting.catch(() => {}); // Seen below.
    while (!isOver) await this.exchange(1);
    return await acting;
  }

  /** None lost, none reordered, none altered, no change of status. */
  assertUnharmed(): void {
    assert.deepEqual(
      this.#ticks.all,
      Array.from({ length: this.#sent }, (_, n) => ({
        type: "tick",
        id: String(n),
        payload: payloadOf(n),
      })),
    );
    assert.deepEqual(
      this.#statuses.all.map(({ type }) => type),
      ["connecting", "open", "connecting", "open"],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#subscriber.close(), this.#publisher.close()]);
    await this.#closeHub();
  }
}

const payloadOf = (n: number) => ({ n, text: `tick ${n} ü €` });
