// The bridges of one engine: who is there, and what they answer. They talk to
// each other by control events on topics of their own, `__bridge:all` and
// `__bridge:<name>`.

import { type Deferred, deferred, within } from "./_deferred.ts";
import type { EventEnvelope } from "./envelope.ts";
import { ConnectionError } from "./errors.ts";

/** The type of what bridges tell each other. */
export const BRIDGE_TYPE = "__bridge";

/** The id of what all of them are told. */
const ALL = "all";

/** Milliseconds between two signs of life. */
const BEAT_INTERVAL = 10_000;

/** Signs of life that may be missed. */
const MISSED_BEATS = 3;

/** Ids in one answer: node ids have 64 characters, and messages a limit. */
const IDS_PER_ANSWER = 1_000;

/** What a bridge tells the others. */
type Message =
  /** It is there; `isNew` asks the others to say that they are, too. */
  | { readonly is: "here"; readonly isNew?: boolean }
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
  send(envelope: EventEnvelope): void;
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
  /** Not all the others are known yet. */
  readonly isOpen: boolean;
}

/** Who else is on the engine. */
export class Roster {
  readonly #owner: RosterOwner;
  /** The signs of life each of the others has missed. */
  readonly #others = new Map<string, number>();
  readonly #questions = new Map<number, Question>();
  /** When it heard itself ask who is there; the others answer from then on. */
  #askedAt: number | undefined;
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
  }

  /** Says that this one is there, and asks who else is. */
  announce(): void {
    this.#askedAt = undefined;
    this.#send(ALL, { is: "here", isNew: true });
  }

  /** Who is subscribed to a topic, here and anywhere. */
  async subscribers(topic: string, timeout: number): Promise<string[]> {
    const ids = new Set(this.#owner.subscribers(topic));
    const askedAt = this.#askedAt ?? Infinity;
    const isOpen = !(performance.now() - askedAt >= timeout);
    if (this.#others.size === 0 && !isOpen) return [...ids];
    const number = ++this.#lastNumber;
    const answered = deferred<void>();
    const missing = new Set(this.#others.keys());
    this.#questions.set(number, { ids, missing, answered, isOpen });
    this.#send(ALL, { is: "asking", number, topic });
    await within(answered.promise, timeout, () => {});
    this.#questions.delete(number);
    this.#reportMissing(missing, timeout);
    return [...ids];
  }

  /** A control event from the engine. */
  receive(payload: unknown, name: string): void {
    const message = Object(payload) as Message;
    if (name === this.#owner.name) {
      this.#unheard = 0;
      if (message.is === "here" && message.isNew) {
        this.#askedAt = performance.now();
      }
      return;
    }
    if (message.is === "leaving") return this.#left(name);
    this.#others.set(name, 0);
    if (message.is === "here" && message.isNew) {
      this.#send(name, { is: "here" });
    } else if (message.is === "asking") {
      this.#answer(name, message.number, String(message.topic));
    } else if (message.is === "answering") {
      this.#onAnswer(name, message.number, message.ids, message.isPart);
    }
  }

  leave(): void {
    clearInterval(this.#timer);
    this.#send(ALL, { is: "leaving" });
    for (const { answered } of this.#questions.values()) answered.resolve();
  }

  /** What does not get through is missed, and asked for again. */
  #send(id: string, message: Message): void {
    try {
      this.#owner.send({ type: BRIDGE_TYPE, id, payload: message });
    } catch (error) {
      this.#owner.onFault(error as Error);
    }
  }

  #beat(): void {
    if (++this.#unheard === 2) {
      this.#owner.onFault(
        new ConnectionError(
          `Cannot hear the engine: what was sent ${BEAT_INTERVAL} ms ago has not come back`,
          { code: "PING_TIMEOUT" },
        ),
      );
    }
    for (const [name, missed] of this.#others) {
      if (missed >= MISSED_BEATS) this.#left(name);
      else this.#others.set(name, missed + 1);
    }
    this.#send(ALL, { is: "here" });
  }

  #reportMissing(missing: ReadonlySet<string>, timeout: number): void {
    const all = this.#others.size;
    for (const name of missing) this.#others.delete(name);
    const why = this.#askedAt === undefined
      ? "the engine does not answer"
      : `${missing.size} of ${all} did not answer in ${timeout} ms`;
    if (missing.size === 0 && this.#askedAt !== undefined) return;
    this.#owner.onFault(
      new ConnectionError(`Cannot ask all hubs who is subscribed: ${why}`),
    );
  }

  #left(name: string): void {
    this.#others.delete(name);
    for (const question of this.#questions.values()) {
      this.#answered(question, name);
    }
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
    for (const id of ids) question.ids.add(String(id));
    if (!isPart) this.#answered(question, name);
  }

  #answered({ missing, answered, isOpen }: Question, name: string): void {
    missing.delete(name);
    if (missing.size === 0 && !isOpen) answered.resolve();
  }
}
