// One run of `bench`: events from publishers, by way of a hub, to subscribers, all
// in this process and so by one clock.

import { deferred, later, within } from "../_deferred.ts";
import type { SpokeEventTarget } from "../_spoke_options.ts";
import { utf8Length } from "../_utf8_length.ts";
import { createEvent, topicOf } from "../envelope.ts";
import type { TypedEvent } from "../typed_event_target.ts";
import type { Ending } from "./_ending.ts";
import { Latencies } from "./_latencies.ts";

/** What is run. */
export interface BenchPlan {
  readonly type: string;
  readonly id: string;
  /** Bytes of an envelope's JSON; at least those that it takes without padding. */
  readonly size: number;
  /** Whichever comes first. */
  readonly milliseconds: number;
  readonly count: number;
  /** Events a second in all; as many as go without. */
  readonly rate: number | undefined;
}

/** What came of it. */
export interface BenchResult {
  readonly published: number;
  readonly received: number;
  readonly lost: number;
  /** Came more than once, or behind a later one. */
  readonly disordered: number;
  /** Of one envelope. */
  readonly bytes: number;
  /** From the first publication to the last reception. */
  readonly seconds: number;
  readonly latencies: Latencies;
}

/** What the payload of an event is, besides padding. */
interface Payload {
  /** Tells a run's own events from others on its topic. */
  readonly run: string;
  readonly publisher: number;
  readonly number: number;
  readonly at: number;
  readonly padding: string;
}

/** Bytes that may be under way: what a hub keeps for a connection, halved. */
const MAX_BYTES = 512 * 1024;
const MAX_EVENTS = 1_000;

/** Events that are published in one turn, so that what comes is seen to. */
const PER_TURN = 50;

/** Milliseconds without an event, after which those under way count as lost. */
const SILENCE = 3_000;

/** One run. */
export class BenchRun {
  readonly #publishers: readonly SpokeEventTarget[];
  readonly #subscribers: readonly SpokeEventTarget[];
  readonly #plan: BenchPlan;
  readonly #latencies = new Latencies();
  /** The number that comes next, by subscriber and publisher. */
  readonly #next: number[][];
  /** Events that came, by subscriber. */
  readonly #received: number[];
  readonly #run = crypto.randomUUID().slice(0, 8);
  readonly #padding: string;
  readonly #bytes: number;
  readonly #window: number;
  #published = 0;
  #lost = 0;
  #disordered = 0;
  #begun = 0;
  #last = 0;
  #wake: (() => void) | undefined;

  constructor(
    publishers: readonly SpokeEventTarget[],
    subscribers: readonly SpokeEventTarget[],
    plan: BenchPlan,
  ) {
    this.#publishers = publishers;
    this.#subscribers = subscribers;
    this.#plan = plan;
    this.#next = subscribers.map(() => publishers.map(() => 0));
    this.#received = subscribers.map(() => 0);
    const bare = this.#sizeWith("");
    this.#padding = "x".repeat(Math.max(0, plan.size - bare));
    this.#bytes = this.#sizeWith(this.#padding);
    this.#window = Math.max(
      1,
      Math.min(MAX_EVENTS, Math.floor(MAX_BYTES / this.#bytes)),
    );
  }

  /** Events published so far. */
  get published(): number {
    return this.#published;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How much of the run is over, from 0 to 1. */
  get part(): number {
    const { count, milliseconds } = this.#plan;
    const time = (performance.now() - this.#begun) / milliseconds;
    return Math.min(1, Math.max(time, this.#published / count));
  }

  /**
   * Sends one event of each publisher, not counted, and waits until every
   * subscriber has it.
   *
   * @returns Whether they do.
   */
  async probe(milliseconds: number, ending: Ending): Promise<boolean> {
    const { type, id } = this.#plan;
    const topic = topicOf({ type, id });
    let left = this.#publishers.length * this.#subscribers.length;
    const all = deferred<void>();
    const listener = ({ detail }: TypedEvent) => {
      if (detail.payload === this.#run && --left === 0) all.resolve();
    };
    for (const one of this.#subscribers) one.addEventListener(topic, listener);
    await Promise.all(this.#subscribers.map((one) => one.flush()));
    for (const one of this.#publishers) {
      one.dispatchEvent(createEvent(type, id, this.#run));
    }
    await ending.after(within(all.promise, milliseconds, () => {}));
    this.#subscribers.forEach((one, i) => {
      // The other one first: a topic without listeners is told to the hub.
      one.addEventListener(topic, ({ detail }) => {
        this.#onEvent(i, detail.payload);
      });
      one.removeEventListener(topic, listener);
    });
    return left === 0;
  }

  /** Publishes until it is over, and waits for what is under way. */
  async run(ending: Ending): Promise<BenchResult> {
    this.#begun = this.#last = performance.now();
    const { count, milliseconds, rate } = this.#plan;
    const end = this.#begun + milliseconds;
    let wasHeld = false;
    while (
      this.#published < count && !ending.signal.aborted &&
      performance.now() < end
    ) {
      const due = rate === undefined
        ? Infinity
        : Math.floor((performance.now() - this.#begun) * rate / 1_000) + 1;
      const room = Math.min(
        PER_TURN,
        count - this.#published,
        due - this.#published,
        this.#window - this.#underWay,
      );
      for (let i = 0; i < room; i++) this.#publish(wasHeld);
      wasHeld = this.#underWay >= this.#window;
      if (wasHeld) await this.#moved();
      else if (due === this.#published) await ending.wait(1);
      else await turned();
    }
    while (this.#underWay > 0) await this.#moved();
    const received = this.#received.reduce((sum, one) => sum + one, 0);
    return {
      published: this.#published,
      received,
      lost: this.#published * this.#subscribers.length - received,
      disordered: this.#disordered,
      bytes: this.#bytes,
      seconds: (this.#last - this.#begun) / 1_000,
      latencies: this.#latencies,
    };
  }

  /** Events that the slowest subscriber has not got. */
  get #underWay(): number {
    return this.#published - this.#lost - Math.min(...this.#received);
  }

  #publish(wasHeld: boolean): void {
    const { type, id, rate } = this.#plan;
    const publisher = this.#published % this.#publishers.length;
    const number = Math.floor(this.#published / this.#publishers.length);
    // What was held back waits from when it was due: else nobody would see it.
    const at = wasHeld && rate !== undefined
      ? this.#begun + this.#published * 1_000 / rate
      : performance.now();
    const padding = this.#padding;
    const run = this.#run;
    const payload: Payload = { run, publisher, number, at, padding };
    this.#publishers[publisher]!.dispatchEvent(createEvent(type, id, payload));
    this.#published++;
  }

  #onEvent(subscriber: number, payload: unknown): void {
    if (!this.#isOwn(payload)) return;
    const now = performance.now();
    this.#last = now;
    this.#latencies.add(now - payload.at);
    const next = this.#next[subscriber]!;
    if (payload.number < next[payload.publisher]!) this.#disordered++;
    else {
      next[payload.publisher] = payload.number + 1;
      this.#received[subscriber]!++;
    }
    this.#wake?.();
  }

  /** Not of the probe, nor of others who publish on the topic. */
  #isOwn(payload: unknown): payload is Payload {
    return (payload as Partial<Payload> | null)?.run === this.#run;
  }

  /** Resolves when an event came; without any, those under way are lost. */
  async #moved(): Promise<void> {
    const moved = deferred<void>();
    this.#wake = () => moved.resolve();
    await within(moved.promise, SILENCE, () => {
      this.#lost += this.#underWay;
    });
    this.#wake = undefined;
    // What has come with it first.
    await turned();
  }

  #sizeWith(padding: string): number {
    const { type, id } = this.#plan;
    // As long as they get: 7 digits, and a time to microseconds.
    const payload: Payload = {
      run: this.#run,
      publisher: 0,
      number: 1_000_000,
      at: 12_345.678901,
      padding,
    };
    return utf8Length(JSON.stringify({ type, id, payload }));
  }
}

/** Resolves behind what has arrived in this turn. */
function turned(): Promise<void> {
  return new Promise((resolve) => later(resolve));
}
