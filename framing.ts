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
import { EnvelopeBatch, FrameBatchStream } from "./_frame_batches.ts";
import { FlatStream } from "./_flat_stream.ts";
import {
  encodeFrame,
  type FramingOptions,
  maxFrameBytesOf,
  PREFIX_BYTES,
  withPrefix,
} from "./_frames.ts";

export type {
  /** The one thing that travels. */
  EventEnvelope,
} from "./envelope.ts";
export { FrameDecoder } from "./_frame_decoder.ts";
export {
  DEFAULT_MAX_FRAME_BYTES,
  encodeFrame,
  FrameEncoder,
  type FramingOptions,
  PREFIX_BYTES,
} from "./_frames.ts";

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
  /**
   * Makes one for frames up to `maxFrameBytes`.
   *
   * @param options The longest frame allowed.
   */
  constructor(options?: FramingOptions) {
    const maxFrameBytes = maxFrameBytesOf(options);
    super({
      transform(frame, controller) {
        controller.enqueue(withPrefix(frame, maxFrameBytes));
      },
    });
  }
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
  /**
   * Makes one for frames up to `maxFrameBytes`.
   *
   * @param options The longest frame allowed.
   */
  constructor(options?: FramingOptions) {
    super();
    const { readable: batches, writable } = new FrameBatchStream(options);
    const reader = batches.getReader();
    const readable = new FlatStream(reader, (frames) => frames);
    // The decoder that nearly always comes next is run on the batches: its
    // stream gets another readable side, and both are locked as by any pipe.
    readable.pipeThrough = function <T>(
      next: ReadableWritablePair<T, Uint8Array>,
      options?: StreamPipeOptions,
    ): ReadableStream<T> {
      if (
        next instanceof EnvelopeDecoderStream && options === undefined &&
        readable.isUnread && !readable.locked && isUntouched(next)
      ) {
        readable.getReader();
        next.writable.getWriter();
        Object.defineProperty(next, "readable", {
          value: new FlatStream(reader, (frames) => new EnvelopeBatch(frames)),
        });
        return next.readable as unknown as ReadableStream<T>;
      }
      return ReadableStream.prototype.pipeThrough.call(
        readable,
        next,
        options,
      ) as ReadableStream<T>;
    };
    Object.defineProperties(this, {
      readable: { value: readable },
      writable: { value: writable },
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
  /**
   * Makes one for frames up to `maxFrameBytes`.
   *
   * @param options The longest frame allowed.
   */
  constructor(options?: FramingOptions) {
    const maxFrameBytes = maxFrameBytesOf(options);
    super({
      transform(envelope, controller) {
        controller.enqueue(
          encodeFrame(envelope, { maxFrameBytes }).subarray(PREFIX_BYTES),
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
  /** Makes one; how long a frame may be is told to what comes before. */
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

function isUntouched(stream: EnvelopeDecoderStream): boolean {
  return untouched.has(stream) && !stream.writable.locked;
}
