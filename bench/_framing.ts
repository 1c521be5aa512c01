/**
 * Envelopes in and out of frames, by this library and by what stands beside it.
 * What is called `run` works off the whole batch.
 *
 * A frame is a 4-byte big-endian length and JSON in every case. Decoders get the
 * batch in chunks of 256 KiB, cut wherever that falls.
 */

import {
  decode,
  encode,
  type LengthDecoderFunction,
  type LengthEncoderFunction,
} from "it-length-prefixed";
import { decodeEnvelope, type EventEnvelope } from "../mod.ts";
import {
  EnvelopeDecoderStream,
  EnvelopeEncoderStream,
  FrameDecoder,
  FrameEncoder,
  LengthPrefixDecoderStream,
  LengthPrefixEncoderStream,
  PREFIX_BYTES,
} from "../framing.ts";
import { envelopesOf } from "./_events.ts";
import type { Measured } from "./_result.ts";
import { inTurns, type Plan, rate } from "./_turns.ts";

const CHUNK_BYTES = 256 * 1024;

/** Works off a batch. */
export type Run = () => void | Promise<void>;

/** A million bytes of JSON and a number of envelopes that is worth measuring. */
const SIZES: readonly { readonly bytes: number; readonly n: number }[] = [
  { bytes: 64, n: 100_000 },
  { bytes: 171, n: 100_000 },
  { bytes: 1024, n: 20_000 },
  { bytes: 64 * 1024, n: 500 },
  { bytes: 1024 * 1024, n: 40 },
];

/**
 * Measures megabytes of JSON per second, by how long each envelope is.
 *
 * @param waysOf What each does with `n` envelopes of so many bytes, by its name.
 */
export async function measureSizes(
  result: Measured,
  plan: Plan,
  waysOf: (n: number, bytes: number) => Record<string, Run>,
): Promise<void> {
  for (const { bytes, n } of SIZES) {
    const count = plan.some(n);
    const timed = Object.entries(waysOf(count, bytes)).map(([name, run]) =>
      [name, () => rate(count * bytes / 1e6, run)] as const
    );
    result.add(await inTurns(plan, Object.fromEntries(timed)), bytes);
  }
}

/** `it-length-prefixed` has varints unless it is told otherwise. */
const lengthEncoder: LengthEncoderFunction = Object.assign((value: number) => {
  const prefix = new Uint8Array(PREFIX_BYTES);
  new DataView(prefix.buffer).setUint32(0, value);
  return prefix;
}, { bytes: PREFIX_BYTES });
const lengthDecoder: LengthDecoderFunction = Object.assign(
  (data: { getUint32(offset: number): number }) => data.getUint32(0),
  { bytes: PREFIX_BYTES },
);

function assertAll(came: number, sent: number, what: string): void {
  if (came !== sent) throw new Error(`${came} of ${sent} ${what} came out`);
}

/** Writes `n` envelopes of so many bytes of JSON. */
export function encoding(n: number, bytes: number) {
  const envelopes = envelopesOf(n, bytes);
  const framed = n * (PREFIX_BYTES + bytes);
  const encoder = new FrameEncoder();
  const texts = new TextEncoder();
  const inBytes = function* () {
    for (const one of envelopes) yield texts.encode(JSON.stringify(one));
  };
  return {
    core() {
      let total = 0;
      for (const envelope of envelopes) {
        encoder.add(envelope);
        if (encoder.length <= CHUNK_BYTES) continue;
        // As the outbox does with batches: the buffer is used again.
        total += encoder.length;
        encoder.clear(2 * CHUNK_BYTES);
      }
      assertAll(total + encoder.length, framed, "bytes");
      encoder.clear(2 * CHUNK_BYTES);
    },
    async streams() {
      let total = 0;
      const stream = ReadableStream.from(envelopes)
        .pipeThrough(new EnvelopeEncoderStream())
        .pipeThrough(new LengthPrefixEncoderStream());
      for await (const { length } of stream) total += length;
      assertAll(total, framed, "bytes");
    },
    lengthPrefixed() {
      let total = 0;
      for (const part of encode(inBytes(), { lengthEncoder })) {
        total += part.length;
      }
      assertAll(total, framed, "bytes");
    },
    json() {
      let total = 0;
      for (const envelope of envelopes) {
        total += texts.encode(JSON.stringify(envelope)).length;
      }
      assertAll(total, n * bytes, "bytes");
    },
  } satisfies Record<string, Run>;
}

/** Reads `n` envelopes of so many bytes of JSON. */
export function decoding(n: number, bytes: number) {
  const encoder = new FrameEncoder();
  for (const envelope of envelopesOf(n, bytes)) encoder.add(envelope);
  const all = encoder.bytes.slice();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let start = 0; start < all.length; start += CHUNK_BYTES) {
    chunks.push(all.slice(start, start + CHUNK_BYTES));
  }
  const frames = new FrameDecoder().push(all);

  const lenient = new TextDecoder();
  // As strict as ours about what is not UTF-8.
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const parse = (frame: Uint8Array, decoder: TextDecoder) =>
    JSON.parse(decoder.decode(frame)) as EventEnvelope;
  const alone = (decoder: TextDecoder): Run => () => {
    let count = 0;
    for (const frame of frames) if (parse(frame, decoder).id !== "") count++;
    assertAll(count, n, "envelopes");
  };
  return {
    core() {
      let count = 0;
      const decoder = new FrameDecoder();
      for (const chunk of chunks) {
        for (const frame of decoder.push(chunk)) {
          if (decodeEnvelope(frame).id !== "") count++;
        }
      }
      decoder.end();
      assertAll(count, n, "envelopes");
    },
    async streams() {
      let count = 0;
      const envelopes = ReadableStream.from(chunks)
        .pipeThrough(new LengthPrefixDecoderStream())
        .pipeThrough(new EnvelopeDecoderStream());
      for await (const { id } of envelopes) if (id !== "") count++;
      assertAll(count, n, "envelopes");
    },
    async lengthPrefixed() {
      let count = 0;
      const source = ReadableStream.from(chunks);
      for await (const frame of decode(source, { lengthDecoder })) {
        if (parse(frame.subarray(), lenient).id !== "") count++;
      }
      assertAll(count, n, "envelopes");
    },
    lengthPrefixedSync() {
      let count = 0;
      for (const frame of decode(chunks, { lengthDecoder })) {
        if (parse(frame.subarray(), lenient).id !== "") count++;
      }
      assertAll(count, n, "envelopes");
    },
    json: alone(lenient),
    strictJson: alone(strict),
  } satisfies Record<string, Run>;
}
