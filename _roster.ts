// The bridges of one engine: who is there, and what they answer. They talk to
// each other by control events on topics of their own, `__bridge:all` and
// `__bridge:<name>`.

import { type Deferred, deferred, within } from "./_deferred.ts";
import type { EventEnvelope } from "./envelope.ts";
import { ClosedError, ConnectionError, FrameError } from "./errors.ts";

/** The type of what bridges tell each other. */
export const BRIDGE_TYPE = "__bridge";

/** The id of what all of them are told. */
const ALL = "all";

/** Milliseconds between two signs of life. */
const BEAT_INTERVAL = 10_000;

/** Signs of life that may be missed. */
const MISSED_BEATS = 3;

/** Milliseconds that all have to come back after an outage. */
const GATHER_TIMEOUT = 5_000;

/** Milliseconds that the others have to say that they are there. */
const DISCOVERY_TIME = 250;

/** Ids in one answer: node ids have 64 characters, and messages a limit. */
const IDS_PER_ANSWER = 1_000;

/** What a bridge tells the others. */
type Message =
  /** It lives. */
  | { readonly is: "alive" }
  /** It hears all that its connections need; `asks` for the same of others. */
  | { readonly is: "here"; readonly asks: boolean }
  | { readonly is: "leaving" }
  | { readonly is: "asking"; readonly number: number; readonly topic: string }
  | {
    readonly is: "answering";
    readonly number: number;
    readonly ids: readonly string[];
    /** More of it follows. */
    readonly isPart: boolean;
  };

/** What the roster needs of its bridge. */
export interface RosterOwner {
  readonly name: string;
  /** Whether the engine can be reached, as far as is known. */
  isReachable(): boolean;
  send(envelope: EventEnvelope): void;
  /** Resolves once the engine has answered to all subscriptions of before. */
  subscribed(): Promise<void>;
  /** Who is subscribed to a topic on its hubs. */
  subscribers(topic: string): Iterable<string>;
  onFault(error: Error): void;
}

/** A question that is under way. */
interface Question {
  readonly ids: Set<string>;
  /** Who has not answered. */
  readonly missing: Set<string>;
  readonly answered: Deferred<void>;
  /** The engine has brought it back, and so to the others. */
  isHeard: boolean;
}

/** Who else is on the engine. */
export class Roster {
  readonly #owner: RosterOwner;
  /** The signs of life each of the others has missed. */
  readonly #others = new Map<string, number>();
  readonly #questions = new Map<number, Question>();
  /** Those who have not come back, and who waits for them. */
  #gathering: { missing: Set<string>; done: Deferred<void> } | undefined;
  /** Resolves once the others have had time to say that they are there. */
  #discovered = deferred<void>();
  /** Whether it has heard itself ask them. */
  #hasAsked = false;
  #discovery: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #lastNumber = 0;
  /** Our own signs of life that have not come back. */
  #unheard = 0;

  constructor(owner: RosterOwner) {
    this.#owner = owner;
  }

  /** The topics on which the others talk. */
  get topics(): string[] {
    return [ALL, this.#owner.name].map((id) => `${BRIDGE_TYPE}:${id}`);
  }

  /** Lives until `leave`. */
  start(): void {
    this.#timer = setInterval(() => this.#beat(), BEAT_INTERVAL);
    void this.#tellHere(ALL, true);
  }

  /** Idempotent. */
  leave(): void {
    if (!this.#isHere) return;
    this.#send(ALL, { is: "leaving" });
    clearInterval(this.#timer);
    clearTimeout(this.#discovery);
    this.#timer = undefined;
    this.#discovered.resolve();
    for (const { answered } of this.#questions.values()) answered.resolve();
    this.#gathering?.done.resolve();
  }

  /** Waits, after an outage, until all who were there are back. */
  async gather(): Promise<void> {
    this.#gathering?.done.resolve();
    const done = deferred<void>();
    const missing = new Set(this.#others.keys());
    this.#gathering = { missing, done };
    this.#discovered.resolve();
    this.#discovered = deferred();
    this.#hasAsked = false;
    this.#unheard = 0;
    await this.#tellHere(ALL, true);
    if (missing.size === 0 || !this.#isHere) return;
    await within(done.promise, GATHER_TIMEOUT, () => {
      // Whoever lives is heard again; the next outage waits for no other.
      for (const name of missing) this.#others.delete(name);
    });
  }

  /**
   * Who is subscribed to a topic, here and anywhere.
   *
   * @throws {ClosedError} When it is left meanwhile.
   */
  async subscribers(topic: string, timeout: number): Promise<string[]> {
    const until = performance.now() + timeout;
    await within(this.#discovered.promise, timeout, () => {});
    const ids = new Set(this.#owner.subscribers(topic));
    const answered = deferred<void>();
    const missing = new Set(this.#others.keys());
    const question = { ids, missing, answered, isHeard: false };
    if (missing.size > 0 && this.#isHere) {
      const number = ++this.#lastNumber;
      this.#questions.set(number, question);
      this.#send(ALL, { is: "asking", number, topic });
      const left = Math.max(1, until - performance.now());
      await within(answered.promise, left, () => {});
      this.#questions.delete(number);
    }
    if (!this.#isHere) {
      throw new ClosedError(
        "Cannot ask who is subscribed: the bridge was closed",
      );
    }
    this.#reportMissing(question, timeout);
    return [...ids];
  }

  /** A control event from the engine. */
  receive(payload: unknown, name: string): void {
    const message = Object(payload) as Message;
    if (name === this.#owner.name) return this.#onOwn(message);
    if (message.is === "leaving") return this.#left(name);
    this.#others.set(name, 0);
    if (message.is === "here") {
      this.#back(name);
      if (message.asks) void this.#tellHere(name, false);
    } else if (message.is === "asking") {
      if (typeof message.topic !== "string") return;
      this.#answer(name, message.number, message.topic);
    } else if (message.is === "answering") {
      this.#onAnswer(name, message.number, message.ids, message.isPart);
    }
  }

  #onOwn(message: Message): void {
    this.#unheard = 0;
    if (message.is === "here") this.#onAsked();
    if (message.is !== "asking") return;
    const question = this.#questions.get(message.number);
    if (question) question.isHeard = true;
  }

  /** The others have heard it, too, and answer. */
  #onAsked(): void {
    this.#hasAsked = true;
    const { resolve } = this.#discovered;
    clearTimeout(this.#discovery);
    this.#discovery = setTimeout(resolve, DISCOVERY_TIME);
  }

  /** Once it hears all that it needs, and whatever is answered. */
  async #tellHere(id: string, asks: boolean): Promise<void> {
    await this.#owner.subscribed();
    this.#send(id, { is: "here", asks });
  }

  #send(id: string, message: Message): void {
    if (!this.#isHere) return;
    const envelope = { type: BRIDGE_TYPE, id, payload: message };
    try {
      this.#owner.send(envelope);
    } catch (error) {
      const isTooBig = error instanceof FrameError;
      if (!isTooBig || message.is !== "answering" || message.ids.length < 2) {
        // Nothing may be thrown into the engine's client.
        return this.#owner.onFault(error as Error);
      }
      // In halves, then.
      const { ids } = message;
      const half = ids.length >> 1;
      this.#send(id, { ...message, ids: ids.slice(0, half), isPart: true });
      this.#send(id, { ...message, ids: ids.slice(half) });
    }
  }

  /** From `start` to `leave`. */
  get #isHere(): boolean {
    return this.#timer !== undefined;
  }

  #beat(): void {
    if (!this.#owner.isReachable()) return; // That is told already.
    if (++this.#unheard === 2) {
      this.#owner.onFault(
        new ConnectionError(
          `Cannot hear the engine: what was sent ${BEAT_INTERVAL} ms ago has not come back`,
          { code: "PING_TIMEOUT" },
        ),
      );
    }
    if (this.#unheard === 1) this.#countMissed();
    this.#send(ALL, { is: "alive" });
  }

  /** What the engine does not bring, nobody has missed to send. */
  #countMissed(): void {
    for (const [name, missed] of this.#others) {
      if (missed >= MISSED_BEATS) this.#left(name);
      else this.#others.set(name, missed + 1);
    }
  }

  #left(name: string): void {
    this.#others.delete(name);
    this.#back(name);
    for (const question of this.#questions.values()) {
      this.#answered(question, name);
    }
  }

  /** It is back, or is not to be waited for. */
  #back(name: string): void {
    if (!this.#gathering) return;
    const { missing, done } = this.#gathering;
    missing.delete(name);
    if (missing.size === 0) done.resolve();
  }

  #answer(name: string, number: number, topic: string): void {
    const ids = [...this.#owner.subscribers(topic)];
    do {
      const part = ids.splice(0, IDS_PER_ANSWER);
      const isPart = ids.length > 0;
      this.#send(name, { is: "answering", number, ids: part, isPart });
    } while (ids.length > 0);
  }

  #onAnswer(
    name: string,
    number: number,
    ids: readonly string[],
    isPart: boolean,
  ): void {
    const question = this.#questions.get(number);
    if (!question || !Array.isArray(ids)) return;
    for (const id of ids) if (typeof id === "string") question.ids.add(id);
    if (!isPart) this.#answered(question, name);
  }

  #answered({ missing, answered }: Question, name: string): void {
    missing.delete(name);
    if (missing.size === 0) answered.resolve();
  }

  #reportMissing({ missing, isHeard }: Question, timeout: number): void {
    if (missing.size === 0 && this.#hasAsked) return;
    const all = this.#others.size;
    // Who was not asked is not gone: after an outage they are waited for.
    for (const name of isHeard ? missing : []) this.#others.delete(name);
    const why = !this.#hasAsked || !isHeard
      ? "the engine does not answer"
      : `${missing.size} of ${all} did not answer in ${timeout} ms`;
    this.#owner.onFault(
      new ConnectionError(`Cannot ask all hubs who is subscribed: ${why}`, {
        code: "PING_TIMEOUT",
      }),
    );
  }
}
