// What waits to be written to a byte stream: everything queued while a write is
// in flight leaves in the next one, with no timer and no delay.

import { FrameDecoder, FrameEncoder } from "./_frames.ts";

/** A buffer up to this size is kept while a stream is busy. */
const KEPT_BYTES = 64 * 1024;

/** Queues frames for one byte stream. */
export class Outbox {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #queued: FrameEncoder;
  #inFlight: FrameEncoder;
  #scheduled = false;
  #stopped = false;
  #waiters: (() => void)[] = [];

  /**
   * @param write Takes the bytes; may read them until its promise settles.
   * @param onError Told once, when a write fails. The outbox has stopped then.
   */
  constructor(
    maxFrameBytes: number,
    write: (bytes: Uint8Array) => Promise<void>,
    onError: (error: unknown) => void,
  ) {
    this.#write = write;
    this.#onError = onError;
    this.#queued = new FrameEncoder({ maxFrameBytes });
    this.#inFlight = new FrameEncoder({ maxFrameBytes });
  }

  /** Bytes that the stream has not taken yet, prefixes included. */
  get bufferedBytes(): number {
    return this.#queued.length + this.#inFlight.length;
  }

  /** Queues one frame; its bytes are copied. */
  push(content: Uint8Array): void {
    this.#queued.add(content);
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    // What the current task queues besides leaves in the same write.
    queueMicrotask(() => void this.#drain());
  }

  /** Resolves once nothing waits any more, or the outbox has stopped. */
  drained(): Promise<void> {
    if (this.#stopped || this.bufferedBytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Writes no further batch. */
  stop(): void {
    this.#stopped = true;
    this.#settle();
  }

  /** The frames that were never handed to the stream. */
  unsent(): Uint8Array[] {
    return new FrameDecoder({ maxFrameBytes: 0xFFFFFFFF }).push(
      this.#queued.bytes,
    );
  }

  async #drain(): Promise<void> {
    while (this.#queued.length > 0 && !this.#stopped) {
      const batch = this.#queued;
      this.#queued = this.#inFlight;
      this.#inFlight = batch;
      try {
        await this.#write(batch.bytes);
      } catch (error) {
        this.#stopped = true;
        this.#onError(error);
      }
      batch.clear(this.#queued.length > 0 ? KEPT_BYTES : 0);
    }
    this.#scheduled = false;
    // An idle connection keeps no buffer.
    if (this.bufferedBytes === 0) this.#queued.clear();
    this.#settle();
  }

  #settle(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}
