// Envelopes as the UTF-8 bytes of their JSON text: what byte streams carry.

import { parseEnvelope } from "./envelope.ts";
import { decodeText } from "./_text.ts";
import { FrameEncoder } from "./_frames.ts";
import type { Codec } from "./_link.ts";

/** A scratch buffer up to this size is kept between two envelopes. */
const KEPT_BYTES = 64 * 1024;

/** The codec of byte streams. */
export function jsonCodec(maxFrameBytes: number): Codec<Uint8Array> {
  // One buffer for all envelopes: `send` of every link copies what it queues.
  const scratch = new FrameEncoder({ maxFrameBytes });
  return {
    encode(envelope) {
      scratch.clear(KEPT_BYTES);
      const length = scratch.add(envelope);
      // Its last bytes: a `toJSON` in the payload may have sent an event itself.
      return scratch.bytes.subarray(scratch.length - length);
    },
    decode: (message, text) => parseEnvelope(text ?? decodeText(message)),
    sizeOf: (message) => message.length,
    keep: (message) => message.slice(),
  };
}
