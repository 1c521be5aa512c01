// Bytes to frames by the chunk. A frame is a place in the chunk it came in until
// somebody asks for it: a view of each costs more than finding it (Deno 2.9).

import {
  assertBytes,
  type FramingOptions,
  maxFrameBytesOf,
  PREFIX_BYTES,
  readPrefix,
  tooLarge,
} from "./_frames.ts";
import { FrameError } from "./errors.ts";

/**
 * The room that a frame gets before its bytes are here: a peer may announce the
 * longest frame with four bytes, and never send it.
 */
const FIRST_ROOM = 16 * 1024;

/** The frames that a chunk completes, and what is wrong behind them. */
export class FrameBatch {
  readonly chunk: Uint8Array;
  /** The first frame, if it began in another chunk. */
  straddling: Uint8Array | undefined;
  /** Where the others begin and end in the chunk: two numbers each. */
  readonly bounds: number[] = [];
  fault: unknown;

  constructor(chunk: Uint8Array, fault?: unknown) {
    this.chunk = chunk;
    this.fault = fault;
  }

  get length(): number {
    return this.bounds.length / 2 + (this.straddling ? 1 : 0);
  }

  /** A frame, without its prefix; one that lies in the chunk is a view of it. */
  at(index: number): Uint8Array {
    if (this.straddling && index-- === 0) return this.straddling;
    const { buffer, byteOffset } = this.chunk;
    const start = this.bounds[2 * index]!;
    const end = this.bounds[2 * index + 1]!;
    return new Uint8Array(buffer, byteOffset + start, end - start);
  }
}

/** Splits bytes, in chunks cut anywhere, into frames. */
export class FrameSplitter {
  readonly #maxFrameBytes: number;
  /** The bytes of a prefix that straddles chunks. */
  readonly #prefix = new Uint8Array(PREFIX_BYTES);
  #prefixFilled = 0;
  /** A frame that straddles chunks; grows up to its length. */
  #frame: Uint8Array | undefined;
  #frameLength = 0;
  #frameFilled = 0;
  #fault: FrameError | undefined;

  constructor(options?: FramingOptions) {
    this.#maxFrameBytes = maxFrameBytesOf(options);
  }

  /** What is wrong with the input; nothing is split behind it. */
  get fault(): FrameError | undefined {
    return this.#fault;
  }

  /** @throws {FrameError} When a frame was over `maxFrameBytes` before. */
  split(chunk: Uint8Array): FrameBatch {
    if (this.#fault) throw this.#fault;
    assertBytes("decode", chunk);
    const batch = new FrameBatch(chunk);
    const { bounds } = batch;
    const end = chunk.length;
    let offset = 0;
    while (offset < end) {
      if (this.#frame !== undefined) {
        offset += this.#fill(chunk, offset, batch);
        continue;
      }
      let length: number;
      if (this.#prefixFilled === 0 && end - offset >= PREFIX_BYTES) {
        length = readPrefix(chunk, offset);
        offset += PREFIX_BYTES;
      } else {
        this.#prefix[this.#prefixFilled++] = chunk[offset++]!;
        if (this.#prefixFilled < PREFIX_BYTES) continue;
        length = readPrefix(this.#prefix, 0);
        this.#prefixFilled = 0;
      }
      if (length > this.#maxFrameBytes) {
        batch.fault = this.#fault = tooLarge(
          "decode",
          length,
          this.#maxFrameBytes,
        );
        break;
      }
      if (length <= end - offset) {
        bounds.push(offset, offset += length);
      } else {
        const room = Math.max(FIRST_ROOM, 2 * (end - offset));
        this.#frame = new Uint8Array(Math.min(length, room));
        this.#frameLength = length;
        this.#frameFilled = 0;
      }
    }
    return batch;
  }

  /**
   * The input is at its end.
   *
   * @throws {FrameError} When that is inside a frame.
   */
  end(): void {
    if (this.#fault) throw this.#fault;
    if (this.#frame !== undefined) {
      throw new FrameError(
        "FRAME_TRUNCATED",
        `Cannot decode frame: input ended after ${this.#frameFilled} of ${this.#frameLength} bytes`,
      );
    }
    if (this.#prefixFilled > 0) {
      throw new FrameError(
        "FRAME_TRUNCATED",
        `Cannot decode frame: input ended after ${this.#prefixFilled} of ${PREFIX_BYTES} bytes of the length`,
      );
    }
  }

  #fill(chunk: Uint8Array, offset: number, batch: FrameBatch): number {
    const part = chunk.subarray(
      offset,
      offset + this.#frameLength - this.#frameFilled,
    );
    const filled = this.#frameFilled + part.length;
    const frame = this.#roomFor(filled);
    frame.set(part, this.#frameFilled);
    this.#frameFilled = filled;
    if (filled === this.#frameLength) {
      batch.straddling = frame;
      this.#frame = undefined;
    }
    return part.length;
  }

  /** The frame, with room for so many of its bytes. */
  #roomFor(bytes: number): Uint8Array {
    const frame = this.#frame!;
    if (bytes <= frame.length) return frame;
    const larger = new Uint8Array(Math.min(this.#frameLength, 2 * bytes));
    larger.set(frame.subarray(0, this.#frameFilled));
    return this.#frame = larger;
  }
}
