// A worker, as a function that takes its time.

import { createEvent } from "@alkdev/pubsub";
import {
  createWorkerHostEventTarget,
  type WorkerEventTarget,
} from "@alkdev/pubsub/event-target-worker";
import type { Wish, WorkEvent } from "./events.ts";

/** What goes with a piece of work. */
export interface WorkOptions {
  /** Has the worker stop; the promise rejects at once. */
  signal: AbortSignal;
  onProgress: (progress: number) => void;
}

/** One worker, which is there when it is needed. */
export class Workplace {
  readonly #script: URL;
  #staff: { worker: Worker; target: WorkerEventTarget<WorkEvent> } | undefined;

  constructor(script: URL) {
    this.#script = script;
  }

  /**
   * Has a piece of work done.
   *
   * @throws When it cannot be done, when it is stopped, and when the worker dies:
   * the next piece has a new one.
   */
  async run(
    id: string,
    wish: Wish,
    { signal, onProgress }: WorkOptions,
  ): Promise<number> {
    signal.throwIfAborted();
    const { target } = this.#staff ??= this.#hire();
    const over = new AbortController();
    const options = { signal: over.signal };
    try {
      return await new Promise((resolve, reject) => {
        target.addEventListener(`work.progressed:${id}`, ({ detail }) => {
          onProgress(detail.payload);
        }, options);
        target.addEventListener(`work.done:${id}`, ({ detail }) => {
          resolve(detail.payload);
        }, options);
        target.addEventListener(`work.failed:${id}`, ({ detail }) => {
          reject(new Error(detail.payload));
        }, options);
        signal.addEventListener("abort", () => {
          target.dispatchEvent(createEvent("work.stopped", id, null));
          reject(signal.reason);
        }, options);
        void target.closed.then((error) =>
          reject(error ?? new Error("The worker was sent home"))
        );
        target.dispatchEvent(createEvent("work.begun", id, wish));
      });
    } finally {
      over.abort();
    }
  }

  /** Ends the worker, whatever it is at. */
  async close(): Promise<void> {
    const staff = this.#staff;
    this.#staff = undefined;
    await staff?.target.close();
    staff?.worker.terminate();
  }

  #hire() {
    const worker = new Worker(this.#script, { type: "module" });
    const target = createWorkerHostEventTarget<WorkEvent>(worker);
    const staff = { worker, target };
    void target.closed.then(() => {
      if (this.#staff === staff) this.#staff = undefined;
      worker.terminate();
    });
    return staff;
  }
}
