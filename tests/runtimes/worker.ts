// A worker, a port to it, and every way in which it can end.

import {
  ClosedError,
  ConnectionError,
  createEvent,
  createPubSub,
} from "@alkdev/pubsub";
import {
  createWorkerHostEventTarget,
  type WorkerEventTarget,
} from "@alkdev/pubsub/event-target-worker";
import assert from "node:assert/strict";
import { check, done } from "./_check.ts";
import { next } from "./_exchange.ts";
import { startThread } from "./_platform.ts";

const script = new URL("worker_thread.js", import.meta.url);

const worker = startThread(script);
const target = createWorkerHostEventTarget(worker);

await check("events cross to a worker and back", () => assertEchoes(target));

await check("what cannot be cloned throws at the caller", async () => {
  assert.throws(
    () => target.dispatchEvent(createEvent("job.asked", "", () => {})),
    { name: "DataCloneError" },
  );
  const threw = next(target, "thread.threw");
  target.dispatchEvent(createEvent("thread.clone", "", null));
  assert.equal(await threw, "DataCloneError");
});

await check("flush resolves once the worker has all", async () => {
  const answers: unknown[] = [];
  target.addEventListener("job.done:flush", ({ detail }) => {
    answers.push(detail.payload);
  });
  for (let number = 0; number < 100; number++) {
    target.dispatchEvent(createEvent("job.asked", "flush", number));
  }
  await target.flush();
  assert.equal(answers.length, 100);
});

await check("a port leads to the worker", async () => {
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  const overPort = createWorkerHostEventTarget(port1);
  await assertEchoes(overPort);
  await overPort.close();
  port1.close();
});

await check("the worker's close ends the host's end", async () => {
  target.dispatchEvent(createEvent("thread.close", "", null));
  assert.equal(await target.closed, undefined);
  worker.terminate();
});

await check("a worker that throws ends it with an error", async () => {
  await assertLost("thread.crash", /crashed on purpose/);
});

await check("a busy host hears of it, too", async () => {
  // It finds the error and the end at once, in an order that is not fixed.
  for (let worker = 0; worker < 20; worker++) {
    await assertLost("thread.crash", /crashed on purpose/, 3);
  }
});

await check("a worker that exits ends it with an error", async () => {
  await assertLost("thread.exit", /Connection lost: /);
});

await check("a worker that is terminated ends it with an error", async () => {
  await assertLost(undefined, /Connection lost: /);
});

await check("a worker that is not there ends it with an error", async () => {
  const missing = startThread(new URL("missing.js", import.meta.url));
  const error = await createWorkerHostEventTarget(missing).closed;
  assert(error instanceof ConnectionError, String(error));
});

done();

async function assertEchoes(target: WorkerEventTarget): Promise<void> {
  const pubsub = createPubSub({ eventTarget: target });
  // More than JSON has.
  const payload = new Map<string, unknown>([["big", 5n], [
    "bytes",
    new Uint8Array([1, 2]),
  ]]);
  const answers = pubsub.subscribe("job.done", "7");
  pubsub.publish("job.asked", "7", payload);
  for await (const { payload: answer } of answers) {
    assert.deepEqual(answer, payload);
    break;
  }
}

/** A worker that does as it is told, or is terminated. */
async function assertLost(
  order: string | undefined,
  message: RegExp,
  busy = 0,
): Promise<void> {
  const worker = startThread(script);
  const target = createWorkerHostEventTarget(worker);
  await target.flush();
  if (order === undefined) worker.terminate();
  else target.dispatchEvent(createEvent(order, "", null));
  const until = performance.now() + busy;
  while (performance.now() < until);
  const error = await target.closed;
  assert(error instanceof ConnectionError, String(error));
  assert.match(error.message, message);
  await assert.rejects(target.flush(), ClosedError);
}
