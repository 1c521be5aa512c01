/**
 * Publishing in process, by this library and by what stands beside it. What is
 * called `run` publishes so many events and returns once all have been received.
 */

import { createPubSub as createYogaPubSub } from "@graphql-yoga/subscription";
import {
  createInProcessEventTarget,
  createPubSub,
  type EventsOf,
} from "../mod.ts";
import { type Message, messageEvent } from "./_events.ts";

/** Publishes so many events. */
export type Run = (events: number) => void | Promise<void>;

/** What was received; reading it keeps it from being optimized away. */
let received = 0;
let characters = 0;

function take({ text }: Message): void {
  received++;
  characters += text.length;
}

const TYPE = "message.sent";
const ID = "room-1";

/** Made before: an application has its payloads. */
const payloads = Array.from(
  { length: 1000 },
  (_, n) => messageEvent(n).detail.payload,
);
const payloadOf = (n: number): Message => payloads[n % payloads.length]!;

/** How an iterator is fed: so many events, then as many are awaited. */
async function feed<T>(
  events: number,
  burst: number,
  publish: (n: number) => void,
  iterator: AsyncIterator<T>,
  payloadIn: (value: T) => Message,
): Promise<void> {
  // Waiting before the first event comes: a Repeater listens from then on.
  let next = iterator.next();
  for (let n = 0; n < events; n += burst) {
    for (let i = 0; i < burst; i++) publish(n + i);
    for (let i = 0; i < burst; i++) {
      const { value } = await next;
      take(payloadIn(value));
      if (n + i + 1 < events) next = iterator.next();
    }
  }
  await iterator.return?.();
}

/** One subscriber that iterates, to whom events come so many at once. */
export function iterating(burst: number): Record<"ours" | "yoga", Run> {
  return {
    async ours(events) {
      const pubsub = createPubSub<{ [TYPE]: Message }>();
      await feed(
        events,
        burst,
        (n) => pubsub.publish(TYPE, ID, payloadOf(n)),
        pubsub.subscribe(TYPE, ID),
        ({ payload }) => payload,
      );
    },
    async yoga(events) {
      const pubsub = createYogaPubSub<{ [TYPE]: [id: string, Message] }>();
      await feed(
        events,
        burst,
        (n) => pubsub.publish(TYPE, ID, payloadOf(n)),
        pubsub.subscribe(TYPE, ID)[Symbol.asyncIterator](),
        (payload) => payload,
      );
    },
  };
}

/** So many listeners on each of so many ids, which take turns. */
export function listening(
  listeners: number,
  ids: number,
): Record<"ours" | "bare", Run> {
  const names = Array.from({ length: ids }, (_, n) => `room-${n}`);

  const eventTarget = createInProcessEventTarget<
    EventsOf<{ [TYPE]: Message }>
  >();
  const pubsub = createPubSub<{ [TYPE]: Message }>({ eventTarget });
  const bare = new EventTarget();
  for (const id of names) {
    for (let i = 0; i < listeners; i++) {
      eventTarget.addEventListener(`${TYPE}:${id}`, ({ detail }) => {
        take(detail.payload);
      });
      bare.addEventListener(`${TYPE}:${id}`, (event) => {
        take((event as CustomEvent<Message>).detail);
      });
    }
  }
  /** Publishes, and makes sure that every listener was called. */
  const counted =
    (publish: (id: string, payload: Message) => void): Run => (events) => {
      const before = received;
      for (let n = 0; n < events; n++) publish(names[n % ids]!, payloadOf(n));
      const came = received - before;
      if (came !== events * listeners) {
        throw new Error(`${came} of ${events * listeners} events came`);
      }
    };
  return {
    ours: counted((id, payload) => pubsub.publish(TYPE, id, payload)),
    bare: counted((id, detail) =>
      bare.dispatchEvent(new CustomEvent(`${TYPE}:${id}`, { detail }))
    ),
  };
}
