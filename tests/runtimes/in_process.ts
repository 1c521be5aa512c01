// In one process: `createPubSub` alone.

import {
  createInProcessEventTarget,
  createPubSub,
  OverflowError,
} from "@alkdev/pubsub";
import assert from "node:assert/strict";
import { check, done } from "./_check.ts";

type Events = { "message.sent": { text: string } };

await check("for await gets what is published", async () => {
  const pubsub = createPubSub<Events>();
  const texts: string[] = [];
  const messages = pubsub.subscribe("message.sent", "room-1");
  pubsub.publish("message.sent", "room-1", { text: "one" });
  pubsub.publish("message.sent", "room-2", { text: "elsewhere" });
  pubsub.publish("message.sent", "room-1", { text: "two" });
  for await (const { payload } of messages) {
    texts.push(payload.text);
    if (texts.length === 2) break;
  }
  assert.deepEqual(texts, ["one", "two"]);
});

await check("a subscription ends with its scope", async () => {
  const pubsub = createPubSub<Events>();
  let kept;
  {
    await using messages = pubsub.subscribe("message.sent");
    kept = messages;
  }
  assert.equal((await kept.next()).done, true);
});

await check("an overflow reaches the subscriber", async () => {
  const pubsub = createPubSub<Events>();
  const messages = pubsub.subscribe("message.sent", "", { bufferSize: 1 });
  pubsub.publish("message.sent", "", { text: "fits" });
  pubsub.publish("message.sent", "", { text: "does not" });
  await assert.rejects(async () => {
    for await (const _ of messages);
  }, OverflowError);
});

await check("a signal ends what it was given to", async () => {
  const target = createInProcessEventTarget();
  const pubsub = createPubSub({ eventTarget: target });
  const abort = new AbortController();
  const { signal } = abort;
  // Node.js warns of more than ten listeners on one signal.
  for (let room = 0; room < 20; room++) {
    const ended = pubsub.subscribe("message.sent", String(room), { signal });
    await ended.return();
    const listener = () => {};
    target.addEventListener("message.sent", listener, { signal });
    target.removeEventListener("message.sent", listener);
  }
  target.addEventListener("message.sent", () => assert.fail(), { signal });
  const next = pubsub.subscribe("message.sent", "", { signal }).next();
  abort.abort();
  assert.equal((await next).done, true);
  pubsub.publish("message.sent", "", { text: "to nobody" });
});

await check("the end of the target ends the loop", async () => {
  const target = createInProcessEventTarget();
  const messages = createPubSub({ eventTarget: target })
    .subscribe("message.sent");
  const next = messages.next();
  await target.close();
  assert.equal((await next).done, true);
});

// Waits for ever, and holds nothing.
void createPubSub().subscribe("message.sent").next();
done();
