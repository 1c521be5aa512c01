// What passes between the two ends of a transport, whatever it is.

import {
  type ClosableEventTarget,
  createEvent,
  createPubSub,
} from "@alkdev/pubsub";
import assert from "node:assert/strict";

/** What one end publishes comes out at the other. */
export async function exchange(
  from: ClosableEventTarget,
  to: ClosableEventTarget,
  payload: unknown = { text: "hello" },
): Promise<void> {
  const type = "message.sent";
  const id = crypto.randomUUID();
  const received = createPubSub({ eventTarget: to }).subscribe(type, id);
  await to.flush();
  createPubSub({ eventTarget: from }).publish(type, id, payload);
  for await (const envelope of received) {
    assert.deepEqual(envelope, { type, id, payload });
    break;
  }
}

/** What goes to Bob, by the id that the hub knows for him, goes to nobody else. */
export async function assertPrivate(
  hub: ClosableEventTarget,
  bob: ClosableEventTarget,
  other: ClosableEventTarget,
  id = "bob",
): Promise<void> {
  const overheard: unknown[] = [];
  other.addEventListener(`direct:${id}`, (event) => overheard.push(event));
  const received = next(bob, `direct:${id}`);
  await Promise.all([bob.flush(), other.flush()]);
  hub.dispatchEvent(createEvent("direct", id, "psst"));
  assert.equal(await received, "psst");
  await hub.flush();
  assert.deepEqual(overheard, []);
}

/** The payload of the next event on a topic. */
export async function next(
  target: ClosableEventTarget,
  topic: string,
): Promise<unknown> {
  return await new Promise((resolve) =>
    target.addEventListener(topic, ({ detail }) => resolve(detail.payload), {
      once: true,
    })
  );
}
