// The workers and ports that this library takes, by what it uses of them.

/** A `Worker` of the web platform, or a `MessagePort`. */
export interface ListeningWorkerLike {
  /** Sends a structured clone (https://html.spec.whatwg.org/#structuredserialize). */
  postMessage(message: unknown): void;
  /** Listens to `message`, `messageerror`, `error` and `close`. */
  addEventListener(
    type: string,
    // deno-lint-ignore no-explicit-any -- each make has event types of its own
    listener: (event: any) => void,
  ): void;
  /** Stops listening. */
  removeEventListener(
    type: string,
    // deno-lint-ignore no-explicit-any -- each make has event types of its own
    listener: (event: any) => void,
  ): void;
  /** Ports hold back what arrives until it is called. */
  start?(): void;
}

/** A `Worker` of `node:worker_threads`. */
export interface EmittingWorkerLike {
  /** Sends a structured clone. */
  postMessage(message: unknown): void;
  /** Listens to `message`, `messageerror`, `error` and `exit`. */
  // deno-lint-ignore no-explicit-any -- each event has arguments of its own
  on(event: string, listener: (...args: any[]) => void): unknown;
  /** Stops listening. */
  // deno-lint-ignore no-explicit-any -- each event has arguments of its own
  off(event: string, listener: (...args: any[]) => void): unknown;
}

/** A worker or a port of either kind. */
export type WorkerLike = ListeningWorkerLike | EmittingWorkerLike;
