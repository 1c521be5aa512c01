// The topics that are listened on at an engine: one subscription of each, whoever
// listens, and what the server has answered to it.

import type { EngineWire } from "./_engine_wire.ts";
import { InFlight } from "./_in_flight.ts";

/** A topic that somebody listens on. */
export interface Interest<TMember> {
  readonly members: Set<TMember>;
  /**
   * Whether the server has said that it is subscribed. It stays so while that is
   * verified: the client has subscribed again before it says it is connected.
   */
  isConfirmed: boolean;
  /** Settles with the server's answer, while that is awaited. */
  pending: Promise<void> | undefined;
}

/** Who listens on what. */
export class Interests<TMember> {
  readonly #wire: EngineWire;
  readonly #onRefused: (error: unknown, topic?: string) => void;
  readonly #byTopic = new Map<string, Interest<TMember>>();
  readonly #inFlight = new InFlight();

  /** @param onRefused Told when a subscription is not made, or not ended. */
  constructor(
    wire: EngineWire,
    onRefused: (error: unknown, topic?: string) => void,
  ) {
    this.#wire = wire;
    this.#onRefused = onRefused;
  }

  get(topic: string): Interest<TMember> | undefined {
    return this.#byTopic.get(topic);
  }

  /** The first one subscribes. @throws {RangeError} What the wire throws. */
  add(member: TMember, topic: string): void {
    let interest = this.#byTopic.get(topic);
    if (!interest) {
      interest = {
        members: new Set(),
        isConfirmed: false,
        pending: undefined,
      };
      this.#subscribe(topic, interest);
      this.#byTopic.set(topic, interest);
    }
    interest.members.add(member);
  }

  /** The last one unsubscribes. */
  remove(member: TMember, topic: string): void {
    const interest = this.#byTopic.get(topic);
    if (!interest?.members.delete(member) || interest.members.size > 0) return;
    this.#unsubscribe(topic);
  }

  /** Removes all that a member listens on. */
  forget(member: TMember): void {
    for (const topic of this.#byTopic.keys()) this.remove(member, topic);
  }

  /** Nobody listens any more. */
  clear(): void {
    for (const topic of this.#byTopic.keys()) this.#unsubscribe(topic);
  }

  /** There is no server any more. */
  drop(): void {
    this.#byTopic.clear();
  }

  /**
   * Subscribes to all of it once more. Most clients do it themselves: their
   * answers verify that it is done.
   *
   * @param isNew The client has never been connected: what was asked before is in
   * its queue.
   * @param rest What has to be done besides, under way.
   */
  verify(isNew: boolean, rest: Promise<unknown> | undefined): void {
    for (const [topic, interest] of this.#byTopic) {
      if (isNew && interest.pending) continue;
      try {
        this.#subscribe(topic, interest);
      } catch (error) {
        this.#onRefused(error, topic); // The others are to be verified, too.
      }
    }
    if (rest) this.#await(rest.catch((error) => this.#onRefused(error)));
  }

  /** Resolves once the server has answered to all of before. */
  settled(): Promise<void> {
    return this.#inFlight.settled();
  }

  #subscribe(topic: string, interest: Interest<TMember>): void {
    const pending = this.#await(
      this.#wire.subscribe(topic).then(
        () => {
          if (interest.pending === pending) interest.isConfirmed = true;
        },
        (error) => {
          if (interest.pending === pending) interest.isConfirmed = false;
          this.#onRefused(error, topic);
        },
      ),
    ).then(() => {
      if (interest.pending === pending) interest.pending = undefined;
    });
    interest.pending = pending;
  }

  #unsubscribe(topic: string): void {
    this.#byTopic.delete(topic);
    void this.#await(
      this.#wire.unsubscribe(topic)
        .catch((error) => this.#onRefused(error, topic)),
    );
  }

  /** Counts what never rejects. */
  async #await(answer: Promise<unknown>): Promise<void> {
    const generation = this.#inFlight.start();
    await answer;
    this.#inFlight.end(generation);
  }
}
