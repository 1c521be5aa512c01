// The figures that the documentation takes from the benchmarks are those of the
// run that is kept, in bench/README.md.

import assert from "node:assert/strict";
import { textOf } from "./_markdown.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Where figures of that run stand, and what they stand between. */
const PLACES = [
  ["docs/comparison.md", "## Numbers", "Centrifugo and crossws"],
  ["README.md", "171 bytes each", "[Measured]"],
  ["docs/guide/in-process.md", "## How fast", "([measured]"],
  ["docs/wire-format.md", "alone (1.05)", "([measured]"],
  ["docs/guide/iroh.md", "| 171-byte envelopes", "| dial, accept"],
] as const;

/** What is said of a message, of a chart's axis, or of what was counted. */
const NOT_MEASURED = new Set(["1", "4", "10", "171", "1 000", "10 000"]);

/** Numbers as they are written, `257 000` and `0.98`. */
function numbersIn(text: string): string[] {
  return text.replaceAll("\u202f", " ")
    .match(
      /(?<![\w.#-])\d{1,3}(?: \d{3})+(?![\d.])|(?<![\w.#-])\d+(?:\.\d+)?/g,
    ) ??
    [];
}

const measured = new Set(numbersIn(await textOf("bench/README.md")));

for (const [page, begin, end] of PLACES) {
  Deno.test(`${page}: figures behind "${begin}" are those of the run`, async () => {
    const text = await textOf(page);
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    assert(from >= 0 && to > from, `${page} has it`);
    const numbers = numbersIn(text.slice(from, to))
      .filter((one) => !NOT_MEASURED.has(one));
    assert(numbers.length > 0);
    const stale = numbers.filter((one) => !measured.has(one));
    assert.deepEqual(stale, [], "bench/README.md has other ones");
  });
}
