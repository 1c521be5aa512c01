// Bytes of anybody into the decoders: frames and envelopes, or an error that is
// documented; the same wherever the bytes are cut.

import assert from "node:assert/strict";
import { EnvelopeError, FrameError } from "../../errors.ts";
import {
  EnvelopeDecoderStream,
  FrameDecoder,
  LengthPrefixDecoderStream,
} from "../../framing.ts";
import {
  bytesOf,
  cut,
  derived,
  framed,
  isSame,
  joined,
  mutated,
  type Recipe,
  unframed,
} from "./_bytes.ts";
import { envelopeInBytes } from "./_envelope_model.ts";
import { messageOf, validMessageOf } from "./_messages.ts";
import { asyncProperty, property } from "./_property.ts";

/** Short, so that many a length is over it. */
const MAX_FRAME_BYTES = 100;
const OPTIONS = { maxFrameBytes: MAX_FRAME_BYTES };
const LIMITS = { count: 5, size: 110, mutations: 4, cuts: 12 };

/** Noise, or frames to which something happened. */
function chunksOf(recipe: Recipe): Uint8Array[] {
  const { random, count, size, mutations, cuts } = recipe;
  const bytes = random(10) === 0 ? bytesOf(random, size) : mutated(
    framed(
      Array.from({ length: count }, () => bytesOf(random, random(size + 1))),
    ),
    random,
    mutations,
  );
  return cut(bytes, random, cuts);
}

function assertCode(error: unknown, code: string): void {
  assert.ok(error instanceof FrameError, `a FrameError, not ${error}`);
  assert.equal(error.code, code);
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** After every chunk: the frames that it completes, and the fault it shows. */
function checkDecoder(chunks: readonly Uint8Array[]): void {
  const { frames, ends, fault, faultAt } = unframed(
    joined(chunks),
    MAX_FRAME_BYTES,
  );
  const decoder = new FrameDecoder(OPTIONS);
  let pushed = 0;
  let given = 0;
  for (const chunk of chunks) {
    const isFaulty = fault === "FRAME_TOO_LARGE" &&
      pushed + chunk.length >= faultAt;
    pushed += chunk.length;
    let some: Uint8Array[] = [];
    try {
      some = decoder.push(chunk);
    } catch (error) {
      assert.ok(isFaulty, `no fault in a chunk, but ${error}`);
      assertCode(error, "FRAME_TOO_LARGE");
    }
    for (const frame of some) {
      assert.ok(isSame(frame, frames[given++]!), "the frame is the same");
    }
    if (isFaulty) {
      assert.equal(given, frames.length, "all frames before the fault");
      assertCode(decoder.fault, "FRAME_TOO_LARGE");
      assert.equal(thrownBy(() => decoder.push(chunk)), decoder.fault);
      assert.equal(thrownBy(() => decoder.end()), decoder.fault);
      return;
    }
    assert.equal(decoder.fault, undefined);
    const due = ends.filter((end) => end <= pushed).length;
    assert.equal(given, due, "a frame comes with its last byte");
  }
  if (fault === undefined) return decoder.end();
  assertCode(thrownBy(() => decoder.end()), "FRAME_TRUNCATED");
}

/** Any bytes into the synchronous decoder. */
export const bytes = property({
  name: "bytes",
  runs: 200_000,
  arbitrary: derived(LIMITS, chunksOf),
  check: checkDecoder,
});

/** Sees every array of bytes that is made while it measures. */
class Meter implements AsyncDisposable {
  readonly #original = Uint8Array;
  #isOn = false;

  constructor() {
    globalThis.Uint8Array = new Proxy(Uint8Array, {
      construct: (target, args, newTarget) => {
        const [length] = args;
        // Before memory is asked for: a length may be 4 GiB.
        if (this.#isOn && typeof length === "number") {
          assert.ok(length <= MAX_FRAME_BYTES, `${length} bytes are allocated`);
        }
        return Reflect.construct(target, args, newTarget);
      },
    });
  }

  measure(act: () => void): void {
    this.#isOn = true;
    try {
      act();
    } finally {
      this.#isOn = false;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    globalThis.Uint8Array = this.#original;
    return Promise.resolve();
  }
}

/** Whatever lengths are announced, no more is allocated than a frame may have. */
export const bytesAllocation = asyncProperty({
  name: "bytes-allocation",
  runs: 30_000,
  arbitrary: derived(LIMITS, chunksOf),
  open: () => Promise.resolve(new Meter()),
  check(chunks, meter) {
    const decoder = new FrameDecoder(OPTIONS);
    try {
      for (const chunk of chunks) meter.measure(() => decoder.push(chunk));
    } catch (error) {
      assertCode(error, "FRAME_TOO_LARGE");
    }
    return Promise.resolve();
  },
});

/** What comes out of a stream: values, then how it ends. */
async function traceOf<T>(
  stream: ReadableStream<T>,
  show: (value: T) => string,
): Promise<string[]> {
  const trace: string[] = [];
  try {
    for await (const value of stream) trace.push(show(value));
    trace.push("end");
  } catch (error) {
    assert.ok(error instanceof FrameError || error instanceof EnvelopeError);
    trace.push(error.code);
  }
  return trace;
}

function expectedTrace(
  wire: Uint8Array,
  show: (frame: Uint8Array) => string | undefined,
): string[] {
  const { frames, fault } = unframed(wire, MAX_FRAME_BYTES);
  const trace: string[] = [];
  for (const frame of frames) {
    const text = show(frame);
    if (text === undefined) return [...trace, "INVALID_ENVELOPE"];
    trace.push(text);
  }
  return [...trace, fault ?? "end"];
}

const hex = (frame: Uint8Array) => frame.join(" ");

/** Any bytes into the streams: to frames, to envelopes, joined or one by one. */
export const bytesStreams = asyncProperty({
  name: "bytes-streams",
  runs: 8_000,
  arbitrary: derived(LIMITS, ({ random, count, mutations, cuts }) => {
    const encoder = new TextEncoder();
    const frames = Array.from(
      { length: count },
      () =>
        encoder.encode(
          random(8) === 0 ? messageOf(random) : validMessageOf(random),
        ),
    ).filter(({ length }) => length <= MAX_FRAME_BYTES || random(8) === 0);
    return cut(mutated(framed(frames), random, mutations), random, cuts);
  }),
  async check(chunks) {
    const frames = () =>
      ReadableStream.from(chunks)
        .pipeThrough(new LengthPrefixDecoderStream(OPTIONS));
    const wire = joined(chunks);
    assert.deepEqual(
      await traceOf(frames(), hex),
      expectedTrace(wire, hex),
      "frames",
    );
    const expected = expectedTrace(wire, envelopeInBytes);
    const envelopes = frames().pipeThrough(new EnvelopeDecoderStream());
    assert.deepEqual(
      await traceOf(envelopes, JSON.stringify),
      expected,
      "joined",
    );
    // With options nothing is joined: each stream does its own part. An error
    // then drops what nobody has read yet, as streams do.
    const apart = frames().pipeThrough(new EnvelopeDecoderStream(), {});
    const trace = await traceOf(apart, JSON.stringify);
    assert.equal(trace.at(-1), expected.at(-1), "apart, the end");
    assert.deepEqual(
      trace.slice(0, -1),
      expected.slice(0, trace.length - 1),
      "apart",
    );
  },
});
