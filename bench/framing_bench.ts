/**
 * What framing costs on top of JSON.
 *
 * Method: one iteration works off a batch of n different envelopes, n so that a
 * batch of the small ones fills what one read of a transport gives (256 KiB).
 * The baseline does what cannot be left out, and no framing. All variants of a
 * group get the same envelopes, those that decode the same chunks: what each
 * does is in `_framing.ts`. "Core" is the synchronous API, "streams" the
 * `TransformStream`s, read with `for await`.
 */

import { decoding, encoding, type Run } from "./_framing.ts";

const KIB = 1024;
const SIZES = [
  { name: "64 B", bytes: 64, n: 4096 },
  { name: "1 KiB", bytes: KIB, n: 256 },
  { name: "64 KiB", bytes: 64 * KIB, n: 8 },
  { name: "1 MiB", bytes: KIB * KIB, n: 4 },
];

function bench(
  name: string,
  group: string,
  run: Run,
  options?: { baseline: true },
): void {
  // Deno awaits nothing but what is written as an `async` function.
  Deno.bench(name, { group, ...options }, async () => await run());
}

for (const { name, bytes, n } of SIZES) {
  const encode = `encode ${n} envelopes of ${name}`;
  const encoders = encoding(n, bytes);
  bench("JSON + TextEncoder", encode, encoders.json, { baseline: true });
  bench("core: FrameEncoder", encode, encoders.core);
  bench("streams", encode, encoders.streams);
  bench("it-length-prefixed + JSON", encode, encoders.lengthPrefixed);

  const decode = `decode ${n} envelopes of ${name}`;
  const decoders = decoding(n, bytes);
  bench("TextDecoder + JSON", decode, decoders.json, { baseline: true });
  bench("fatal TextDecoder + JSON", decode, decoders.strictJson);
  bench("core: FrameDecoder + decodeEnvelope", decode, decoders.core);
  bench("streams", decode, decoders.streams);
  bench("it-length-prefixed + JSON", decode, decoders.lengthPrefixed);
}
