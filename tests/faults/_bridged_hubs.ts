// Three processes with two hubs each, linked by an engine, and spokes on all of
// them that number what they send.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createEvent } from "../../mod.ts";
import type { SpokeEventTarget } from "../../websocket_client.ts";
import { type Server, startNats, startRedis } from "../../demo/_servers.ts";
import type { EngineName } from "../_engine_clients.ts";
import { number0 } from "../_iroh.ts";
import { LineProcess } from "../_line_process.ts";
import { Setting } from "../_setting.ts";
import { denoServer, WebSocketSetting } from "../_websocket.ts";
import { COMES_BACK } from "./_stage.ts";

/** Long enough for a machine that is busy: what is lost has to have a cause. */
const PINGS = { pingInterval: 1000, pingTimeout: 2000 };

const HUBS = 3;
const SPOKES = 6;

/** Where the hubs of a process are dialled. */
interface Place {
  readonly iroh: string;
  readonly webSocket: string;
  readonly ports: { readonly iroh: number; readonly webSocket: number };
}

/** A process that is started again where the one before was. */
class BridgedHub {
  readonly #engine: EngineName;
  readonly #address: string;
  readonly #secretKey = Buffer.from(
    crypto.getRandomValues(new Uint8Array(32)),
  ).toString("hex");
  process!: LineProcess;
  place: Place | undefined;

  constructor(engine: EngineName, address: string) {
    this.#engine = engine;
    this.#address = address;
  }

  async start(): Promise<void> {
    const args = {
      engine: this.#engine,
      address: this.#address,
      secretKey: this.#secretKey,
      ports: this.place?.ports ?? { iroh: 0, webSocket: 0 },
      options: PINGS,
    };
    this.process = new LineProcess(
      new URL("_bridged_hub_process.ts", import.meta.url),
      [JSON.stringify(args)],
    );
    this.place = await this.process.saying("webSocket") as unknown as Place;
  }
}

/** A spoke that has a hub of its own, and others to go to. */
export class Numbering {
  readonly index: number;
  /** The numbers that it heard, by who sent them. */
  readonly heard: readonly number[][] = Array.from(
    { length: SPOKES },
    () => [],
  );
  readonly #waits = new Set<(from: number, n: number) => void>();
  /** How many it has sent. */
  sent = 0;
  /** How often it has lost its connection. */
  lost = 0;
  /** The hub that it dialled last. */
  at: number;
  target!: SpokeEventTarget;

  constructor(index: number) {
    this.index = index;
    this.at = this.home;
  }

  get home(): number {
    return this.index % HUBS;
  }

  send(): void {
    const payload = { from: this.index, n: this.sent++ };
    this.target.dispatchEvent(createEvent("numbered", "all", payload));
  }

  listen(): void {
    const listener = ({ detail }: CustomEvent) => {
      const { from, n } = detail.payload;
      this.heard[from]!.push(n);
      for (const check of this.#waits) check(from, n);
    };
    this.target.addEventListener("numbered:all", listener);
    // A connection that is subscribed to the type as well hears nothing twice.
    if (this.index % 2) this.target.addEventListener("numbered", () => {});
  }

  /** Whether it has lost its connection since `lostLinks()` said that. */
  hasLost(links: readonly number[]): boolean {
    return this.lost > links[this.index]!;
  }

  /** Resolves once it has heard that number of another, or a later one. */
  hears({ index }: Numbering, number: number): Promise<void> {
    const latest = this.heard[index]!.at(-1) ?? -1;
    if (latest >= number) return Promise.resolve();
    return new Promise((resolve) => {
      const check = (from: number, n: number) => {
        if (from !== index || n < number) return;
        this.#waits.delete(check);
        resolve();
      };
      this.#waits.add(check);
    });
  }
}

/** An engine, hubs and spokes; all end with the test. */
export class BridgedHubs implements AsyncDisposable {
  readonly hubs: readonly BridgedHub[];
  readonly spokes: readonly Numbering[];
  readonly engine: Server;
  readonly #iroh = new Setting(number0);
  readonly #webSocket = new WebSocketSetting(denoServer);
  #load: ReturnType<typeof setInterval> | undefined;

  private constructor(name: EngineName, engine: Server) {
    this.engine = engine;
    this.hubs = Array.from(
      { length: HUBS },
      () => new BridgedHub(name, engine.address),
    );
    this.spokes = Array.from(
      { length: SPOKES },
      (_, index) => new Numbering(index),
    );
  }

  static async start(name: EngineName): Promise<BridgedHubs> {
    const engine = await (name === "NATS" ? startNats() : startRedis());
    const all = new BridgedHubs(name, engine);
    try {
      await Promise.all(all.hubs.map((hub) => hub.start()));
      for (const spoke of all.spokes) await all.#connect(spoke);
      return all;
    } catch (error) {
      await all[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #connect(spoke: Numbering): Promise<void> {
    let attempts = 0;
    const next = () => {
      spoke.at = (spoke.home + attempts++) % HUBS;
      return this.hubs[spoke.at]!.place!;
    };
    const onStatus = ({ type }: { type: string }) => {
      if (type === "open") attempts = 0;
      if (type === "reconnecting") spoke.lost++;
    };
    const options = { ...COMES_BACK, ...PINGS, onStatus };
    // Three of each kind, and every hub has one of each.
    spoke.target = spoke.index < HUBS
      ? await this.#webSocket.client(
        () => new WebSocket(`${next().webSocket}/${spoke.index}`),
        options,
      )
      : await this.#iroh.spoke({ address: () => next().iroh }, options);
    spoke.listen();
    await spoke.target.flush();
  }

  /** How often each spoke has lost its connection. */
  lostLinks(): number[] {
    return this.spokes.map(({ lost }) => lost);
  }

  /**
   * Kills the engine; resolves once all bridges have told of it, with how many
   * each spoke had sent by then.
   */
  async loseEngine(): Promise<number[]> {
    const told = this.hubs.map(({ process }) => {
      const before = process.said.all.length;
      return process.unlessEnded(
        process.said.find((line) =>
          process.said.all.indexOf(line) >= before &&
          /cannot be reached/.test(String(line.error))
        ),
      );
    });
    await this.engine.kill();
    await Promise.all(told);
    return this.spokes.map(({ sent }) => sent);
  }

  /** All send, until it is disposed of. */
  load(): Disposable {
    this.#load = setInterval(() => {
      for (const spoke of this.spokes) spoke.send();
    }, 2);
    return { [Symbol.dispose]: () => clearInterval(this.#load) };
  }

  /** Resolves once all have heard something new of all others. */
  async hearEachOther(): Promise<void> {
    const known = this.spokes.map(({ sent }) => sent);
    await this.#all((receiver, sender) =>
      receiver.hears(sender, known[sender.index]!)
    );
  }

  /** Has every spoke at its own hub. */
  async goHome(): Promise<void> {
    for (const spoke of this.spokes) {
      if (spoke.at !== spoke.home) await spoke.target.reconnect();
      assert.equal(spoke.at, spoke.home);
      await spoke.target.flush();
    }
  }

  /** Sends some more; resolves once everybody has the last of them. */
  async settle(): Promise<number[]> {
    for (let i = 0; i < 20; i++) for (const spoke of this.spokes) spoke.send();
    await this.#all((receiver, sender) =>
      receiver.hears(sender, sender.sent - 1)
    );
    return this.spokes.map(({ sent }) => sent);
  }

  /**
   * What did not arrive, pair by pair; that nothing came twice, out of order, or
   * back to its sender is checked.
   *
   * @param from The first number of each that counts.
   */
  losses(
    from: readonly number[],
  ): { sender: Numbering; receiver: Numbering; lost: number }[] {
    const losses = [];
    for (const receiver of this.spokes) {
      for (const sender of this.spokes) {
        const numbers = receiver.heard[sender.index]!;
        if (sender === receiver) {
          assert.deepEqual(numbers, [], `${sender.index} heard itself`);
          continue;
        }
        numbers.forEach((n, i) => {
          const before = numbers[i - 1] ?? -1;
          const pair = `${sender.index} to ${receiver.index}`;
          assert(n > before, `${pair}: ${n} came behind ${before}`);
        });
        const start = from[sender.index]!;
        const heard = numbers.filter((n) => n >= start).length;
        const lost = sender.sent - start - heard;
        if (lost > 0) losses.push({ sender, receiver, lost });
      }
    }
    return losses;
  }

  /** All that each sent from a number on has arrived. */
  assertComplete(from: readonly number[]): void {
    const losses = this.losses(from).map(({ sender, receiver, lost }) =>
      `${sender.index} to ${receiver.index}: ${lost} lost`
    );
    assert.deepEqual(losses, []);
  }

  /** What the bridges counted. */
  async lost(): Promise<number> {
    const counts = await Promise.all(
      this.hubs.map(({ process }) => process.ask<number>("lost")),
    );
    return counts.reduce((sum, one) => sum + one);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#load);
    await this.#iroh[Symbol.asyncDispose]();
    await this.#webSocket[Symbol.asyncDispose]();
    await Promise.all(this.hubs.map(({ process }) => process?.kill()));
    await this.engine[Symbol.asyncDispose]();
  }

  async #all(
    wait: (receiver: Numbering, sender: Numbering) => Promise<unknown>,
  ): Promise<void> {
    const waits = this.spokes.flatMap((receiver) =>
      this.spokes.filter((sender) => sender !== receiver)
        .map((sender) => wait(receiver, sender))
    );
    await Promise.all(waits);
  }
}
