// What is framed comes back as it was, wherever the bytes are cut.

import assert from "node:assert/strict";
import type { EventEnvelope } from "../../envelope.ts";
import {
  encodeFrame,
  EnvelopeDecoderStream,
  EnvelopeEncoderStream,
  FrameDecoder,
  FrameEncoder,
  LengthPrefixDecoderStream,
  LengthPrefixEncoderStream,
} from "../../framing.ts";
import {
  bytesOf,
  cut,
  derived,
  framed,
  isSame,
  joined,
  type Recipe,
} from "./_bytes.ts";
import { validMessageOf } from "./_messages.ts";
import { asyncProperty, property } from "./_property.ts";

const LIMITS = { count: 6, size: 40, mutations: 0, cuts: 12 };

interface Framed {
  readonly frames: readonly Uint8Array[];
  readonly chunks: readonly Uint8Array[];
}

function framesOf({ random, count, size }: Recipe): Uint8Array[] {
  // Now and then one over which a chunk, or a buffer that grows, breaks.
  const longest = random(40) === 0 ? size * 20 : size;
  return Array.from(
    { length: count },
    () => bytesOf(random, random(longest + 1)),
  );
}

function cutFrames(recipe: Recipe): Framed {
  const frames = framesOf(recipe);
  return { frames, chunks: cut(framed(frames), recipe.random, recipe.cuts) };
}

function assertFrames(
  actual: readonly Uint8Array[],
  expected: readonly Uint8Array[],
): void {
  assert.equal(actual.length, expected.length, "as many frames");
  for (const [i, frame] of actual.entries()) {
    assert.ok(isSame(frame, expected[i]!), `frame ${i} is the same`);
  }
}

/** Frames through the encoder, cut, and through the decoder. */
export const framing = property({
  name: "framing",
  runs: 150_000,
  arbitrary: derived(LIMITS, cutFrames),
  check({ frames, chunks }) {
    const encoder = new FrameEncoder();
    for (const frame of frames) encoder.add(frame);
    const bytes = joined(chunks);
    assert.ok(isSame(encoder.bytes, bytes), "FrameEncoder writes the same");
    assert.ok(isSame(joined(frames.map((one) => encodeFrame(one))), bytes));
    const decoder = new FrameDecoder();
    const decoded: Uint8Array[] = [];
    for (const chunk of chunks) decoded.push(...decoder.push(chunk));
    decoder.end();
    assertFrames(decoded, frames);
  },
});

async function collected<T>(stream: ReadableStream<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

/**
 * Frames through the streams. The encoder is handed views of a memory that holds
 * anything before them, their own prefix included, which it may use.
 */
export const framingStreams = asyncProperty({
  name: "framing-streams",
  runs: 15_000,
  arbitrary: derived(LIMITS, (recipe): Framed => {
    const { random } = recipe;
    const frames = framesOf(recipe).map((frame) => {
      if (random(2) === 0) return frame;
      const before = random(2) === 0
        ? framed([frame]).subarray(0, 4)
        : bytesOf(random, random(6));
      return joined([before, frame]).subarray(before.length);
    });
    return { frames, chunks: cut(framed(frames), random, recipe.cuts) };
  }),
  async check({ frames, chunks }) {
    const encoded = await collected(
      ReadableStream.from(frames).pipeThrough(new LengthPrefixEncoderStream()),
    );
    assert.ok(isSame(joined(encoded), joined(chunks)), "the wire is the same");
    assertFrames(
      await collected(
        ReadableStream.from(chunks)
          .pipeThrough(new LengthPrefixDecoderStream()),
      ),
      frames,
    );
  },
});

/** Envelopes through all four streams. */
export const framingEnvelopes = asyncProperty({
  name: "framing-envelopes",
  runs: 8_000,
  arbitrary: derived(LIMITS, ({ random, count, cuts }) => {
    const texts = Array.from({ length: count }, () => validMessageOf(random));
    const encoder = new TextEncoder();
    const bytes = framed(texts.map((text) => encoder.encode(text)));
    return { texts, chunks: cut(bytes, random, cuts) };
  }),
  async check({ texts, chunks }) {
    const encoded = await collected(
      ReadableStream.from(texts.map((text): EventEnvelope => JSON.parse(text)))
        .pipeThrough(new EnvelopeEncoderStream())
        .pipeThrough(new LengthPrefixEncoderStream()),
    );
    assert.ok(isSame(joined(encoded), joined(chunks)), "the wire is the same");
    const decoded = await collected(
      ReadableStream.from(chunks)
        .pipeThrough(new LengthPrefixDecoderStream())
        .pipeThrough(new EnvelopeDecoderStream()),
    );
    assert.deepEqual(decoded.map((one) => JSON.stringify(one)), texts);
  },
});
