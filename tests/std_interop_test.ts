// Our streams compose with the Deno standard library. It lives on JSR alone, so
// its modules are imported dynamically, by names that nothing resolves ahead of
// time: where JSR is out of reach, these tests are ignored and say so.

import assert from "node:assert/strict";
import { createEvent } from "../envelope.ts";
import {
  encodeFrame,
  EnvelopeDecoderStream,
  EnvelopeEncoderStream,
  type EventEnvelope,
  LengthPrefixDecoderStream,
  LengthPrefixEncoderStream,
} from "../framing.ts";

/** What is used of `@std/bytes`. */
interface StdBytes {
  concat(arrays: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
  equals(a: Uint8Array, b: Uint8Array): boolean;
  startsWith(source: Uint8Array, prefix: Uint8Array): boolean;
}

/** What is used of `@std/streams`. */
interface StdStreams {
  toArrayBuffer(stream: ReadableStream<Uint8Array>): Promise<ArrayBuffer>;
  mergeReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T>;
  zipReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T>;
  readonly LimitedBytesTransformStream: new (
    size: number,
    options?: { error?: boolean },
  ) => TransformStream<Uint8Array, Uint8Array>;
  toTransformStream<I, O>(
    transformer: (source: ReadableStream<I>) => AsyncIterable<O>,
  ): ReadableWritablePair<O, I>;
}

/** What is used of `@std/assert`. */
interface StdAssert {
  assertEquals(actual: unknown, expected: unknown): void;
}

/** The modules, or why they cannot be had. */
interface Std {
  readonly bytes: StdBytes;
  readonly streams: StdStreams;
  readonly assert: StdAssert;
}

async function load(): Promise<Std | { unavailable: string }> {
  try {
    const [bytes, streams, assert] = await Promise.all(
      ["bytes", "streams", "assert"].map((name) => import(`@std/${name}`)),
    );
    return { bytes, streams, assert };
  } catch (error) {
    const unavailable = await jsrFault();
    // JSR answers, so what failed is ours to know.
    if (unavailable === undefined) throw error;
    return { unavailable };
  }
}

/** Why JSR is out of reach, if it is. */
async function jsrFault(): Promise<string | undefined> {
  try {
    const response = await fetch("https://jsr.io/@std/bytes/meta.json");
    await response.body?.cancel();
    return response.ok ? undefined : `status ${response.status}`;
  } catch (error) {
    return String(error);
  }
}

const loaded = await load();
const std = "unavailable" in loaded ? undefined : loaded;
if ("unavailable" in loaded) {
  console.log(
    `The tests with @std/bytes, @std/streams and @std/assert will be ignored: ` +
      `JSR is out of reach (${loaded.unavailable})`,
  );
}

function testWithStd(name: string, fn: (std: Std) => Promise<void>): void {
  Deno.test({ name, ignore: std === undefined, fn: () => fn(std!) });
}

const ENVELOPES: readonly EventEnvelope[] = Array.from(
  { length: 50 },
  (_, i) => createEvent("message.sent", `${i}`, "é😀".repeat(i)).detail,
);

const encoded = (envelopes: readonly EventEnvelope[] = ENVELOPES) =>
  ReadableStream.from(envelopes)
    .pipeThrough(new EnvelopeEncoderStream())
    .pipeThrough(new LengthPrefixEncoderStream());

const decoded = (bytes: ReadableStream<Uint8Array>) =>
  bytes
    .pipeThrough(new LengthPrefixDecoderStream())
    .pipeThrough(new EnvelopeDecoderStream());

testWithStd(
  "@std/streams toArrayBuffer collects what our encoders write",
  async ({ bytes, streams }) => {
    const all = new Uint8Array(await streams.toArrayBuffer(encoded()));
    const frames = ENVELOPES.map((envelope) => encodeFrame(envelope));
    assert.equal(bytes.equals(all, bytes.concat(frames)), true);
    assert.equal(bytes.startsWith(all, frames[0]!), true);
    assert.equal(bytes.startsWith(all, frames[1]!), false);
  },
);

testWithStd(
  "@std/bytes concat makes input that our decoders read",
  async ({ bytes, assert: { assertEquals } }) => {
    const all = bytes.concat(
      ENVELOPES.map((envelope) => encodeFrame(envelope)),
    );
    const envelopes = await Array.fromAsync(
      decoded(ReadableStream.from([all])),
    );
    assertEquals(envelopes, ENVELOPES);
  },
);

testWithStd(
  "@std/streams mergeReadableStreams merges what our encoders write",
  async ({ streams }) => {
    const half = ENVELOPES.length / 2;
    // A chunk of ours is one whole frame, so that merging keeps frames whole.
    const merged = streams.mergeReadableStreams<Uint8Array>(
      encoded(ENVELOPES.slice(0, half)),
      encoded(ENVELOPES.slice(half)),
    );
    const envelopes = await Array.fromAsync(decoded(merged));
    envelopes.sort((a, b) => Number(a.id) - Number(b.id));
    assert.deepEqual(envelopes, ENVELOPES);
  },
);

testWithStd(
  "@std/streams mergeReadableStreams merges what our decoders read",
  async ({ streams }) => {
    const merged = streams.mergeReadableStreams(
      decoded(encoded()),
      decoded(encoded()),
    );
    const ids = (await Array.fromAsync(merged)).map(({ id }) => Number(id));
    ids.sort((a, b) => a - b);
    assert.deepEqual(ids, ENVELOPES.flatMap((_, i) => [i, i]));
  },
);

testWithStd(
  "@std/streams zipReadableStreams takes envelopes in turn",
  async ({ streams }) => {
    const zipped = streams.zipReadableStreams(
      decoded(encoded()),
      decoded(encoded()),
    );
    const ids = (await Array.fromAsync(zipped)).map(({ id }) => Number(id));
    assert.deepEqual(ids, ENVELOPES.flatMap((_, i) => [i, i]));
  },
);

testWithStd(
  "@std/streams LimitedBytesTransformStream cuts input inside a frame, which our decoder tells",
  async ({ streams }) => {
    const frame = encodeFrame(ENVELOPES[0]!);
    const chunks = [frame, frame.subarray(0, 10), frame.subarray(10)];
    const bytes = ReadableStream.from(chunks).pipeThrough(
      new streams.LimitedBytesTransformStream(frame.length + 10),
    );
    const seen: EventEnvelope[] = [];
    await assert.rejects(async () => {
      for await (const envelope of decoded(bytes)) seen.push(envelope);
    }, { name: "FrameError", code: "FRAME_TRUNCATED" });
    assert.deepEqual(seen, [ENVELOPES[0]]);
  },
);

testWithStd(
  "@std/streams toTransformStream stands between our streams",
  async ({ streams }) => {
    const evenOnly = streams.toTransformStream<EventEnvelope, EventEnvelope>(
      async function* (envelopes) {
        for await (const one of envelopes) {
          if (Number(one.id) % 2 === 0) {
            yield one;
          }
        }
      },
    );
    const envelopes = await Array.fromAsync(
      decoded(encoded()).pipeThrough(evenOnly),
    );
    assert.deepEqual(envelopes, ENVELOPES.filter((_, i) => i % 2 === 0));
  },
);
