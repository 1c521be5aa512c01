// The topics that are listened on at an engine: one subscription of each, whoever
// listens, and what the server has been told and has answered.

import { type Deferred, deferred } from "./_deferred.ts";
import type { EngineWire } from "./_engine_wire.ts";
import { InFlight } from "./_in_flight.ts";

/**
 * Commands that may be unanswered. What is beyond waits, and what has come to
 * nothing meanwhile is not sent: so that a peer who subscribes and unsubscribes
 * while the server hangs costs no more than the topics that there are.
 */
const MAX_UNANSWERED = 1_000;

/** A topic that the server was told last to subscribe. */
interface Subscribed {
  /**
   * Whether it has said that it has. It stays so while that is verified: the
   * client has subscribed again before it says it is connected.
   */
  isConfirmed: boolean;
  /** Whether it may have forgotten. */
  isDoubtful: boolean;
  /** Resolves with its answer, while that is awaited. */
  pending: Promise<void> | undefined;
}

/** What the server is to be told of a topic. */
interface Command {
  readonly generation: number;
  readonly answered: Deferred<void>;
}

/** What is needed of the wire of an engine. */
export type SubscribingWire = Pick<
  EngineWire,
  "canSubscribe" | "assertTopic" | "subscribe" | "unsubscribe"
>;

/** Who listens on what. */
export class Interests<TMember> {
  readonly #wire: SubscribingWire;
  readonly #onRefused: (error: unknown, topic?: string) => void;
  /** Who listens: what is to be subscribed. */
  readonly #members = new Map<string, Set<TMember>>();
  /** What is. */
  readonly #subscribed = new Map<string, Subscribed>();
  /** Where the two differ, in the order in which that came about. */
  readonly #due = new Map<string, Command>();
  #unanswered = 0;
  readonly #inFlight = new InFlight();

  /** @param onRefused Told when a subscription is not made, or not ended. */
  constructor(
    wire: SubscribingWire,
    onRefused: (error: unknown, topic?: string) => void,
  ) {
    this.#wire = wire;
    this.#onRefused = onRefused;
  }

  /** Who listens on a topic. */
  membersOf(topic: string): ReadonlySet<TMember> | undefined {
    return this.#members.get(topic);
  }

  /** Whether the server has said that a topic is subscribed. */
  isConfirmed(topic: string): boolean {
    return this.#subscribed.get(topic)?.isConfirmed ?? false;
  }

  /** Resolves with the server's answer for a topic, if that is awaited. */
  whenAnswered(topic: string): Promise<void> | undefined {
    return this.#due.get(topic)?.answered.promise ??
      this.#subscribed.get(topic)?.pending;
  }

  /**
   * The first one subscribes.
   *
   * @throws {RangeError} When the engine has no name for the topic.
   */
  add(member: TMember, topic: string): void {
    const members = this.#members.get(topic);
    if (members) return void members.add(member);
    this.#wire.assertTopic(topic);
    this.#members.set(topic, new Set([member]));
    this.#note(topic);
    this.#tellDue();
  }

  /** The last one unsubscribes. */
  remove(member: TMember, topic: string): void {
    const members = this.#members.get(topic);
    if (!members?.delete(member) || members.size > 0) return;
    this.#members.delete(topic);
    this.#note(topic);
    this.#tellDue();
  }

  /** Removes all that a member listens on. */
  forget(member: TMember): void {
    for (const topic of this.#members.keys()) this.remove(member, topic);
  }

  /** Nobody listens any more; whatever the server's state, it is told now. */
  clear(): void {
    this.#members.clear();
    for (const command of this.#due.values()) this.#end(command);
    this.#due.clear();
    for (const topic of this.#subscribed.keys()) {
      void this.#tell(topic, this.#command());
    }
  }

  /**
   * The client has connected. Subscribes to all of it once more: most clients do
   * it themselves, and the answers verify that it is done.
   *
   * @param isNew It has never been connected: what was asked before is in its
   * queue.
   * @param rest What has to be done besides, under way.
   */
  verify(isNew: boolean, rest: Promise<unknown> | undefined): void {
    for (const [topic, subscribed] of this.#subscribed) {
      if (isNew && subscribed.pending) continue;
      subscribed.isDoubtful = true;
      this.#note(topic);
    }
    this.#tellDue();
    if (rest) void this.#await(rest);
  }

  /** Resolves once the server has answered to all of before. */
  settled(): Promise<void> {
    return this.#inFlight.settled();
  }

  /** Notes whether the server is to be told of a topic. */
  #note(topic: string): void {
    const due = this.#due.get(topic);
    if (this.#isDue(topic)) {
      if (!due) this.#due.set(topic, this.#command());
    } else if (due) {
      this.#due.delete(topic);
      this.#end(due);
    }
  }

  #isDue(topic: string): boolean {
    const subscribed = this.#subscribed.get(topic);
    if (!this.#members.has(topic)) return subscribed !== undefined;
    return subscribed === undefined || subscribed.isDoubtful;
  }

  #command(): Command {
    return { generation: this.#inFlight.start(), answered: deferred() };
  }

  #tellDue(): void {
    for (const [topic, command] of this.#due) {
      if (!this.#wire.canSubscribe || this.#unanswered >= MAX_UNANSWERED) {
        return;
      }
      this.#due.delete(topic);
      void this.#tell(topic, command);
    }
  }

  async #tell(topic: string, command: Command): Promise<void> {
    this.#unanswered++;
    if (this.#members.has(topic)) await this.#subscribe(topic, command);
    else await this.#unsubscribe(topic);
    this.#unanswered--;
    this.#end(command);
    this.#tellDue();
  }

  async #subscribe(topic: string, { answered }: Command): Promise<void> {
    const subscribed: Subscribed = {
      isConfirmed: this.isConfirmed(topic),
      isDoubtful: false,
      pending: answered.promise,
    };
    this.#subscribed.set(topic, subscribed);
    try {
      await this.#wire.subscribe(topic);
      subscribed.isConfirmed = true;
    } catch (error) {
      subscribed.isConfirmed = false;
      this.#onRefused(error, topic);
    }
    subscribed.pending = undefined;
  }

  async #unsubscribe(topic: string): Promise<void> {
    this.#subscribed.delete(topic);
    try {
      await this.#wire.unsubscribe(topic);
    } catch (error) {
      this.#onRefused(error, topic);
    }
  }

  async #await(rest: Promise<unknown>): Promise<void> {
    const command = this.#command();
    await rest.catch((error) => this.#onRefused(error));
    this.#end(command);
  }

  #end({ generation, answered }: Command): void {
    this.#inFlight.end(generation);
    answered.resolve();
  }
}
