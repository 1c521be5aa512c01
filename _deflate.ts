// Batches of frames, deflated (RFC 1951): what goes under the ALPN of compression.

import { FrameError } from "./errors.ts";
import { PREFIX_BYTES, readPrefix } from "./_frames.ts";
import { oneOf } from "./_options.ts";

/** What of `node:zlib` is used. */
export interface Zlib {
  deflateRawSync(bytes: Uint8Array, options: { level: number }): Uint8Array;
  inflateRawSync(
    bytes: Uint8Array,
    options: { maxOutputLength: number; info: true },
  ): { buffer: Uint8Array; engine: { bytesWritten: number } };
}

/**
 * How to compress, if so: the option, checked. `node:zlib` is met without an
 * import; what the platform has besides works in streams and takes no limit.
 *
 * @throws {TypeError} When it is nothing that is known, or cannot be done here.
 */
export function checkedCompression(
  compression: "deflate" | undefined,
): Zlib | undefined {
  if (compression === undefined) return undefined;
  oneOf("compression", compression, ["deflate"]);
  const { process } = globalThis as unknown as {
    process?: { getBuiltinModule?(id: string): unknown };
  };
  const zlib = process?.getBuiltinModule?.("node:zlib");
  if (zlib === undefined) {
    throw new TypeError(
      "Cannot use compression: this runtime does not give node:zlib, as Deno, Bun and Node from 20.16 do",
    );
  }
  return zlib as Zlib;
}

/**
 * A batch holds whole frames of so many bytes together, or a single one that is
 * longer. Part of the protocol: a receiver inflates no more.
 */
export const BATCH_BYTES = 128 * 1024;

/** Less than that is not worth what deflating anything takes, 10 to 25 µs. */
const MIN_DEFLATE_BYTES = 512;

/** On Deno and Bun 1 is another algorithm, by which less is gained. */
const LEVEL = 2;

/** A stored block (RFC 1951, 3.2.4): so many bytes at the most, behind these. */
const BLOCK_BYTES = 0xFFFF;
const BLOCK_HEADER_BYTES = 5;

/** Deflates and inflates the batches of a connection. */
export class BatchDeflate {
  readonly #zlib: Zlib;
  readonly #maxFrameBytes: number;
  readonly #maxBatchBytes: number;

  constructor(zlib: Zlib, maxFrameBytes: number) {
    this.#zlib = zlib;
    this.#maxFrameBytes = maxFrameBytes;
    this.#maxBatchBytes = Math.min(
      Math.max(BATCH_BYTES, PREFIX_BYTES + maxFrameBytes),
      0xFFFFFFFF,
    );
  }

  /** No batch is longer than that when it is deflated. */
  get maxDeflatedBytes(): number {
    return Math.min(storedLength(this.#maxBatchBytes), 0xFFFFFFFF);
  }

  /** Deflates a batch by itself: nothing of it shows in the length of others. */
  deflate(batch: Uint8Array): Uint8Array {
    if (batch.length < MIN_DEFLATE_BYTES) return store(batch);
    const deflated = this.#zlib.deflateRawSync(batch, { level: LEVEL });
    return deflated.length < batch.length ? deflated : store(batch);
  }

  /**
   * The whole frames that a peer has deflated.
   *
   * @throws {FrameError} When it is anything else; before memory is taken for
   * more than the longest batch.
   */
  inflate(deflated: Uint8Array): Uint8Array {
    const batch = unstore(deflated) ?? this.#inflate(deflated);
    if (batch.length === 0) throw invalid("it is empty");
    for (let at = 0; at < batch.length;) {
      const left = batch.length - at - PREFIX_BYTES;
      const length = left < 0 ? 0 : readPrefix(batch, at);
      if (length > this.#maxFrameBytes) break; // Who reads the frames says so.
      if (length > left) {
        throw new FrameError(
          "FRAME_TRUNCATED",
          "Cannot decode frame: its batch ended inside",
        );
      }
      at += PREFIX_BYTES + length;
    }
    return batch;
  }

  #inflate(deflated: Uint8Array): Uint8Array {
    const maxOutputLength = this.#maxBatchBytes;
    try {
      const { buffer, engine } = this.#zlib.inflateRawSync(deflated, {
        maxOutputLength,
        info: true,
      });
      if (engine.bytesWritten !== deflated.length) {
        throw new Error("something follows it");
      }
      // Not a `Buffer`: its `slice` is not a copy.
      return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      throw code === "ERR_BUFFER_TOO_LARGE"
        ? new FrameError(
          "FRAME_TOO_LARGE",
          `Cannot inflate batch: length is over ${maxOutputLength}`,
        )
        : invalid(message);
    }
  }
}

function invalid(why: string): FrameError {
  return new FrameError("FRAME_INVALID", `Cannot inflate batch: ${why}`);
}

function storedLength(length: number): number {
  return length + BLOCK_HEADER_BYTES * Math.ceil(length / BLOCK_BYTES);
}

/** A batch as it is, in blocks that any inflater takes. */
function store(batch: Uint8Array): Uint8Array {
  const stored = new Uint8Array(storedLength(batch.length));
  let at = 0;
  for (let start = 0; start < batch.length; start += BLOCK_BYTES) {
    const block = batch.subarray(start, start + BLOCK_BYTES);
    const isLast = start + block.length === batch.length;
    const view = new DataView(stored.buffer, at);
    view.setUint8(0, isLast ? 1 : 0);
    view.setUint16(1, block.length, true);
    view.setUint16(3, ~block.length, true);
    stored.set(block, at + BLOCK_HEADER_BYTES);
    at += BLOCK_HEADER_BYTES + block.length;
  }
  return stored;
}

/** The batch that is a single stored block: inflating it would take 10 µs. */
function unstore(deflated: Uint8Array): Uint8Array | undefined {
  const length = deflated.length - BLOCK_HEADER_BYTES;
  if (length < 0 || deflated[0] !== 1) return undefined;
  const view = new DataView(deflated.buffer, deflated.byteOffset);
  const isWhole = view.getUint16(1, true) === length &&
    view.getUint16(3, true) === (~length & 0xFFFF);
  return isWhole ? deflated.subarray(BLOCK_HEADER_BYTES) : undefined;
}
