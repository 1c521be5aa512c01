// Workers of both makes that Deno has, and what they run.

import { fileURLToPath } from "node:url";
import { Worker as NodeWorker } from "node:worker_threads";
import { within } from "../_deferred.ts";
import { createEvent } from "../mod.ts";
import {
  createWorkerHostEventTarget,
  type WorkerEventTarget,
  type WorkerEventTargetOptions,
  type WorkerFault,
  type WorkerLike,
} from "../worker.ts";
import { Log } from "./_waiting.ts";

/** A worker that a test started, and ends. */
export interface StartedWorker {
  readonly worker: WorkerLike;
  /** What comes over the same wire, seen beside the library. */
  readonly messages: Log<unknown>;
  /** Sends what is not of the library. */
  post(message: unknown): void;
  terminate(): Promise<void>;
}

/** A make of workers. */
export interface WorkerKind {
  readonly name: string;
  /** The name of the error that a host gets for what cannot be cloned. */
  readonly cloneError: string;
  start(url: string): StartedWorker;
}

export const webWorker: WorkerKind = {
  name: "web worker",
  cloneError: "DataCloneError",
  start(url) {
    const worker = new Worker(url, { type: "module" });
    const messages = new Log<unknown>();
    worker.addEventListener("message", ({ data }) => messages.add(data));
    return {
      worker,
      messages,
      post: (message) => worker.postMessage(message),
      // deno-lint-ignore require-await -- the other make takes its time
      terminate: async () => worker.terminate(),
    };
  },
};

export const nodeWorker: WorkerKind = {
  name: "node:worker_threads",
  // Deno's own; in Node it is a DataCloneError.
  cloneError: "TypeError",
  start(url) {
    const worker = new NodeWorker(new URL(url));
    const messages = new Log<unknown>();
    worker.on("message", messages.add);
    return {
      worker,
      messages,
      post: (message) => worker.postMessage(message),
      terminate: async () => void await worker.terminate(),
    };
  },
};

export const workerKinds: readonly WorkerKind[] = [webWorker, nodeWorker];

/**
 * `_worker_thread.ts` as one file of JavaScript in a directory: Deno would
 * check the types of all its sources anew for each worker.
 *
 * @returns Its URL.
 */
export async function buildThread(directory: string): Promise<string> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "npm:esbuild", "tests/_worker_thread.ts", "--bundle"],
      ...["--format=esm", "--platform=neutral", "--external:node:*"],
      ...["--log-level=warning", `--outfile=${directory}/thread.js`],
    ],
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    stdin: "null",
  }).output();
  if (!success) throw new Error(`esbuild: ${new TextDecoder().decode(stderr)}`);
  return new URL(`file://${directory}/thread.js`).href;
}

/** A module that throws before anything else. */
export const THROWS_AT_THE_TOP =
  "data:text/javascript,throw new Error('thrown at the top')";

/** A host's target, and what it was told. */
export interface Host {
  readonly target: WorkerEventTarget;
  readonly faults: Log<WorkerFault>;
  /** Tells `_worker_thread.ts` to do something. */
  tell(command: string, payload?: unknown): void;
}

/** What a test on workers has at hand; ended with the test. */
export class WorkerSetting implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly kind: WorkerKind;
  readonly #url: string;

  constructor(kind: WorkerKind, url: string) {
    this.kind = kind;
    this.#url = url;
  }

  worker(url: string = this.#url): StartedWorker {
    return this.#stack.adopt(
      this.kind.start(url),
      (started) => started.terminate(),
    );
  }

  host(
    { worker }: { worker: WorkerLike },
    options?: WorkerEventTargetOptions,
  ): Host {
    const faults = new Log<WorkerFault>();
    const target = this.#stack.use(
      createWorkerHostEventTarget(worker, { onError: faults.add, ...options }),
    );
    const tell = (command: string, payload: unknown = null) =>
      void target.dispatchEvent(createEvent("do", command, payload));
    return { target, faults, tell };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** Far more than any test takes. */
const DEADLINE = 10_000;

/** Makes `test(name, fn)`, once for each make; a test that hangs fails. */
export function workerTests(
  kinds: readonly WorkerKind[] = workerKinds,
): (name: string, fn: (setting: WorkerSetting) => Promise<void>) => void {
  let directory: string;
  let url: string;
  Deno.test.beforeAll(async () => {
    directory = await Deno.makeTempDir({ prefix: "pubsub-worker-" });
    url = await buildThread(directory);
  });
  Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));
  return (name, fn) => {
    for (const kind of kinds) {
      Deno.test(`${kind.name}: ${name}`, async () => {
        await using setting = new WorkerSetting(kind, url);
        await within(fn(setting), DEADLINE, () => {
          throw new Error(`The test did not end in ${DEADLINE} ms`);
        });
      });
    }
  };
}
