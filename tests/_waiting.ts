// Waiting for events instead of for time.

import type { TypedEvent, TypedEventTarget } from "../typed_event_target.ts";
import type { EventEnvelope } from "../envelope.ts";

/** Values as they come, and promises of those still to come. */
export class Log<T> {
  readonly all: T[] = [];
  readonly #waiters = new Set<() => void>();

  readonly add = (value: T): void => {
    this.all.push(value);
    for (const check of [...this.#waiters]) check();
  };

  /** Resolves with the first value, past or to come, that passes. */
  find(passes: (value: T) => boolean): Promise<T> {
    return new Promise((resolve) => {
      const check = () => {
        const found = this.all.find(passes);
        if (found === undefined) return;
        this.#waiters.delete(check);
        resolve(found);
      };
      this.#waiters.add(check);
      check();
    });
  }

  /** Resolves once there are so many. */
  async count(count: number): Promise<T[]> {
    if (count > 0) await this.find(() => this.all.length >= count);
    return this.all;
  }
}

/** The envelopes that reach a listener of a topic. */
export function envelopesOn(
  target: TypedEventTarget<TypedEvent>,
  topic: string,
): Log<EventEnvelope> {
  const log = new Log<EventEnvelope>();
  target.addEventListener(topic, (event) => log.add(event.detail));
  return log;
}

/** The payloads that reach a listener of a topic. */
export function payloadsOn(
  target: TypedEventTarget<TypedEvent>,
  topic: string,
): unknown[] {
  const payloads: unknown[] = [];
  target.addEventListener(topic, ({ detail }) => payloads.push(detail.payload));
  return payloads;
}

/** Behind all promises that can settle by now. */
export const turn = (): Promise<string> =>
  new Promise((resolve) => setTimeout(resolve, 0, "turn"));

/** Whether a promise has settled by now, or there is none. */
export async function isOver(
  promise: Promise<unknown> | undefined,
): Promise<boolean> {
  const turned = turn();
  const first = await Promise.race([promise, turned]);
  await turned;
  return first !== "turn";
}
