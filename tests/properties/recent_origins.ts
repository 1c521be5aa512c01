// What came already, held against the numbers themselves.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { RecentOrigins, WINDOW } from "../../_recent_origins.ts";
import { property } from "./_property.ts";

/** A source of which all is remembered. */
class Memory {
  readonly #came = new Set<number>();
  highest = 0;

  add(number: number): boolean {
    if (number <= this.highest - WINDOW || this.#came.has(number)) return false;
    this.#came.add(number);
    this.highest = Math.max(this.highest, number);
    return true;
  }
}

/** Much that is at the edges of words and of the window. */
const distance = fc.oneof(
  { weight: 3, arbitrary: fc.nat(3) },
  { weight: 2, arbitrary: fc.integer({ min: 30, max: 66 }) },
  { weight: 2, arbitrary: fc.nat(2 * WINDOW) },
  {
    weight: 2,
    arbitrary: fc.integer({ min: -33, max: 33 }).map((n) => WINDOW + n),
  },
);

/** From the highest that came. */
const step = fc.record({
  source: fc.constantFrom("x", "x", "x", "y", "z"),
  to: fc.oneof(
    { weight: 10, arbitrary: distance.map((up) => (top: number) => top + up) },
    {
      weight: 12,
      arbitrary: distance.map((down) => (top: number) =>
        Math.max(0, top - down)
      ),
    },
    { weight: 1, arbitrary: fc.nat(2 ** 40).map((number) => () => number) },
  ),
  /** So many one after the other. */
  length: fc.oneof(fc.constant(1), fc.nat(70)),
});

/** Numbers that grow, come late or again, and jump. */
export const recentOrigins = property({
  name: "recent-origins",
  runs: 800,
  arbitrary: fc.array(step, { maxLength: 60, size: "max" }),
  check(steps) {
    const recent = new RecentOrigins();
    const memories = new Map<string, Memory>();
    for (const { source, to, length } of steps) {
      let memory = memories.get(source);
      if (!memory) memories.set(source, memory = new Memory());
      const start = to(memory.highest);
      for (let number = start; number < start + length; number++) {
        assert.equal(
          recent.add({ source, number }),
          memory.add(number),
          `${number} of ${source}`,
        );
      }
    }
  },
});
