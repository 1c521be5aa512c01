// The events of the soak: numbered by sender and topic, with a checksum.

import type { EventEnvelope } from "../../envelope.ts";
import type { TypedEvent } from "../../typed_event_target.ts";

/** What every event carries. */
export interface Payload {
  /** The life of a spoke that sent it. */
  readonly from: string;
  /** Counts the sender's events of this topic, from 1. */
  readonly n: number;
  /** The round in which it was sent, see `_judge.ts`. */
  readonly round: number;
  /** The round in which number `n - 1` was sent; 0 for the first. */
  readonly before: number;
  readonly filling: string;
  readonly sum: number;
}

export type SoakEvent = TypedEvent<string, Payload>;

/** Event types; hubs listen to each of them in order to join. */
export const TYPES: readonly string[] = Array.from(
  { length: 8 },
  (_, i) => `soak.${i}`,
);
/** One of them holds a colon: a topic splits at its first one. */
const IDS: readonly string[] = Array.from(
  { length: 8 },
  (_, i) => i === 0 ? "a:b" : `${i}`,
);

const TEXT = '0123456789 abcdefghij äöüß €„“ 漢字かな 🐝\t"\\ '.repeat(512);

/** A type and an id. */
export function someTopic(random: (below: number) => number) {
  return { type: pick(TYPES, random), id: pick(IDS, random) };
}

/** Mostly short, at times of some kilobytes. */
export function someFilling(random: (below: number) => number): string {
  const length = random(200) === 0 ? random(16_000) : random(120);
  const from = random(TEXT.length - length);
  return TEXT.slice(from, from + length).toWellFormed();
}

/** One of some values. */
export function pick<T>(
  values: readonly T[],
  random: (below: number) => number,
): T {
  return values[random(values.length)]!;
}

/** The checksum of an event (FNV-1a over UTF-16 units). */
export function sumOf(topic: string, payload: Omit<Payload, "sum">): number {
  const { from, n, round, before, filling } = payload;
  const text = `${topic} ${from} ${n} ${round} ${before} ${filling}`;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** What is wrong with an event that arrived, if anything. */
export function damageOf(
  { type, id, payload }: EventEnvelope<string, Payload>,
): string | undefined {
  if (typeof payload !== "object" || payload === null) return "no payload";
  const topic = id === "" ? type : `${type}:${id}`;
  return sumOf(topic, payload) === payload.sum
    ? undefined
    : `checksum ${payload.sum}, not ${sumOf(topic, payload)}`;
}
