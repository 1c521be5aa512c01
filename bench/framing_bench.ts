/**
 * What framing costs on top of JSON.
 *
 * Method: one iteration works off a batch of n different envelopes, n so that a
 * batch of the small ones fills what one read of a transport gives (256 KiB).
 * The baseline does what cannot be left out, and no framing. All variants of a
 * group get the same envelopes; decoders get the batch as chunks of 256 KiB,
 * cut wherever that falls. "Core" is the synchronous API, "streams" the
 * `TransformStream`s, read with `for await`.
 */

import { decodeEnvelope, type EventEnvelope } from "../mod.ts";
import {
  EnvelopeDecoderStream,
  EnvelopeEncoderStream,
  FrameDecoder,
  FrameEncoder,
  LengthPrefixDecoderStream,
  LengthPrefixEncoderStream,
} from "../framing.ts";
import { envelopesOf } from "./_events.ts";

const KIB = 1024;
const CHUNK_BYTES = 256 * KIB;
const SIZES = [
  { name: "64 B", bytes: 64, n: 4096 },
  { name: "1 KiB", bytes: KIB, n: 256 },
  { name: "64 KiB", bytes: 64 * KIB, n: 8 },
  { name: "1 MiB", bytes: KIB * KIB, n: 4 },
];

function chunksOf(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const chunks = [];
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    chunks.push(bytes.slice(start, start + CHUNK_BYTES));
  }
  return chunks;
}

/** Reads a stream to its end; what comes out must not be optimized away. */
async function drain(stream: ReadableStream<{ length: number }>) {
  let total = 0;
  for await (const { length } of stream) total += length;
  return total;
}

async function drainEnvelopes(stream: ReadableStream<EventEnvelope>) {
  let total = 0;
  for await (const { id } of stream) total += id.length;
  return total;
}

for (const { name, bytes, n } of SIZES) {
  const envelopes = envelopesOf(n, bytes);
  const encoder = new FrameEncoder();
  for (const envelope of envelopes) encoder.add(envelope);
  const chunks = chunksOf(encoder.bytes);
  const frames = new FrameDecoder().push(encoder.bytes.slice());
  encoder.clear();

  const encode = `encode ${n} envelopes of ${name}`;
  const textEncoder = new TextEncoder();
  Deno.bench("JSON + TextEncoder", { group: encode, baseline: true }, () => {
    let total = 0;
    for (const envelope of envelopes) {
      total += textEncoder.encode(JSON.stringify(envelope)).length;
    }
    return void total;
  });
  Deno.bench("core: FrameEncoder", { group: encode }, () => {
    for (const envelope of envelopes) encoder.add(envelope);
    // As the outbox does with batches: the buffer is used again.
    encoder.clear(Infinity);
  });
  Deno.bench("streams", { group: encode }, async () => {
    await drain(
      ReadableStream.from(envelopes)
        .pipeThrough(new EnvelopeEncoderStream())
        .pipeThrough(new LengthPrefixEncoderStream()),
    );
  });

  const decode = `decode ${n} envelopes of ${name}`;
  const lenient = new TextDecoder();
  Deno.bench("TextDecoder + JSON", { group: decode, baseline: true }, () => {
    for (const frame of frames) JSON.parse(lenient.decode(frame));
  });
  // As strict as ours about what is not UTF-8.
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  Deno.bench("fatal TextDecoder + JSON", { group: decode }, () => {
    for (const frame of frames) JSON.parse(strict.decode(frame));
  });
  Deno.bench("core: FrameDecoder + decodeEnvelope", { group: decode }, () => {
    const decoder = new FrameDecoder();
    for (const chunk of chunks) {
      for (const frame of decoder.push(chunk)) decodeEnvelope(frame);
    }
    decoder.end();
  });
  Deno.bench("streams", { group: decode }, async () => {
    await drainEnvelopes(
      ReadableStream.from(chunks)
        .pipeThrough(new LengthPrefixDecoderStream())
        .pipeThrough(new EnvelopeDecoderStream()),
    );
  });
}
