// Batches to single values. What is wrong comes after all that was right before
// it: a stream that errors at once would drop what nobody has read yet.

/** Values that arrived together, and what was wrong behind them. */
export interface Batch<T> {
  readonly length: number;
  /** @throws What is wrong with that one; none follows it. */
  at(index: number): T;
  readonly fault: unknown;
}

/**
 * A stream of the single values in batches. Each value is made when it is asked
 * for, and whoever iterates is handed what is here already with no hop through
 * the stream's queue.
 */
export class FlatStream<TSource, T extends object> extends ReadableStream<T> {
  readonly #cursor: Cursor<TSource, T>;

  /** @param batchOf What is in what the source gives. */
  constructor(
    source: ReadableStreamDefaultReader<TSource>,
    batchOf: (from: TSource) => Batch<T>,
  ) {
    const cursor = new Cursor(source, batchOf);
    super({
      async pull(controller) {
        for (let given = 0; given === 0;) {
          if (!await cursor.load()) return controller.close();
          for (let value; (value = cursor.take()) !== undefined; given++) {
            controller.enqueue(value);
          }
        }
      },
      cancel: (reason) => source.cancel(reason),
    }, { highWaterMark: 0 });
    this.#cursor = cursor;
  }

  /** Whether nobody has asked for a value yet. */
  get isUnread(): boolean {
    return this.#cursor.isUnread;
  }

  override values(
    options?: ReadableStreamIteratorOptions,
  ): AsyncIterableIterator<T> {
    // Who read before may have left values in the queue.
    return this.isUnread
      ? new FlatIterator(this.getReader(), this.#cursor, options)
      : super.values(options);
  }

  override [Symbol.asyncIterator](
    options?: ReadableStreamIteratorOptions,
  ): AsyncIterableIterator<T> {
    return this.values(options);
  }
}

/** How far the batches have been read. */
class Cursor<TSource, T> {
  readonly #source: ReadableStreamDefaultReader<TSource>;
  readonly #batchOf: (from: TSource) => Batch<T>;
  #batch: Batch<T> | undefined;
  #next = 0;
  #fault: unknown;
  isUnread = true;

  constructor(
    source: ReadableStreamDefaultReader<TSource>,
    batchOf: (from: TSource) => Batch<T>,
  ) {
    this.#source = source;
    this.#batchOf = batchOf;
  }

  /**
   * Waits for values.
   *
   * @returns Whether there are any.
   * @throws What is wrong behind those that were.
   */
  async load(): Promise<boolean> {
    this.isUnread = false;
    while (this.#batch === undefined) {
      if (this.#fault !== undefined) {
        await this.#source.cancel(this.#fault);
        throw this.#fault;
      }
      const { value, done } = await this.#source.read();
      if (done) return false;
      const batch = this.#batchOf(value);
      this.#fault = batch.fault;
      if (batch.length > 0) this.#batch = batch;
      this.#next = 0;
    }
    return true;
  }

  /** The next value, if there is one here, and nothing is wrong with it. */
  take(): T | undefined {
    const batch = this.#batch;
    if (batch === undefined) return undefined;
    try {
      const value = batch.at(this.#next++);
      if (this.#next === batch.length) this.#batch = undefined;
      return value;
    } catch (fault) {
      this.#fault = fault;
      this.#batch = undefined;
      return undefined;
    }
  }
}

/** What the platform's iterator of a stream does, by the batch. */
class FlatIterator<T extends object> implements AsyncIterableIterator<T> {
  readonly #reader: ReadableStreamDefaultReader<T>;
  readonly #cursor: Pick<Cursor<never, T>, "load" | "take">;
  readonly #preventCancel: boolean;
  /** Calls that wait for the one before, and the last of them. */
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(
    reader: ReadableStreamDefaultReader<T>,
    cursor: Pick<Cursor<never, T>, "load" | "take">,
    options?: ReadableStreamIteratorOptions,
  ) {
    this.#reader = reader;
    this.#cursor = cursor;
    this.#preventCancel = options?.preventCancel ?? false;
  }

  next(): Promise<IteratorResult<T>> {
    const value = this.#waiting === 0 && !this.#isOver
      ? this.#cursor.take()
      : undefined;
    return value === undefined
      ? this.#inTurn(() => this.#wait())
      : Promise.resolve({ value, done: false });
  }

  return(value?: unknown): Promise<IteratorResult<T>> {
    return this.#inTurn(async () => {
      if (!this.#isOver) {
        const cancelled = this.#preventCancel
          ? undefined
          : this.#reader.cancel(value);
        this.#end();
        await cancelled;
      }
      return { value, done: true };
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #wait(): Promise<IteratorResult<T>> {
    if (this.#isOver) return { value: undefined, done: true };
    try {
      const value = await this.#cursor.load() && this.#cursor.take();
      if (value) return { value, done: false };
    } catch {
      // The stream fails likewise.
    }
    try {
      const result = await this.#reader.read();
      if (result.done) this.#end();
      return result as IteratorResult<T>;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #end(): void {
    this.#isOver = true;
    this.#reader.releaseLock();
  }

  #inTurn<R>(call: () => Promise<R>): Promise<R> {
    this.#waiting++;
    const run = async () => {
      try {
        return await call();
      } finally {
        this.#waiting--;
      }
    };
    const turn = this.#last.then(run, run);
    this.#last = turn;
    return turn;
  }
}
