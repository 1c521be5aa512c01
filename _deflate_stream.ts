// A QUIC stream on which batches of frames travel deflated, each in a frame of
// its own.

import { later } from "./_deferred.ts";
import { BATCH_BYTES, BatchDeflate, type Zlib } from "./_deflate.ts";
import { FrameDecoder } from "./_frame_decoder.ts";
import { encodeFrame } from "./_frames.ts";
import type { QuicStream } from "./_iroh_binding.ts";

const NOTHING = new Uint8Array(0);

/** Whole frames in and out, deflated on the stream below. */
export class DeflateStream implements QuicStream {
  readonly maxWriteBytes = BATCH_BYTES;
  readonly takesWholeFrames = true;
  readonly #stream: QuicStream;
  readonly #deflate: BatchDeflate;
  readonly #decoder: FrameDecoder;
  /** Batches that came in one chunk, the last one first. */
  #batches: Uint8Array[] = [];
  /** Bytes inflated since others had their turn. */
  #inflated = 0;

  constructor(stream: QuicStream, zlib: Zlib, maxFrameBytes: number) {
    this.#stream = stream;
    this.#deflate = new BatchDeflate(zlib, maxFrameBytes);
    this.#decoder = new FrameDecoder({
      maxFrameBytes: this.#deflate.maxDeflatedBytes,
    });
  }

  async write(
    bytes: Uint8Array,
    onTaken?: (bytes: number) => void,
  ): Promise<void> {
    const deflated = encodeFrame(this.#deflate.deflate(bytes), {
      maxFrameBytes: this.#deflate.maxDeflatedBytes,
    });
    const { length } = deflated;
    for (let at = 0; at < length;) {
      const slice = deflated.subarray(at, at + this.#stream.maxWriteBytes);
      await this.#stream.write(slice);
      at += slice.length;
      onTaken?.(Math.floor(bytes.length * (at / length)));
    }
  }

  /**
   * Inflates one batch a call: what waits, waits deflated. A chunk may hold a
   * thousand times its bytes: others get their turn in between.
   */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#inflated >= BATCH_BYTES) {
      await new Promise<void>((resolve) => later(resolve));
      this.#inflated = 0;
    }
    if (this.#batches.length === 0) {
      if (this.#decoder.fault) throw this.#decoder.fault;
      const chunk = await this.#stream.read();
      if (chunk === undefined) {
        this.#decoder.end();
        return undefined;
      }
      this.#batches = this.#decoder.push(chunk).reverse();
    }
    const batch = this.#batches.pop();
    // Part of a batch is a sign of life, and holds no frame yet.
    if (batch === undefined) return NOTHING;
    const frames = this.#deflate.inflate(batch);
    this.#inflated += frames.length;
    return frames;
  }
}
