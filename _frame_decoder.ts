// Bytes to frames, synchronously: what `framing.ts` offers of the splitter.

import { FrameSplitter } from "./_frame_splitter.ts";
import type { FramingOptions } from "./_frames.ts";
import type { FrameError } from "./errors.ts";

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
  readonly #splitter: FrameSplitter;

  /**
   * Makes one for frames up to `maxFrameBytes`.
   *
   * @param options The longest frame allowed.
   */
  constructor(options?: FramingOptions) {
    this.#splitter = new FrameSplitter(options);
  }

  /** What is wrong with the input, found behind frames that are not. */
  get fault(): FrameError | undefined {
    return this.#splitter.fault;
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
    const batch = this.#splitter.split(chunk);
    const { length } = batch;
    if (length === 0 && batch.fault) throw batch.fault;
    return Array.from({ length }, (_, index) => batch.at(index));
  }

  /**
   * Says that the input is at its end.
   *
   * @throws {FrameError} When that is inside a frame.
   */
  end(): void {
    this.#splitter.end();
  }
}
