// What waits to be written to a byte stream: everything queued while a write is
// in flight leaves in the next one, with no timer and no delay.

import { FrameDecoder } from "./_frame_decoder.ts";
import { endOfFrames, FrameEncoder, PREFIX_BYTES } from "./_frames.ts";

/** A buffer up to this size is kept while a stream is busy. */
const KEPT_BYTES = 64 * 1024;

/** A byte stream, as far as an outbox needs it. */
interface Sink {
  /** How much it takes at once. */
  readonly maxWriteBytes: number;
  /** Gets whole frames alone: more at once where a single one is longer. */
  readonly takesWholeFrames?: boolean;
  /**
   * May read the bytes until its promise settles.
   *
   * @param onTaken May be told how many it has taken so far.
   */
  write(bytes: Uint8Array, onTaken?: (bytes: number) => void): Promise<void>;
}

/** Queues frames for one byte stream. */
export class Outbox {
  readonly #sink: Sink;
  readonly #onError: (error: unknown) => void;
  #queued: FrameEncoder;
  /** What is being written, slice by slice. */
  #batch: FrameEncoder;
  /** Bytes of the batch that were handed over, and that were taken. */
  #handed = 0;
  #taken = 0;
  #takenBefore = 0;
  #scheduled = false;
  #stopped = false;

  /**
   * @param onError Told once, when a write fails. The outbox has stopped then.
   */
  constructor(
    maxFrameBytes: number,
    sink: Sink,
    onError: (error: unknown) => void,
  ) {
    this.#sink = sink;
    this.#onError = onError;
    this.#queued = new FrameEncoder({ maxFrameBytes });
    this.#batch = new FrameEncoder({ maxFrameBytes });
  }

  /** Bytes that the stream has not taken yet, prefixes included. */
  get bufferedBytes(): number {
    return this.#queued.length + this.#batch.length - this.#taken;
  }

  /** Bytes that the stream has taken since the beginning. */
  get takenBytes(): number {
    return this.#takenBefore + this.#taken;
  }

  /** Queues one frame; its bytes are copied. */
  push(content: Uint8Array): void {
    this.#queued.add(content);
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    // What the current task queues besides leaves in the same write.
    queueMicrotask(() => void this.#drain());
  }

  /** Hands nothing further to the stream. */
  stop(): void {
    this.#stopped = true;
  }

  /** The frames of which the stream was given nothing. */
  unsent(): Uint8Array[] {
    const maxFrameBytes = 0xFFFFFFFF;
    const batch = new FrameDecoder({ maxFrameBytes }).push(this.#batch.bytes);
    const queued = new FrameDecoder({ maxFrameBytes }).push(this.#queued.bytes);
    let at = 0;
    const whole = batch.filter((frame) => {
      const start = at;
      at += PREFIX_BYTES + frame.length;
      return start >= this.#handed;
    });
    return [...whole, ...queued];
  }

  async #drain(): Promise<void> {
    while (this.#queued.length > 0 && !this.#stopped) {
      [this.#batch, this.#queued] = [this.#queued, this.#batch];
      await this.#writeBatch(this.#batch.bytes);
      if (this.#stopped) return; // The batch stays, for `unsent`.
      this.#takenBefore += this.#taken;
      this.#handed = this.#taken = 0;
      this.#batch.clear(this.#queued.length > 0 ? KEPT_BYTES : 0);
    }
    this.#scheduled = false;
    // An idle connection keeps no buffer.
    if (this.#queued.length === 0) this.#queued.clear();
  }

  async #writeBatch(bytes: Uint8Array): Promise<void> {
    const { maxWriteBytes, takesWholeFrames } = this.#sink;
    while (this.#handed < bytes.length && !this.#stopped) {
      const start = this.#handed;
      this.#handed = takesWholeFrames
        ? endOfFrames(bytes, start, maxWriteBytes)
        : Math.min(start + maxWriteBytes, bytes.length);
      try {
        await this.#sink.write(
          bytes.subarray(start, this.#handed),
          (taken) => this.#taken = start + taken,
        );
        this.#taken = this.#handed;
      } catch (error) {
        this.#stopped = true;
        this.#onError(error);
      }
    }
  }
}
