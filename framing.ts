/**
 * Length-prefixed frames and the envelopes in them, as Web Streams and as the
 * synchronous core under them.
 *
 * A frame is a 4-byte big-endian unsigned length and that many bytes. On the
 * wire of this library those bytes are the UTF-8 JSON text of one envelope.
 *
 * ```ts
 * import { createEvent } from "@alkdev/pubsub";
 * import {
 *   EnvelopeDecoderStream,
 *   EnvelopeEncoderStream,
 *   LengthPrefixDecoderStream,
 *   LengthPrefixEncoderStream,
 * } from "@alkdev/pubsub/framing";
 *
 * const envelopes = ReadableStream.from([
 *   createEvent("message.sent", "conv-123", { text: "hello" }).detail,
 * ]);
 * const bytes = envelopes
 *   .pipeThrough(new EnvelopeEncoderStream())
 *   .pipeThrough(new LengthPrefixEncoderStream());
 * const received = bytes
 *   .pipeThrough(new LengthPrefixDecoderStream())
 *   .pipeThrough(new EnvelopeDecoderStream());
 * for await (const { id } of received) console.log(id); // "conv-123"
 * ```
 *
 * @module
 */

import { decodeEnvelope, type EventEnvelope } from "./envelope.ts";
import { FrameError } from "./errors.ts";
import { positiveInteger } from "./_options.ts";

export type { EventEnvelope } from "./envelope.ts";

/** Bytes of the length that goes before each frame. */
export const PREFIX_BYTES = 4;

/** `maxFrameBytes` unless told otherwise: 1 MiB. */
export const DEFAULT_MAX_FRAME_BYTES: number = 1024 * 1024;

/** Options of everything that encodes or decodes frames. */
export interface FramingOptions {
  /**
   * The longest frame allowed, in bytes, its prefix not counted; 1 to
   * 4 294 967 295.
   *
   * @default {1048576}
   */
  maxFrameBytes?: number | undefined;
}

function maxFrameBytesOf(options: FramingOptions | undefined): number {
  return positiveInteger(
    "maxFrameBytes",
    options?.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
    0xFFFFFFFF,
  );
}

function tooLarge(verb: string, length: number, limit: number): FrameError {
  return new FrameError(
    "FRAME_TOO_LARGE",
    `Cannot ${verb} frame: length ${length} is over maxFrameBytes ${limit}`,
  );
}

function writePrefix(bytes: Uint8Array, offset: number, length: number): void {
  bytes[offset] = length >>> 24;
  bytes[offset + 1] = length >>> 16;
  bytes[offset + 2] = length >>> 8;
  bytes[offset + 3] = length;
}

function readPrefix(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) |
    (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0;
}

const textEncoder = new TextEncoder();

/** How far a buffer may outgrow what is in it; an eighth, if that is more. */
const MAX_SLACK_BYTES = 128 * 1024;

/**
 * Writes many frames into one growing buffer, so that they can leave in one
 * write. The JSON text of an envelope is encoded in place, behind its prefix.
 *
 * @example Encode a batch
 * ```ts
 * import { createEvent } from "@alkdev/pubsub";
 * import { FrameEncoder } from "@alkdev/pubsub/framing";
 *
 * const encoder = new FrameEncoder();
 * for (const id of ["a", "b"]) {
 *   encoder.add(createEvent("job.done", id, null).detail);
 * }
 * console.log(encoder.bytes.length); // 92
 * encoder.clear();
 * ```
 */
export class FrameEncoder {
  readonly #maxFrameBytes: number;
  #buffer = new Uint8Array(0);
  #length = 0;

  /** @param options The longest frame allowed. */
  constructor(options?: FramingOptions) {
    this.#maxFrameBytes = maxFrameBytesOf(options);
  }

  /** Bytes encoded so far, prefixes included. */
  get length(): number {
    return this.#length;
  }

  /** The frames encoded so far: a view, good until the next `add` or `clear`. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  /**
   * Appends one frame.
   *
   * @param content An envelope, or bytes that are copied as they are.
   * @returns The frame's length in bytes, its prefix not counted.
   * @throws {FrameError} When it is over `maxFrameBytes`; nothing is appended.
   * @throws {TypeError} When the envelope cannot be written as JSON.
   */
  add(content: EventEnvelope | Uint8Array): number {
    const start = this.#length + PREFIX_BYTES;
    let length: number;
    if (content instanceof Uint8Array) {
      length = content.length;
      if (length > this.#maxFrameBytes) {
        throw tooLarge("encode", length, this.#maxFrameBytes);
      }
      this.#reserve(start + length);
      this.#buffer.set(content, start);
    } else {
      length = this.#encodeText(JSON.stringify(content), start);
    }
    writePrefix(this.#buffer, this.#length, length);
    this.#length = start + length;
    return length;
  }

  /**
   * Forgets the frames.
   *
   * @param keepBytes A buffer up to this size is kept for what comes next.
   */
  clear(keepBytes = 0): void {
    this.#length = 0;
    if (this.#buffer.length > keepBytes) this.#buffer = new Uint8Array(0);
  }

  #encodeText(text: string, start: number): number {
    // UTF-8 is never shorter than the text's length in UTF-16 code units.
    if (text.length > this.#maxFrameBytes) {
      const length = textEncoder.encode(text).length;
      throw tooLarge("encode", length, this.#maxFrameBytes);
    }
    this.#reserve(start + text.length);
    let { read, written } = textEncoder.encodeInto(
      text,
      this.#buffer.subarray(start),
    );
    if (read < text.length) { // Not ASCII: three bytes a code unit at the most.
      this.#reserve(
        start + written + (text.length - read) * 3,
        start + written,
      );
      const rest = textEncoder.encodeInto(
        text.slice(read),
        this.#buffer.subarray(start + written),
      );
      written += rest.written;
    }
    if (written > this.#maxFrameBytes) {
      throw tooLarge("encode", written, this.#maxFrameBytes);
    }
    return written;
  }

  #reserve(size: number, filled = this.#length): void {
    const capacity = this.#buffer.length;
    if (size <= capacity) return;
    const slack = Math.min(
      capacity,
      Math.max(MAX_SLACK_BYTES, capacity >>> 3),
    );
    const grown = new Uint8Array(Math.max(size, capacity + slack));
    grown.set(this.#buffer.subarray(0, filled));
    this.#buffer = grown;
  }
}

/**
 * Encodes one frame.
 *
 * @param content An envelope, or bytes that are copied as they are.
 * @param options The longest frame allowed.
 * @returns Prefix and content, in one buffer.
 * @throws {FrameError} When it is over `maxFrameBytes`.
 * @throws {TypeError} When the envelope cannot be written as JSON.
 *
 * @example
 * ```ts
 * import { encodeFrame } from "@alkdev/pubsub/framing";
 *
 * console.log(encodeFrame(new Uint8Array([7, 8]))); // 0, 0, 0, 2, 7, 8
 * ```
 */
export function encodeFrame(
  content: EventEnvelope | Uint8Array,
  options?: FramingOptions,
): Uint8Array<ArrayBuffer> {
  const encoder = new FrameEncoder(options);
  encoder.add(content);
  return encoder.bytes;
}

/**
 * Splits bytes, in chunks cut anywhere, into frames.
 *
 * A frame that lies within one chunk is a view of that chunk; one that
 * straddles chunks is copied once. Whoever keeps a frame for long copies it, so
 * that it does not keep the chunk.
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
  /** A frame that straddles chunks. */
  #frame: Uint8Array | undefined;
  #frameFilled = 0;

  /** @param options The longest frame allowed. */
  constructor(options?: FramingOptions) {
    this.#maxFrameBytes = maxFrameBytesOf(options);
  }

  /**
   * Takes in one chunk.
   *
   * @param chunk Bytes, cut anywhere.
   * @returns The frames that the chunk completes, without their prefixes.
   * @throws {FrameError} When a frame is over `maxFrameBytes`; the decoder is
   * of no further use then.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = [];
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#frame !== undefined) {
        offset += this.#fill(chunk, offset, frames);
        continue;
      }
      let length: number;
      if (this.#prefixFilled === 0 && chunk.length - offset >= PREFIX_BYTES) {
        length = readPrefix(chunk, offset);
        offset += PREFIX_BYTES;
      } else {
        this.#prefix[this.#prefixFilled++] = chunk[offset++]!;
        if (this.#prefixFilled < PREFIX_BYTES) continue;
        length = readPrefix(this.#prefix, 0);
        this.#prefixFilled = 0;
      }
      if (length > this.#maxFrameBytes) {
        throw tooLarge("decode", length, this.#maxFrameBytes);
      }
      if (length <= chunk.length - offset) {
        frames.push(chunk.subarray(offset, offset += length));
      } else {
        this.#frame = new Uint8Array(length);
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
    if (this.#frame !== undefined) {
      throw new FrameError(
        "FRAME_TRUNCATED",
        `Cannot decode frame: input ended after ${this.#frameFilled} of ${this.#frame.length} bytes`,
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
    const frame = this.#frame!;
    const part = chunk.subarray(
      offset,
      offset + frame.length - this.#frameFilled,
    );
    frame.set(part, this.#frameFilled);
    this.#frameFilled += part.length;
    if (this.#frameFilled === frame.length) {
      frames.push(frame);
      this.#frame = undefined;
    }
    return part.length;
  }
}

/**
 * Puts a length prefix before each chunk: frames to bytes.
 *
 * @example
 * ```ts
 * import { LengthPrefixEncoderStream } from "@alkdev/pubsub/framing";
 *
 * const frames = ReadableStream.from([new Uint8Array([7, 8])]);
 * for await (const chunk of frames.pipeThrough(new LengthPrefixEncoderStream())) {
 *   console.log(chunk); // 0, 0, 0, 2, 7, 8
 * }
 * ```
 */
export class LengthPrefixEncoderStream
  extends TransformStream<Uint8Array, Uint8Array> {
  /** @param options The longest frame allowed. */
  constructor(options?: FramingOptions) {
    const maxFrameBytes = maxFrameBytesOf(options);
    super({
      transform(frame, controller) {
        if (frame.length > maxFrameBytes) {
          throw tooLarge("encode", frame.length, maxFrameBytes);
        }
        controller.enqueue(
          viewWithPrefix(frame) ?? encodeFrame(frame, { maxFrameBytes }),
        );
      },
    });
  }
}

/**
 * The frame and the four bytes before it in the same memory, when those are its
 * prefix already: so they are behind `EnvelopeEncoderStream`, and behind
 * `LengthPrefixDecoderStream` when frames are relayed. Saves the copy.
 */
function viewWithPrefix(frame: Uint8Array): Uint8Array | undefined {
  const start = frame.byteOffset - PREFIX_BYTES;
  if (start < 0) return undefined;
  const view = new Uint8Array(
    frame.buffer,
    start,
    PREFIX_BYTES + frame.length,
  );
  return readPrefix(view, 0) === frame.length ? view : undefined;
}

/**
 * Splits bytes, in chunks cut anywhere, into frames. A reader that stops makes
 * the source stop.
 *
 * The readable side errors with a `FrameError` on a frame over `maxFrameBytes`
 * and on input that ends inside a frame.
 *
 * @example
 * ```ts
 * import { LengthPrefixDecoderStream } from "@alkdev/pubsub/framing";
 *
 * const bytes = ReadableStream.from([
 *   new Uint8Array([0, 0, 0, 2, 7]),
 *   new Uint8Array([8]),
 * ]);
 * for await (const frame of bytes.pipeThrough(new LengthPrefixDecoderStream())) {
 *   console.log(frame); // 7, 8
 * }
 * ```
 */
export class LengthPrefixDecoderStream
  extends TransformStream<Uint8Array, Uint8Array> {
  /** @param options The longest frame allowed. */
  constructor(options?: FramingOptions) {
    const decoder = new FrameDecoder(options);
    let started = false;
    let map: ((frame: Uint8Array) => unknown) | undefined;
    super({
      transform(chunk, controller) {
        started = true;
        for (const frame of decoder.push(chunk)) {
          controller.enqueue((map ? map(frame) : frame) as Uint8Array);
        }
      },
      flush() {
        decoder.end();
      },
    });
    // Handing each small frame from one stream to the next costs as much as
    // parsing it (0.5 of 1.1 µs for 171 bytes, Deno 2.9). So the decoder that
    // nearly always comes next is run here, and its stream's place is taken.
    const { readable } = this;
    readable.pipeThrough = function <T>(
      next: ReadableWritablePair<T, Uint8Array>,
      options?: StreamPipeOptions,
    ): ReadableStream<T> {
      if (
        next instanceof EnvelopeDecoderStream && options === undefined &&
        !started && !map && !readable.locked && replaceReadable(next, readable)
      ) {
        map = decodeEnvelope;
        return next.readable as unknown as ReadableStream<T>;
      }
      return ReadableStream.prototype.pipeThrough.call(
        readable,
        next,
        options,
      ) as ReadableStream<T>;
    };
  }
}

/**
 * Splits bytes, in chunks cut anywhere, into arrays of frames: one array for
 * each chunk that completes any. For those who take very many small frames:
 * handing over each by itself costs a tenth of parsing it.
 *
 * @example
 * ```ts
 * import { FrameBatchDecoderStream } from "@alkdev/pubsub/framing";
 *
 * const bytes = ReadableStream.from([new Uint8Array([0, 0, 0, 1, 7, 0, 0, 0, 0])]);
 * for await (const frames of bytes.pipeThrough(new FrameBatchDecoderStream())) {
 *   console.log(frames.length); // 2
 * }
 * ```
 */
export class FrameBatchDecoderStream
  extends TransformStream<Uint8Array, Uint8Array[]> {
  /** @param options The longest frame allowed. */
  constructor(options?: FramingOptions) {
    const decoder = new FrameDecoder(options);
    super({
      transform(chunk, controller) {
        const frames = decoder.push(chunk);
        if (frames.length > 0) controller.enqueue(frames);
      },
      flush() {
        decoder.end();
      },
    });
  }
}

/**
 * Writes each envelope as the UTF-8 bytes of its JSON text: envelopes to
 * frames. Room for the prefix is left in the same buffer, so that
 * {@linkcode LengthPrefixEncoderStream} behind it copies nothing.
 *
 * @example
 * ```ts
 * import { EnvelopeEncoderStream } from "@alkdev/pubsub/framing";
 *
 * const envelopes = ReadableStream.from([
 *   { type: "job.done", id: "7", payload: null },
 * ]);
 * for await (const frame of envelopes.pipeThrough(new EnvelopeEncoderStream())) {
 *   console.log(frame.length); // 42
 * }
 * ```
 */
export class EnvelopeEncoderStream
  extends TransformStream<EventEnvelope, Uint8Array> {
  /** @param options The longest frame allowed. */
  constructor(options?: FramingOptions) {
    super({
      transform(envelope, controller) {
        controller.enqueue(
          encodeFrame(envelope, options).subarray(PREFIX_BYTES),
        );
      },
    });
  }
}

/**
 * Reads the envelope out of each frame: frames to envelopes.
 *
 * The readable side errors with an `EnvelopeError` on what is not UTF-8, not
 * JSON or not an envelope. Control events come through.
 *
 * @example
 * ```ts
 * import { EnvelopeDecoderStream } from "@alkdev/pubsub/framing";
 *
 * const frames = ReadableStream.from([
 *   new TextEncoder().encode('{"type":"job.done","id":"7","payload":null}'),
 * ]);
 * for await (const envelope of frames.pipeThrough(new EnvelopeDecoderStream())) {
 *   console.log(envelope.id); // "7"
 * }
 * ```
 */
export class EnvelopeDecoderStream
  extends TransformStream<Uint8Array, EventEnvelope> {
  constructor() {
    super({
      transform(frame, controller) {
        controller.enqueue(decodeEnvelope(frame));
      },
    });
    const { readable } = this;
    untouched.add(this);
    Object.defineProperty(this, "readable", {
      configurable: true,
      get: () => {
        untouched.delete(this);
        return readable;
      },
    });
  }
}

/** The envelope decoders whose readable side nobody has got hold of yet. */
const untouched = new WeakSet<EnvelopeDecoderStream>();

/**
 * Makes another stream the readable side of an envelope decoder.
 *
 * @returns Whether that could be done unseen.
 */
function replaceReadable(
  stream: EnvelopeDecoderStream,
  readable: ReadableStream,
): boolean {
  if (!untouched.has(stream) || stream.writable.locked) return false;
  stream.writable.getWriter(); // Locked, as by any pipe.
  Object.defineProperty(stream, "readable", { value: readable });
  return true;
}
