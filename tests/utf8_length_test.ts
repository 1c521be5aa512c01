import assert from "node:assert/strict";
import { isLongerThan, utf8Length } from "../_utf8_length.ts";
import { randomOf } from "./_random.ts";

/** What TextEncoder makes of a text: the truth. */
const bytesOf = (text: string) => new TextEncoder().encode(text).length;

/** The ends of what takes one to four bytes, and halves of pairs. */
const pieces = [
  "\u0000",
  "a",
  "\u007f",
  "\u0080",
  "ü",
  "\u07ff",
  "\u0800",
  "€",
  "\uffff",
  "\ufeff",
  "👋",
  "\u{10000}",
  "\u{10ffff}",
  "\ud800",
  "\udc00",
];

/** A text of so many pieces; `kinds` bounds of how many kinds they are. */
function randomText(random: (below: number) => number, count: number): string {
  const kinds = 1 + random(pieces.length);
  const first = random(pieces.length);
  let text = "";
  for (let i = 0; i < count; i++) {
    text += pieces[(first + random(kinds)) % pieces.length];
  }
  return text;
}

/** Texts of all sorts, short and long ones, and around where the way changes. */
function* texts(): Generator<string> {
  yield "";
  yield* pieces;
  // 1365 code units is the most that surely fits 4096 bytes.
  for (const count of [682, 683, 1365, 1366, 2048, 4096, 4097]) {
    for (const piece of pieces) yield piece.repeat(count);
  }
  const random = randomOf(1);
  for (let i = 0; i < 2000; i++) yield randomText(random, random(50));
  for (let i = 0; i < 100; i++) yield randomText(random, 1300 + random(200));
  for (let i = 0; i < 10; i++) yield randomText(random, 100_000);
}

Deno.test("utf8Length counts what TextEncoder writes", () => {
  for (const text of texts()) {
    assert.equal(utf8Length(text), bytesOf(text), shown(text));
  }
});

Deno.test("isLongerThan tells at each limit around the length", () => {
  for (const text of texts()) {
    const length = bytesOf(text);
    const limits = [
      length - 1,
      length,
      length + 1,
      text.length - 1,
      text.length,
      text.length * 3,
      text.length * 3 - 1,
      0,
      1,
    ];
    for (const limit of limits) {
      assert.equal(
        isLongerThan(text, limit),
        length > limit,
        `${shown(text)} against ${limit}`,
      );
    }
  }
});

Deno.test("utf8Length is of use after a text that did not fit", () => {
  const long = "€".repeat(5000);
  assert.equal(utf8Length(long), 15_000);
  assert.equal(utf8Length("€"), 3);
  assert.equal(utf8Length(""), 0);
});

function shown(text: string): string {
  const start = JSON.stringify(text.slice(0, 20));
  return `${text.length} code units from ${start}`;
}
