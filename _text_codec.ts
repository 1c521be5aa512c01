// Envelopes as JSON text: what transports of whole messages carry.

import { tooLarge } from "./_frames.ts";
import type { Codec } from "./_link.ts";
import { isLongerThan, utf8Length } from "./_utf8_length.ts";
import { parseEnvelope } from "./envelope.ts";

/** The codec of WebSockets. */
export function textCodec(maxFrameBytes: number): Codec<string> {
  return {
    encode(envelope) {
      const text = JSON.stringify(envelope);
      if (isLongerThan(text, maxFrameBytes)) {
        throw tooLarge("encode", utf8Length(text), maxFrameBytes);
      }
      return text;
    },
    decode: parseEnvelope,
    sizeOf: utf8Length,
    keep: (message) => message,
  };
}
