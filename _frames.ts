// Length-prefixed frames, and their encoder: what the streams of `framing.ts`,
// the outbox and the codec of byte streams stand on.

import { assertEnvelope, type EventEnvelope } from "./envelope.ts";
import { FrameError } from "./errors.ts";
import { positiveInteger, show } from "./_options.ts";

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

/** `maxFrameBytes` with its default, checked. */
export function maxFrameBytesOf(options: FramingOptions | undefined): number {
  return positiveInteger(
    "maxFrameBytes",
    options?.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
    0xFFFFFFFF,
  );
}

/** The error of a frame over the limit. */
export function tooLarge(
  verb: "encode" | "decode",
  length: number,
  limit: number,
): FrameError {
  return new FrameError(
    "FRAME_TOO_LARGE",
    `Cannot ${verb} frame: length ${length} is over maxFrameBytes ${limit}`,
  );
}

/** @throws {TypeError} When it is not a `Uint8Array`. */
export function assertBytes(verb: "encode" | "decode", value: unknown): void {
  if (value instanceof Uint8Array) return;
  throw new TypeError(
    `Cannot ${verb} frame: ${show(value)} is not a Uint8Array`,
  );
}

function writePrefix(bytes: Uint8Array, offset: number, length: number): void {
  bytes[offset] = length >>> 24;
  bytes[offset + 1] = length >>> 16;
  bytes[offset + 2] = length >>> 8;
  bytes[offset + 3] = length;
}

/** The length in the four bytes at an offset. */
export function readPrefix(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) |
    (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0;
}

/**
 * Where the last frame ends that lies, with all before it, within so many bytes;
 * the first one in any case.
 *
 * @param bytes Whole frames.
 * @param start Where a frame begins.
 */
export function endOfFrames(
  bytes: Uint8Array,
  start: number,
  maxBytes: number,
): number {
  if (bytes.length - start <= maxBytes) return bytes.length;
  for (let end = start;;) {
    const next = end + PREFIX_BYTES + readPrefix(bytes, end);
    if (next - start > maxBytes) return end === start ? next : end;
    end = next;
  }
}

const textEncoder = /* @__PURE__ */ new TextEncoder();

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/**
 * How far a buffer may outgrow what is in it, 128 KiB; an eighth, if that is more.
 * A literal: bundlers keep what they have to calculate, used or not.
 */
const MAX_SLACK_BYTES = 0x20000;

const MIN_LIKELY_BYTES = 0x1000;

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
  #buffer = NO_BYTES;
  #length = 0;
  /** What was in it when it was cleared. */
  #lastLength = 0;

  /**
   * Makes one for frames up to `maxFrameBytes`.
   *
   * @param options The longest frame allowed.
   */
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
   * @throws {TypeError} When it is neither, or cannot be written as JSON.
   */
  add(content: EventEnvelope | Uint8Array): number {
    if (content instanceof Uint8Array) return this.#addBytes(content);
    assertEnvelope(content);
    return this.#addText(JSON.stringify(content));
  }

  /**
   * Forgets the frames.
   *
   * @param keepBytes A buffer up to this size is kept for what comes next.
   */
  clear(keepBytes = 0): void {
    this.#lastLength = this.#length;
    this.#length = 0;
    if (this.#buffer.length > keepBytes) this.#buffer = NO_BYTES;
  }

  #addBytes(bytes: Uint8Array): number {
    if (bytes.length > this.#maxFrameBytes) {
      throw tooLarge("encode", bytes.length, this.#maxFrameBytes);
    }
    const start = this.#length + PREFIX_BYTES;
    this.#reserve(start + bytes.length);
    this.#buffer.set(bytes, start);
    return this.#finish(bytes.length);
  }

  #addText(text: string): number {
    // UTF-8 is never shorter than the text's length in UTF-16 code units.
    if (text.length > this.#maxFrameBytes) {
      const { length } = textEncoder.encode(text);
      throw tooLarge("encode", length, this.#maxFrameBytes);
    }
    const start = this.#length + PREFIX_BYTES;
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
    return this.#finish(written);
  }

  #finish(length: number): number {
    writePrefix(this.#buffer, this.#length, length);
    this.#length += PREFIX_BYTES + length;
    return length;
  }

  #reserve(size: number, filled = this.#length): void {
    const capacity = this.#buffer.length;
    if (size <= capacity) return;
    const slack = Math.min(
      capacity,
      Math.max(MAX_SLACK_BYTES, capacity >>> 3),
    );
    // A batch is about as long as the one before it: growing to that by doubling
    // copies it once more. Short ones take no more room than they need.
    const likely = size < MIN_LIKELY_BYTES
      ? 0
      : Math.min(this.#lastLength, size + MAX_SLACK_BYTES);
    const grown = new Uint8Array(Math.max(size, capacity + slack, likely));
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
 * @throws {TypeError} When it is neither, or cannot be written as JSON.
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
 * Puts the prefix before a frame: without a copy where the four bytes before it
 * in the same memory are its prefix already. So they are behind
 * `EnvelopeEncoderStream`, and behind `LengthPrefixDecoderStream` when frames
 * are relayed.
 */
export function withPrefix(
  frame: Uint8Array,
  maxFrameBytes: number,
): Uint8Array {
  assertBytes("encode", frame);
  const start = frame.byteOffset - PREFIX_BYTES;
  if (start >= 0 && frame.length <= maxFrameBytes) {
    const length = PREFIX_BYTES + frame.length;
    const view = new Uint8Array(frame.buffer, start, length);
    if (readPrefix(view, 0) === frame.length) return view;
  }
  return encodeFrame(frame, { maxFrameBytes });
}
