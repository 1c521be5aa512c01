// What a subscription holds, without waiting for what never comes.

import type { EventEnvelope, Subscription } from "../mod.ts";

/** Takes out all that waits, and ends the subscription. */
export async function takeAll<T>(subscription: Subscription<T>): Promise<T[]> {
  const nothing = {};
  const all: T[] = [];
  for (;;) {
    const next = subscription.next();
    // `next` goes first when it is settled already.
    if (await Promise.race([next, Promise.resolve(nothing)]) === nothing) break;
    const { value, done } = await next;
    if (done) break;
    all.push(value);
  }
  await subscription.return();
  return all;
}

/** The payloads of all that waits; ends the subscription. */
export async function takePayloads<T>(
  subscription: Subscription<EventEnvelope<string, T>>,
): Promise<T[]> {
  return (await takeAll(subscription)).map(({ payload }) => payload);
}
