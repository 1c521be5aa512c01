// Bytes to frames, synchronously.

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

/**
 * Splits bytes, in chunks cut anywhere, into frames.
 *
 * A frame that lies within one chunk is a view of that chunk; one that
 * straddles chunks is copied, into memory that grows with what has arrived.
 * Whoever keeps a frame for long copies it, so that it does not keep the chunk.
 *
 * @example
 * ```ts
 * import { FrameDecoder } from "@alkdev/pubsub/framing";
 *
 * const decoder = new FrameDecoder();
 * console.log(decoder.push(new Uint8Array([0, 0, 0, 2, 7]))); // []
 * console.log(decoder.push(new Uint8Array([8]))); // [Uint8Array(2) [7, 8]]
 * decoder.end();
 * ```
 */
export class FrameDecoder {
  readonly #maxFrameBytes: number;
  /** The bytes of a prefix that straddles chunks. */
  readonly #prefix = new Uint8Array(PREFIX_BYTES);
  #prefixFilled = 0;
  /** A frame that straddles chunks; grows up to its length. */
  #frame: Uint8Array | undefined;
  #frameLength = 0;
  #frameFilled = 0;
  #fault: FrameError | undefined;

  /**
   * Makes one for frames up to `maxFrameBytes`.
   *
   * @param options The longest frame allowed.
   */
  constructor(options?: FramingOptions) {
    this.#maxFrameBytes = maxFrameBytesOf(options);
  }

  /** What is wrong with the input, found behind frames that are not. */
  get fault(): FrameError | undefined {
    return this.#fault;
  }

  /**
   * Takes in one chunk.
   *
   * @param chunk Bytes, cut anywhere.
   * @returns The frames that the chunk completes, without their prefixes.
   * @throws {FrameError} When a frame is over `maxFrameBytes`. When frames come
   * before it in the same chunk they are returned, `fault` is set, and the next
   * call throws.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    if (this.#fault) throw this.#fault;
    assertBytes("decode", chunk);
    const frames: Uint8Array[] = [];
    const { buffer, byteOffset, length: end } = chunk;
    let offset = 0;
    while (offset < end) {
      if (this.#frame !== undefined) {
        offset += this.#fill(chunk, offset, frames);
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
        this.#fault = tooLarge("decode", length, this.#maxFrameBytes);
        if (frames.length === 0) throw this.#fault;
        return frames;
      }
      if (length <= end - offset) {
        // What a `subarray` would be, at less, and never a subclass.
        frames.push(new Uint8Array(buffer, byteOffset + offset, length));
        offset += length;
      } else {
        const room = Math.max(FIRST_ROOM, 2 * (end - offset));
        this.#frame = new Uint8Array(Math.min(length, room));
        this.#frameLength = length;
        this.#frameFilled = 0;
      }
    }
    return frames;
  }

  /**
   * Says that the input is at its end.
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

  #fill(chunk: Uint8Array, offset: number, frames: Uint8Array[]): number {
    const part = chunk.subarray(
      offset,
      offset + this.#frameLength - this.#frameFilled,
    );
    const filled = this.#frameFilled + part.length;
    const frame = this.#roomFor(filled);
    frame.set(part, this.#frameFilled);
    this.#frameFilled = filled;
    if (filled === this.#frameLength) {
      frames.push(frame);
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
