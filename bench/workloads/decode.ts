import { decoding, measureSizes } from "../_framing.ts";
import type { Workload } from "../_result.ts";

const STREAMS = "@alkdev/pubsub, streams";
const CORE = "@alkdev/pubsub, synchronous core";
const JSON_ALONE = "JSON.parse(decode) alone";
const LENGTH_PREFIXED = "it-length-prefixed";

/** Frames to envelopes. */
export const workload: Workload = {
  title: "Decode: bytes to envelopes",
  method:
    `Bytes of JSON that become envelopes in a second, in one process, by how long each is. All get the same bytes, 4-byte lengths and JSON, in chunks of 256 KiB.

- **\`@alkdev/pubsub\`, streams**: \`LengthPrefixDecoderStream\` and \`EnvelopeDecoderStream\` behind a \`ReadableStream\`, read with \`for await\`; **synchronous core**: \`FrameDecoder\` and \`decodeEnvelope\`. Both check that each is an envelope.
- **\`it-length-prefixed\`**: \`for await\` over its \`decode(source)\`, as the streams are read, with a decoder of 4-byte lengths, then \`JSON.parse(decoder.decode(frame.subarray()))\`; **synchronous**: \`for\` over the same of an array, to be held against the synchronous core.
- **JSON alone** is the limit: frames that were cut before the clock started, and \`JSON.parse(decoder.decode(frame))\`; once more with a \`TextDecoder\` that is \`fatal\`, as ours is.`,
  unit: "MB/s",
  better: "higher",
  axis: "bytes of JSON a message",

  async measure(result, plan) {
    await measureSizes(result, plan, (n, bytes) => {
      const ways = decoding(n, bytes);
      return {
        [STREAMS]: ways.streams,
        [CORE]: ways.core,
        [LENGTH_PREFIXED]: ways.lengthPrefixed,
        "it-length-prefixed, synchronous": ways.lengthPrefixedSync,
        [JSON_ALONE]: ways.json,
        "JSON alone, TextDecoder fatal": ways.strictJson,
      };
    });
    const ours = { name: STREAMS, x: 171 };
    result.compare(
      "171 bytes, streams vs `JSON.parse(decoder.decode(frame))` alone",
      ours,
      { name: JSON_ALONE, x: 171 },
      { atLeast: 0.9 },
    );
    result.compare(
      "171 bytes, streams vs `it-length-prefixed` and the same parse",
      ours,
      { name: LENGTH_PREFIXED, x: 171 },
      { atLeast: 2 },
    );
    result.compare(
      "171 bytes, synchronous core vs `it-length-prefixed`, synchronous",
      { name: CORE, x: 171 },
      { name: "it-length-prefixed, synchronous", x: 171 },
    );
  },
};
