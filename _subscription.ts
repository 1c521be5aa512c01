// The events of one topic as an async iterator with a bounded queue.

import { Fifo } from "./_fifo.ts";
import { oneOf, optionalSignal, positiveCount } from "./_options.ts";
import { OverflowError } from "./errors.ts";

/** Options of `subscribe`. */
export interface SubscribeOptions {
  /**
   * Events that may wait for the subscriber; `Infinity` for no limit.
   *
   * @default {1024}
   */
  bufferSize?: number | undefined;
  /**
   * What happens to one event more: `"error"` ends the subscription, which
   * still gives what waits and then throws an `OverflowError`; `"drop-oldest"`
   * and `"drop-newest"` lose one and count it in `dropped`.
   *
   * @default {"error"}
   */
  overflow?: "error" | "drop-oldest" | "drop-newest" | undefined;
  /** Ends the subscription when it aborts; what waits is not given any more. */
  signal?: AbortSignal | undefined;
}

/**
 * The events of one topic, from the call of `subscribe` on. Leaving a loop over
 * it, `return()` and `await using` end it; so do its `signal`, an overflow and
 * the end of the target.
 *
 * @typeParam T What it gives.
 */
export interface Subscription<T> extends AsyncDisposable {
  /** Events that were lost to `overflow`. */
  readonly dropped: number;
  /**
   * The next event. It may be called again before the one before has settled.
   *
   * @throws {OverflowError} Once, when `overflow` is `"error"` and more events
   * waited than `bufferSize`.
   * @throws The error that ended the target, once.
   */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Ends the subscription; what waits is not given any more. */
  return(value?: unknown): Promise<IteratorResult<T, undefined>>;
  /** Ends the subscription, and throws. */
  throw(error?: unknown): Promise<IteratorResult<T, undefined>>;
  /** The subscription itself. */
  [Symbol.asyncIterator](): Subscription<T>;
  /** Ends the subscription. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Somebody who waits for the next event. */
interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/** A subscription, and the end that feeds it. */
export class SubscriptionQueue<T> implements Subscription<T> {
  readonly #topic: string;
  readonly #bufferSize: number;
  readonly #overflow: NonNullable<SubscribeOptions["overflow"]>;
  readonly #queue = new Fifo<T>();
  readonly #waiters = new Fifo<Waiter<T>>();
  readonly #onEnd: () => void;
  #isEnded: boolean;
  #failure: { error: unknown } | undefined;
  #dropped = 0;

  /**
   * @param onEnd Called once, when nothing more is to come in.
   * @throws {TypeError | RangeError} When an option is wrong.
   */
  constructor(
    topic: string,
    options: SubscribeOptions,
    onEnd: () => void,
  ) {
    const { bufferSize, overflow } = options;
    this.#topic = topic;
    this.#bufferSize = positiveCount("bufferSize", bufferSize ?? 1024);
    this.#overflow = oneOf("overflow", overflow ?? "error", [
      "error",
      "drop-oldest",
      "drop-newest",
    ]);
    const signal = optionalSignal(options.signal);
    // Nobody needs to be told of an end before the beginning.
    this.#isEnded = signal?.aborted ?? false;
    const onAbort = () => this.#cancel();
    if (!this.#isEnded) {
      signal?.addEventListener("abort", onAbort, { once: true });
    }
    this.#onEnd = () => {
      signal?.removeEventListener("abort", onAbort);
      onEnd();
    };
  }

  get dropped(): number {
    return this.#dropped;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** One more event. */
  push(value: T): void {
    if (this.#isEnded) return;
    if (this.#waiters.length > 0) {
      this.#waiters.shift().resolve({ value, done: false });
    } else if (this.#queue.length < this.#bufferSize) {
      this.#queue.push(value);
    } else if (this.#overflow === "error") {
      this.end(new OverflowError(this.#topic, this.#bufferSize));
    } else {
      this.#dropped++;
      if (this.#overflow === "drop-newest") return;
      this.#queue.shift();
      this.#queue.push(value);
    }
  }

  /** Nothing more is to come in; what waits is still given, then the error. */
  end(error?: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd();
    if (error !== undefined) this.#failure = { error };
    // Somebody waits only while nothing else does.
    while (this.#waiters.length > 0) this.#settle(this.#waiters.shift());
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#queue.length > 0) {
      return Promise.resolve({ value: this.#queue.shift(), done: false });
    }
    return new Promise((resolve, reject) => {
      if (this.#isEnded) this.#settle({ resolve, reject });
      else this.#waiters.push({ resolve, reject });
    });
  }

  return(_value?: unknown): Promise<IteratorResult<T, undefined>> {
    this.#cancel();
    return Promise.resolve({ value: undefined, done: true });
  }

  throw(error?: unknown): Promise<IteratorResult<T, undefined>> {
    this.#cancel();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): Subscription<T> {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #cancel(): void {
    this.#queue.clear();
    this.#failure = undefined;
    this.end();
  }

  #settle({ resolve, reject }: Waiter<T>): void {
    if (!this.#failure) return resolve({ value: undefined, done: true });
    reject(this.#failure.error);
    this.#failure = undefined;
  }
}
