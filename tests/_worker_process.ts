// A process with workers that ends by itself: nothing may hold it, nothing may
// end it before. Argument: what is to happen to the workers.

import { createEvent } from "../mod.ts";
import { createWorkerHostEventTarget } from "../worker.ts";
import {
  type StartedWorker,
  type WorkerKind,
  workerKinds,
} from "./_worker_kinds.ts";

const module = new URL("./_worker_thread.ts", import.meta.url).href;
const what = Deno.args[0];

/** Keeps this thread from looking at what arrives. */
function beBusy(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

async function echoOnce(started: StartedWorker): Promise<unknown> {
  const target = createWorkerHostEventTarget(started.worker);
  let payload: unknown;
  target.addEventListener("echoed", ({ detail }) => {
    payload = detail.payload;
  });
  target.dispatchEvent(createEvent("echo", "", "hello"));
  await target.flush();
  await target.close();
  return payload;
}

/** Each as a worker ends; gives what there is to say of it. */
const SCENARIOS: Record<string, (kind: WorkerKind) => Promise<unknown>> = {
  async "close, then terminate"(kind) {
    const started = kind.start(module);
    const echoed = await echoOnce(started);
    await started.terminate();
    return echoed;
  },
  async "exit, with the target left open"(kind) {
    const started = kind.start(module);
    const target = createWorkerHostEventTarget(started.worker);
    await target.flush();
    target.dispatchEvent(createEvent("do", "exit", 0));
    return (await target.closed)?.name;
  },
  async "crash, while the host is busy"(kind) {
    const names = new Set<string | undefined>();
    for (let round = 0; round < 10; round++) {
      const started = kind.start(module);
      const target = createWorkerHostEventTarget(started.worker);
      await target.flush();
      target.dispatchEvent(createEvent("do", "crash", "my mistake"));
      beBusy(round);
      names.add((await target.closed)?.message);
      await started.terminate();
    }
    return [...names];
  },
};

for (const kind of workerKinds) {
  console.log(JSON.stringify(await SCENARIOS[what!]!(kind)));
}
