// What differs between the workers and ports of the platforms: how they are
// listened to, and how they tell that the other end has gone.

import { show } from "./_options.ts";
import type {
  EmittingWorkerLike,
  ListeningWorkerLike,
  WorkerLike,
} from "./_worker_types.ts";

/** What a wire calls. */
export interface WireHandlers {
  onMessage(message: unknown): void;
  /** The worker reported an error that has not ended it. */
  onError(error: Error): void;
  /** The other end has gone, by an error or not. */
  onEnd(why: string, cause?: unknown): void;
}

/** A worker, its parent or a port, by one interface. */
export interface Wire {
  open(handlers: WireHandlers): void;
  /** @throws {DOMException} A `DataCloneError`. */
  post(message: unknown): void;
  /** Stops listening. */
  release(): void;
}

/**
 * @param isParent Whether it leads from a worker to the thread that made it.
 * @throws {TypeError} When it is neither a worker nor a port.
 */
export function wireOf(worker: WorkerLike, isParent = false): Wire {
  if (typeof worker?.postMessage === "function") {
    if ("addEventListener" in worker) {
      return new ListeningWire(worker, isParent);
    }
    if (typeof worker.on === "function") return new EmittingWire(worker);
  }
  throw new TypeError(
    `Cannot use worker: ${show(worker)} is neither a Worker nor a MessagePort`,
  );
}

/**
 * What leads from a worker to the thread that made it.
 *
 * @throws {TypeError} When this is no worker.
 */
export function parentOf(): WorkerLike {
  const { process, WorkerGlobalScope } = globalThis as {
    process?: { getBuiltinModule?(name: string): unknown };
    WorkerGlobalScope?: unknown;
  };
  // Node has it nowhere else. Bun and Deno have it too, in the workers that
  // are theirs; `null` in any other.
  const threads = process?.getBuiltinModule?.("node:worker_threads") as
    | { parentPort?: WorkerLike | null }
    | undefined;
  if (threads?.parentPort) return threads.parentPort;
  if (typeof WorkerGlobalScope === "function") {
    return globalThis as unknown as ListeningWorkerLike;
  }
  throw new TypeError(
    "Cannot find the thread that made this worker: this is the main thread",
  );
}

// deno-lint-ignore no-explicit-any -- each event has a type of its own
type Listeners = Record<string, (event: any) => void>;

const IS_DENO = "Deno" in globalThis;
const IS_BUN = "Bun" in globalThis;

class ListeningWire implements Wire {
  readonly #worker: ListeningWorkerLike;
  readonly #isParent: boolean;
  #listeners: Listeners = {};

  constructor(worker: ListeningWorkerLike, isParent: boolean) {
    this.#worker = worker;
    this.#isParent = isParent;
  }

  open({ onMessage, onError, onEnd }: WireHandlers): void {
    const messages: Listeners = {
      message: ({ data }: { data: unknown }) => onMessage(data),
      messageerror: () => onError(new Error("Cannot read message")),
    };
    const ends: Listeners = {
      error: (event: Event & { message?: string }) => {
        const { message } = event;
        // Else Deno ends this process, too.
        if (IS_DENO) event.preventDefault();
        if (!message) return onEnd("the worker could not be loaded");
        const error = new Error(message);
        if (IS_DENO || IS_BUN) onEnd(message, error);
        else onError(error); // In a browser a worker outlives what it throws.
      },
      close: ({ code }: { code?: number }) =>
        onEnd(`it has closed${code === undefined ? "" : ` with ${code}`}`),
    };
    // The errors of a worker's own scope are not those of its parent.
    this.#listeners = this.#isParent ? messages : { ...messages, ...ends };
    for (const [type, listener] of Object.entries(this.#listeners)) {
      this.#worker.addEventListener(type, listener);
    }
    this.#worker.start?.();
  }

  post(message: unknown): void {
    this.#worker.postMessage(message);
  }

  release(): void {
    for (const [type, listener] of Object.entries(this.#listeners)) {
      this.#worker.removeEventListener(type, listener);
    }
  }
}

class EmittingWire implements Wire {
  readonly #worker: EmittingWorkerLike;
  #listeners: Listeners = {};

  constructor(worker: EmittingWorkerLike) {
    this.#worker = worker;
  }

  open({ onMessage, onError, onEnd }: WireHandlers): void {
    this.#listeners = {
      message: onMessage,
      messageerror: onError,
      // What a worker throws may be anything.
      error: (error: unknown) => onEnd(`the worker threw: ${error}`, error),
      exit: (code: number) => onEnd(`the worker has exited with ${code}`),
    };
    for (const [event, listener] of Object.entries(this.#listeners)) {
      this.#worker.on(event, listener);
    }
  }

  post(message: unknown): void {
    this.#worker.postMessage(message);
  }

  release(): void {
    for (const [event, listener] of Object.entries(this.#listeners)) {
      this.#worker.off(event, listener);
    }
  }
}
