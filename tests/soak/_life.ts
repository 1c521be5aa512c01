// One life of a spoke: it comes, listens, sends, changes its mind, and goes.

import type { EventEnvelope } from "../../envelope.ts";
import { topicOf } from "../../envelope.ts";
import { within } from "../../_deferred.ts";
import { BufferFullError, ClosedError, ConnectionError } from "../../errors.ts";
import type {
  SpokeEventTarget,
  SpokeOptions,
  SpokeStatus,
} from "../../iroh_spoke.ts";
import {
  type Payload,
  pick,
  type SoakEvent,
  someFilling,
  someTopic,
  sumOf,
} from "./_event.ts";
import { LIVENESS, report, type Rested } from "./_protocol.ts";
import { Received } from "./_received.ts";
import { type LastSent, Sent } from "./_sent.ts";

type Target = SpokeEventTarget<SoakEvent>;
type Random = (below: number) => number;

/** How a spoke of some kind connects. */
export type Connect = (
  options: SpokeOptions,
  onSocket: (socket: WebSocket) => void,
) => Promise<Target>;

const MAX_TOPICS = 12;
/** Topics that one spoke sends to: few, so that the next event comes soon. */
const FAVOURITES = 6;

/** One spoke, from its first connection to its end. */
export class Life {
  readonly name: string;
  readonly received: Received;
  sent = 0;
  reconnects = 0;
  /** How often the connection was lost. */
  losses = 0;
  readonly #random: Random;
  readonly #round: () => number;
  readonly #sent = new Sent();
  readonly #favourites: { type: string; id: string }[];
  readonly #listeners = new Map<string, () => void>();
  readonly #abort = new AbortController();
  #target: Target | undefined;
  #isOpen = false;
  #isEnding = false;
  /** The hub did not say that it has worked off the last of it. */
  #isInDoubt = false;
  #unmark = () => {};

  constructor(name: string, random: Random, round: () => number) {
    this.name = name;
    this.#random = random;
    this.#round = round;
    this.#favourites = Array.from(
      { length: FAVOURITES },
      () => someTopic(random),
    );
    this.received = new Received(
      name,
      round,
      (finding) => report({ say: "finding", finding }),
    );
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#isEnding;
  }

  /** Whether it has connected once, and has not begun to go. */
  get isThere(): boolean {
    return this.#target !== undefined && !this.#isEnding;
  }

  /** Connects, however long it takes; `false` when it was ended before. */
  async start(connect: Connect): Promise<boolean> {
    try {
      this.#target = await connect({
        ...LIVENESS,
        reconnect: { minDelay: 50, maxDelay: 1000 },
        connectTimeout: 2000,
        waitOnFirstConnect: true,
        signal: this.#abort.signal,
        onStatus: (status) => this.#onStatus(status),
      }, (socket) => this.#watch(socket));
      return true;
    } catch (error) {
      if (!this.#isEnding) this.#break(`cannot connect: ${error}`);
      return false;
    }
  }

  /** Listens to one more topic. */
  listen(): void {
    if (!this.#target || this.#listeners.size >= MAX_TOPICS) return;
    const { type, id } = someTopic(this.#random);
    const topic = this.#random(20) === 0 ? type : topicOf({ type, id });
    if (!this.#listeners.has(topic)) this.#listen(topic);
  }

  /** Listens to one topic less. */
  unlisten(): void {
    if (this.#listeners.size === 0) return;
    const topic = pick([...this.#listeners.keys()], this.#random);
    this.#listeners.get(topic)!();
    this.#listeners.delete(topic);
    this.received.unlisten(topic);
  }

  /** Sends an event, or queues it while there is no connection. */
  publish(): void {
    if (!this.#target || this.#isEnding) return;
    const { type, id } = pick(this.#favourites, this.#random);
    const topic = topicOf({ type, id });
    const round = this.#round();
    const unsigned = {
      from: this.name,
      ...this.#sent.next(topic),
      round,
      filling: someFilling(this.#random),
    };
    const payload = { ...unsigned, sum: sumOf(topic, unsigned) };
    const detail: EventEnvelope<string, Payload> = { type, id, payload };
    try {
      this.#target.dispatchEvent(new CustomEvent(topic, { detail }));
    } catch (error) {
      if (error instanceof BufferFullError) return;
      // It has ended by itself; its last status says why.
      if (error instanceof ClosedError && this.#isEnding) return;
      return this.#break(`cannot send: ${error}`);
    }
    this.#sent.add(topic, round);
    this.sent++;
  }

  /**
   * Learns that the hub has worked off all that was sent.
   *
   * @returns Whether it has, all of it over one connection.
   */
  async confirm(): Promise<boolean> {
    if (!this.#target) return false;
    const { losses } = this;
    const marks = [this.#sent.mark(), this.received.mark()];
    try {
      await this.#target.flush();
    } catch {
      return false; // The connection was lost.
    }
    if (losses !== this.losses) return false;
    for (const confirm of marks) confirm();
    return true;
  }

  /** Gives up the connection and makes another. */
  async reconnect(): Promise<void> {
    await this.#target?.reconnect().catch(() => {});
  }

  /** @returns Where it stands once the hub has all, or patience is at its end. */
  async rest(no: number, patience: number): Promise<Rested> {
    const mark = `rest:${this.name}/${no}`;
    const ignore = () => {};
    this.#target!.addEventListener(mark, ignore);
    this.#unmark = () => this.#target!.removeEventListener(mark, ignore);
    const until = performance.now() + patience;
    let isFlushed = false;
    while (!isFlushed && performance.now() < until && !this.#isEnding) {
      const rest = Math.max(1, until - performance.now());
      isFlushed = await within(this.confirm(), rest, () => false);
    }
    const { name, losses } = this;
    const topics = [...this.received.topics, mark].sort();
    return { name, isFlushed, losses, mark, topics };
  }

  /** @returns Whether all that the hub relayed has arrived. */
  async catchUp(patience: number): Promise<boolean> {
    return await within(this.confirm(), patience, () => false);
  }

  unmark(): void {
    this.#unmark();
  }

  table(): LastSent[] {
    return this.#sent.table();
  }

  /**
   * Ends the spoke in good order, by `close()` or by its signal.
   *
   * @returns Whether the hub has worked off all of it.
   */
  async end(): Promise<boolean> {
    const { losses } = this;
    // Not while a reconnect is under way of which no status has told.
    const wasOpen = this.#isOpen && this.#target?.state === "open";
    this.#isEnding = true;
    if (!this.#target || this.#random(2) === 0) this.#abort.abort();
    else await this.#target.close();
    await this.#target?.closed;
    this.#listeners.clear();
    return wasOpen && losses === this.losses && !this.#isInDoubt;
  }

  #listen(topic: string): void {
    const target = this.#target!;
    const listener = ({ detail }: SoakEvent) =>
      this.received.take(topic, detail);
    this.received.listen(topic);
    if (this.#random(2) === 0) {
      target.addEventListener(topic, listener);
      const remove = () => target.removeEventListener(topic, listener);
      this.#listeners.set(topic, remove);
    } else {
      const leave = new AbortController();
      target.addEventListener(topic, listener, { signal: leave.signal });
      this.#listeners.set(topic, () => leave.abort());
    }
  }

  /** Looks at what comes over the wire, which listeners do not see all of. */
  #watch(socket: WebSocket): void {
    const { losses } = this;
    socket.addEventListener("message", ({ data }) => {
      if (losses !== this.losses || this.#isEnding) return;
      const { type, id } = JSON.parse(data) as EventEnvelope;
      const topic = topicOf({ type, id });
      if (!type.startsWith("__") && !this.received.expects(topic)) {
        this.#break(`got ${topic}, to which it does not listen`);
      }
    });
  }

  #onStatus(status: SpokeStatus): void {
    let text: string = status.type;
    if (status.type === "open") {
      if (this.losses > 0) this.reconnects++;
      this.#isOpen = true;
      void this.confirm();
    } else if (status.type === "reconnecting") {
      text += `, attempt ${status.attempt}: ${status.error.message}`;
      // An attempt that failed has sent nothing, and lost nothing.
      if (this.#isOpen) this.#lose();
    } else if (status.type === "closed" && status.error && !this.#isEnding) {
      this.#break(`has ended: ${status.error}`);
    } else if (status.type === "error") {
      const { error } = status;
      text += `: ${error}`;
      if (this.#isEnding) this.#isInDoubt = true;
      if (!isOfConnection(error)) this.#break(`was told of ${error}`);
    }
    report({ say: "status", name: this.name, text });
  }

  #lose(): void {
    this.#isOpen = false;
    this.losses++;
    this.received.lost();
    // Before anything else is sent: what comes next may show the gap.
    const doubts = this.#sent.lost();
    if (doubts.length > 0) report({ say: "doubt", from: this.name, doubts });
  }

  #break(why: string): void {
    report({ say: "broken", name: this.name, why });
  }
}

/** Whether a fault is what lost connections bring. */
function isOfConnection(error: unknown): boolean {
  return error instanceof ConnectionError || error instanceof ClosedError;
}
