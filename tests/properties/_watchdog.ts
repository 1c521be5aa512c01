// Ends the wait for what hangs, with one timer for all: a timer of its own for
// each of many short waits would cost more than what is waited for.

/** How often it looks. */
const INTERVAL = 1000;

/** Watches one promise at a time; disposing of it stops its timer. */
export class Watchdog implements Disposable {
  readonly #timer: ReturnType<typeof setInterval>;
  #since = 0;
  #bark: ((error: Error) => void) | undefined;

  /** @param deadline Milliseconds that a promise has. */
  constructor(deadline: number) {
    this.#timer = setInterval(() => {
      if (performance.now() - this.#since > deadline) {
        this.#bark?.(new Error(`It did not end in ${deadline} ms`));
      }
    }, Math.min(INTERVAL, deadline));
  }

  /** The same promise; rejects when it is not settled in time. */
  watch<T>(promise: Promise<T>): Promise<T> {
    this.#since = performance.now();
    return new Promise((resolve, reject) => {
      this.#bark = reject;
      promise.then(resolve, reject);
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
