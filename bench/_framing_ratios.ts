// What framing costs on top of JSON.

import {
  EnvelopeDecoderStream,
  FrameDecoder,
  FrameEncoder,
  LengthPrefixDecoderStream,
} from "../framing.ts";
import { ENVELOPE_BYTES, envelopesOf } from "./_events.ts";
import type { RatioTable } from "./_ratio_table.ts";
import { inTurns, rate } from "./_turns.ts";

const CHUNK_BYTES = 256 * 1024;

export async function measureFraming(table: RatioTable): Promise<void> {
  const n = 100_000;
  const envelopes = envelopesOf(n, ENVELOPE_BYTES);
  const encoder = new FrameEncoder();
  for (const envelope of envelopes) encoder.add(envelope);
  const bytes = encoder.bytes.slice();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    chunks.push(bytes.slice(start, start + CHUNK_BYTES));
  }
  const frames = new FrameDecoder().push(bytes);

  const plain = new TextDecoder();
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const decodeWith = (decoder: TextDecoder) => () =>
    rate(n, () => {
      for (const frame of frames) JSON.parse(decoder.decode(frame));
    });
  const decoding = await inTurns({
    ours: () =>
      rate(n, async () => {
        const envelopes = ReadableStream.from(chunks)
          .pipeThrough(new LengthPrefixDecoderStream())
          .pipeThrough(new EnvelopeDecoderStream());
        let count = 0;
        for await (const { id } of envelopes) if (id !== "") count++;
        if (count !== n) throw new Error(`${count} of ${n} were decoded`);
      }),
    plain: decodeWith(plain),
    strict: decodeWith(strict),
  });
  table.addRatio(
    "decode, streams : JSON.parse(new TextDecoder().decode(frame))",
    0.85,
    decoding.ours,
    decoding.plain,
  );
  table.addRatio(
    "decode, streams : the same, TextDecoder fatal as ours is",
    0.85,
    decoding.ours,
    decoding.strict,
  );

  const textEncoder = new TextEncoder();
  const encoding = await inTurns({
    ours: () =>
      rate(n, () => {
        for (let i = 0; i < n; i++) {
          encoder.add(envelopes[i]!);
          if (encoder.length > CHUNK_BYTES) encoder.clear(2 * CHUNK_BYTES);
        }
      }),
    control: () =>
      rate(n, () => {
        for (const envelope of envelopes) {
          textEncoder.encode(JSON.stringify(envelope));
        }
      }),
  });
  table.addRatio(
    "encode a batch : encoder.encode(JSON.stringify(envelope))",
    1.2,
    encoding.ours,
    encoding.control,
  );
}
