// Bytes that look random and come from a seed, and what is done to them on
// their way. Deriving them costs a tenth of having fast-check make each byte.

import * as fc from "fast-check";
import { randomOf } from "../_random.ts";

/** Gives whole numbers from 0 to below a limit. */
export type Random = (below: number) => number;

/** What bytes are derived from; all but the seed shrinks. */
export interface Recipe {
  readonly random: Random;
  /** How many of whatever is made. */
  readonly count: number;
  /** How long each may be. */
  readonly size: number;
  /** How many changes are made to what is right. */
  readonly mutations: number;
  /** Into how many chunks, about, the bytes are cut. */
  readonly cuts: number;
}

/** Inputs that are derived from a recipe; failures show them as they are. */
export function derived<T>(
  limits: { count: number; size: number; mutations: number; cuts?: number },
  derive: (recipe: Recipe) => T,
): fc.Arbitrary<T> {
  return fc.tuple(
    fc.noShrink(fc.noBias(fc.integer())),
    fc.noBias(fc.nat(limits.count)),
    fc.noBias(fc.nat(limits.size)),
    fc.noBias(fc.nat(limits.mutations)),
    fc.noBias(fc.nat(limits.cuts ?? 0)),
  ).map(([seed, count, size, mutations, cuts]) =>
    derive({ random: randomOf(seed), count, size, mutations, cuts })
  );
}

/** Bytes of any value. */
export function bytesOf(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = random(256);
  return bytes;
}

/** One behind the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Values that decoders have a special way with. */
const SPECIAL = [0, 1, 3, 4, 0x22, 0x5B, 0x5C, 0x7B, 0x7F, 0x80, 0xC0, 0xFF];

/** The same with some bytes changed, lost, doubled or come from nowhere. */
export function mutated(
  bytes: Uint8Array,
  random: Random,
  times: number,
): Uint8Array {
  for (let i = 0; i < times; i++) bytes = mutatedOnce(bytes, random);
  return bytes;
}

function mutatedOnce(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + random(8));
  const copy = bytes.slice();
  switch (random(7)) {
    case 0:
      if (at < bytes.length) copy[at]! ^= 1 << random(8);
      return copy;
    case 1:
      if (at < bytes.length) copy[at] = SPECIAL[random(SPECIAL.length)]!;
      return copy;
    case 2:
      return joined([
        bytes.subarray(0, at),
        bytesOf(random, 1 + random(8)),
        bytes.subarray(at),
      ]);
    case 3:
      return joined([bytes.subarray(0, at), bytes.subarray(to)]);
    case 4:
      return joined([bytes.subarray(0, to), bytes.subarray(at)]);
    case 5:
      return copy.subarray(0, at);
    default:
      copy.copyWithin(at, random(bytes.length + 1), bytes.length);
      return copy;
  }
}

/**
 * The same in chunks: whole, byte by byte, or cut anywhere; some are empty.
 *
 * @param cuts 0 leaves it whole.
 */
export function cut(
  bytes: Uint8Array,
  random: Random,
  cuts: number,
): Uint8Array[] {
  if (cuts === 0) return [bytes];
  const longest = cuts === 1 ? 1 : 1 + random(2 * bytes.length / cuts + 8);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = longest === 1 ? 1 : random(longest + 1);
    const chunk = bytes.subarray(at, at += length);
    // In memory of its own, or in that of all.
    chunks.push(random(2) === 0 ? chunk : chunk.slice());
  }
  return chunks;
}

/** Frames on the wire, written anew: a length in four bytes before each. */
export function framed(contents: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const content of contents) {
    const prefix = new Uint8Array(4);
    new DataView(prefix.buffer).setUint32(0, content.length);
    parts.push(prefix, content);
  }
  return joined(parts);
}

/** What is in bytes from the wire, read anew. */
export interface Unframed {
  readonly frames: readonly Uint8Array[];
  /** Where each frame ends. */
  readonly ends: readonly number[];
  readonly fault: "FRAME_TOO_LARGE" | "FRAME_TRUNCATED" | undefined;
  /** How many bytes tell of the fault. */
  readonly faultAt: number;
}

/** Reads frames up to a length. */
export function unframed(bytes: Uint8Array, maxFrameBytes: number): Unframed {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames: Uint8Array[] = [];
  const ends: number[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = view.getUint32(at);
    const start = at + 4;
    if (length > maxFrameBytes) {
      return { frames, ends, fault: "FRAME_TOO_LARGE", faultAt: start };
    }
    if (start + length > bytes.length) break;
    frames.push(bytes.subarray(start, at = start + length));
    ends.push(at);
  }
  const fault = at < bytes.length ? "FRAME_TRUNCATED" : undefined;
  return { frames, ends, fault, faultAt: bytes.length };
}

/** Whether two arrays of bytes hold the same. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
