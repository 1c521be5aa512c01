// What goes through a compressed stream comes back as it was, wherever the bytes
// are cut; bytes of anybody give frames, or an error that is documented.

import assert from "node:assert/strict";
import zlib from "node:zlib";
import { checkedCompression } from "../../_deflate.ts";
import { DeflateStream } from "../../_deflate_stream.ts";
import { Outbox } from "../../_outbox.ts";
import { FrameError } from "../../errors.ts";
import { randomOf } from "../_random.ts";
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
import { asyncProperty } from "./_property.ts";

const ours = checkedCompression("deflate")!;
const MAX_FRAME_BYTES = 200_000;

/** A stream in memory: what is written, then chunks of it. */
class Memory {
  readonly maxWriteBytes = 7000;
  readonly written: Uint8Array[] = [];
  chunks: Uint8Array[] = [];

  write(bytes: Uint8Array): Promise<void> {
    this.written.push(bytes.slice());
    return Promise.resolve();
  }

  read(): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.chunks.shift());
  }
}

/** Bytes of noise, or such as deflate finds easy. */
function frameOf({ random }: Recipe, longest: number): Uint8Array {
  const length = random(longest + 1);
  const word = bytesOf(random, 1 + random(20));
  return random(2) === 0
    ? bytesOf(random, length)
    : bytesOf(random, length).map((_, i) => word[i % word.length]!);
}

/** Frames through an outbox, batches of them cut, and back. */
export const deflate = asyncProperty({
  name: "deflate",
  runs: 3_000,
  arbitrary: derived(
    { count: 12, size: 600, mutations: 0, cuts: 12 },
    (recipe) => {
      const { random, count, size, cuts } = recipe;
      const frames = Array.from(
        { length: count },
        // Now and then longer than a batch, but never read byte by byte.
        () =>
          frameOf(
            recipe,
            cuts !== 1 && random(100) === 0 ? MAX_FRAME_BYTES : size,
          ),
      );
      const wait = Array.from({ length: count }, () => random(3) === 0);
      return { frames, wait, cuts, seed: random(2 ** 31) };
    },
  ),
  async check({ frames, wait, cuts, seed }) {
    const memory = new Memory();
    const stream = new DeflateStream(memory, ours, MAX_FRAME_BYTES);
    const outbox = new Outbox(MAX_FRAME_BYTES, stream, (error) => {
      throw error;
    });
    for (const [i, frame] of frames.entries()) {
      outbox.push(frame);
      if (wait[i]) await Promise.resolve();
    }
    while (outbox.bufferedBytes > 0) await Promise.resolve();
    const expected = framed(frames);
    assert.equal(outbox.takenBytes, expected.length);
    memory.chunks = cut(joined(memory.written), randomOf(seed), cuts);
    const batches: Uint8Array[] = [];
    for (;;) {
      const batch = await stream.read();
      if (batch === undefined) break;
      assert.equal(unframed(batch, MAX_FRAME_BYTES).fault, undefined);
      batches.push(batch);
    }
    assert.ok(isSame(joined(batches), expected), "the same frames");
  },
});

/** Short, so that many a batch is over it. */
const SHORT = 100;

/** Batches to which something happened, before they were deflated or after. */
export const deflateHostile = asyncProperty({
  name: "deflate, hostile",
  runs: 6_000,
  arbitrary: derived(
    { count: 5, size: 130, mutations: 4, cuts: 12 },
    (recipe) => {
      const { random, count, size, mutations, cuts } = recipe;
      const inside = random(2) === 0 ? mutations : 0;
      const batches = Array.from({ length: count }, () => {
        const frames = [frameOf(recipe, size), frameOf(recipe, size)];
        const batch = mutated(framed(frames), random, inside);
        return new Uint8Array(zlib.deflateRawSync(batch));
      });
      const bytes = mutated(framed(batches), random, mutations - inside);
      return cut(bytes, random, cuts);
    },
  ),
  async check(chunks) {
    const memory = new Memory();
    memory.chunks = [...chunks];
    const stream = new DeflateStream(memory, ours, SHORT);
    try {
      for (;;) {
        const batch = await stream.read();
        if (batch === undefined) break;
        const { fault } = unframed(batch, SHORT);
        assert.notEqual(fault, "FRAME_TRUNCATED", "whole frames alone");
      }
    } catch (error) {
      assert.ok(error instanceof FrameError, `a FrameError, not ${error}`);
    }
  },
});
