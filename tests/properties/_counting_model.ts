// Counting references: who listens to what, and what a hub should hold of it.

import type { Envelope } from "./_envelope_model.ts";

/** One listener; the callback and the signal by their number. */
export interface ListenerModel {
  readonly topic: string;
  readonly callback: number;
  readonly capture: boolean;
  readonly once: boolean;
  readonly signal: number | undefined;
}

/** The listeners of a spoke, in the order in which they were added. */
export class CountingModel {
  #listeners: ListenerModel[] = [];
  readonly #aborted = new Set<number>();

  add(listener: ListenerModel): void {
    const { topic, callback, capture, signal } = listener;
    if (signal !== undefined && this.#aborted.has(signal)) return;
    const isThere = this.#listeners.some((one) =>
      one.topic === topic && one.callback === callback &&
      one.capture === capture
    );
    if (!isThere) this.#listeners.push(listener);
  }

  remove(topic: string, callback: number, capture: boolean): void {
    this.#listeners = this.#listeners.filter((one) =>
      one.topic !== topic || one.callback !== callback ||
      one.capture !== capture
    );
  }

  abort(signal: number): void {
    this.#aborted.add(signal);
    this.#listeners = this.#listeners.filter((one) => one.signal !== signal);
  }

  /** The topics that the hub holds: those that an event can have. */
  topics(): Set<string> {
    return new Set(
      this.#listeners.map(({ topic }) => topic)
        .filter((topic) => /^(?!__)[^:]/s.test(topic)),
    );
  }

  /** What is called for an event that arrives: `topic callback`. */
  deliver({ type, id }: Omit<Envelope, "payload">): string[] {
    const called: string[] = [];
    const topics = id === "" ? [type] : [`${type}:${id}`, type];
    for (const topic of topics) {
      for (const capture of [true, false]) {
        for (const one of [...this.#listeners]) {
          if (one.topic !== topic || one.capture !== capture) continue;
          called.push(`${topic} ${one.callback}`);
          if (one.once) this.remove(topic, one.callback, capture);
        }
      }
    }
    return called;
  }
}
