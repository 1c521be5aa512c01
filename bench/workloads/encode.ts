import { encoding, measureSizes } from "../_framing.ts";
import type { Workload } from "../_result.ts";

const CORE = "@alkdev/pubsub, synchronous core";
const JSON_ALONE = "JSON, encode(stringify) alone";
const LENGTH_PREFIXED = "it-length-prefixed";

/** Envelopes to frames. */
export const workload: Workload = {
  title: "Encode: envelopes to bytes",
  method:
    `Bytes of JSON that are written in a second, in one process, by how long each envelope is.

- **\`@alkdev/pubsub\`, synchronous core**: a \`FrameEncoder\` that writes batches of 256 KiB, as connections do; **streams**: \`EnvelopeEncoderStream\` and \`LengthPrefixEncoderStream\` behind a \`ReadableStream\`, a chunk for each envelope, read with \`for await\`.
- **\`it-length-prefixed\`**: its synchronous \`encode(source)\`, with an encoder of 4-byte lengths, of \`encoder.encode(JSON.stringify(envelope))\`.
- **JSON alone** is what cannot be left out with the means of the platform: \`encoder.encode(JSON.stringify(envelope))\`, no lengths.`,
  unit: "MB/s",
  better: "higher",
  axis: "bytes of JSON a message",

  async measure(result, plan) {
    await measureSizes(result, plan, (n, bytes) => {
      const ways = encoding(n, bytes);
      return {
        [CORE]: ways.core,
        "@alkdev/pubsub, streams": ways.streams,
        [LENGTH_PREFIXED]: ways.lengthPrefixed,
        [JSON_ALONE]: ways.json,
      };
    });
    const ours = { name: CORE, x: 171 };
    result.compare(
      "171 bytes, a batch vs `encoder.encode(JSON.stringify(envelope))` alone",
      ours,
      { name: JSON_ALONE, x: 171 },
      { atLeast: 1.5 },
    );
    result.compare(
      "171 bytes, a batch vs `it-length-prefixed` of the same",
      ours,
      { name: LENGTH_PREFIXED, x: 171 },
    );
  },
};
