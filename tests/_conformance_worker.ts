// The conformance suite at both ends of a worker. A scenario is played in the
// thread whose end it is about, and moves the other end by remote calls.

import { pathToFileURL } from "node:url";
import { createWorkerHostEventTarget, type WorkerLike } from "../worker.ts";
import { buildScripts } from "./_build.ts";
import { type End, endOn } from "./_conformance_ends.ts";
import { farBehind, Remote } from "./_conformance_remote.ts";
import { inTime, Puppet, type Traits } from "./_conformance_wire.ts";

/** A make of workers. */
export interface WorkerKind {
  readonly name: string;
  /** The name of the error that a host gets for what cannot be cloned. */
  readonly hostError: NonNullable<Traits["cloneError"]>;
  create(url: string): StartedWorker;
}

/** A worker that was started. */
export interface StartedWorker {
  readonly worker: WorkerLike;
  post(message: unknown, transfer: MessagePort[]): void;
  terminate(): Promise<void>;
}

/** What the worker is sent first: its end of the remote calls. */
export interface Hello {
  /** A control event that the library does not know, and has to ignore. */
  readonly type: "__conformance";
  readonly id: "";
  readonly payload: { readonly port: MessagePort; readonly traits: Traits };
}

/**
 * The thread's module as one file of JavaScript: Deno would check the types of
 * all its sources anew for each worker, which takes ten times as long.
 *
 * @returns Its URL.
 */
export async function buildThread(directory: string): Promise<string> {
  await buildScripts(["tests/_conformance_thread.ts"], directory);
  return pathToFileURL(`${directory}/_conformance_thread.js`).href;
}

/** Both ends of one make of workers; their module is `url`. */
export function workerEnds(kind: WorkerKind, url: string): End[] {
  const atHost: Traits = { encoding: "clone", cloneError: kind.hostError };
  const atThread: Traits = { encoding: "clone", cloneError: "DataCloneError" };
  const thread: End = {
    name: `${kind.name}, host to thread`,
    traits: atThread,
    async play({ name }) {
      await using stack = new AsyncDisposableStack();
      const { remote } = start(stack, kind, url, atThread);
      await inTime(remote.call("play", name));
    },
  };
  const host = endOn(`${kind.name}, thread to host`, atHost, (stack) => {
    const { target, errors, remote } = start(stack, kind, url, atThread);
    return Promise.resolve({
      traits: atHost,
      here: target,
      errors,
      far: farBehind(remote),
      sent: () => target.flush(),
    });
  });
  return [thread, host];
}

function start(
  stack: AsyncDisposableStack,
  kind: WorkerKind,
  url: string,
  traits: Traits,
) {
  const started = stack.adopt(kind.create(url), (one) => one.terminate());
  const errors: unknown[] = [];
  const target = stack.use(createWorkerHostEventTarget(started.worker, {
    onError: ({ error }) => errors.push(error),
  }));
  const { port1, port2 } = new MessageChannel();
  const remote = new Remote(port1, new Puppet(target, errors));
  stack.defer(() => remote.close());
  const hello: Hello = {
    type: "__conformance",
    id: "",
    payload: { port: port2, traits },
  };
  started.post(hello, [port2]);
  return { target, errors, remote };
}
