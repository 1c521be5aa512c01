// The thread of worker.ts.

import { createEvent } from "@alkdev/pubsub";
import {
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
  type WorkerEventTarget,
} from "@alkdev/pubsub/event-target-worker";
import process from "node:process";
import { parentPort } from "node:worker_threads";

const target = createWorkerThreadEventTarget();
echo(target);

target.addEventListener("thread.clone", () => {
  try {
    target.dispatchEvent(createEvent("thread.cloned", "", () => {}));
  } catch (error) {
    const { name } = error as DOMException;
    target.dispatchEvent(createEvent("thread.threw", "", name));
  }
});
target.addEventListener("thread.crash", () => {
  queueMicrotask(() => {
    throw new Error("crashed on purpose");
  });
});
target.addEventListener("thread.exit", () => process.exit(3));
target.addEventListener("thread.close", () => void target.close());

// The only raw message: a port.
(parentPort ?? globalThis).addEventListener("message", (event) => {
  const { data } = event as MessageEvent;
  if (!(data instanceof MessagePort)) return;
  echo(createWorkerHostEventTarget(data));
});

function echo(target: WorkerEventTarget): void {
  target.addEventListener("job.asked", ({ detail: { id, payload } }) => {
    target.dispatchEvent(createEvent("job.done", id, payload));
  });
}
