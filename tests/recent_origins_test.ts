// What came already; that it is told by a window for each source, whatever comes,
// is a property, `properties/recent_origins.ts`.

import assert from "node:assert/strict";
import { RecentOrigins, WINDOW } from "../_recent_origins.ts";

Deno.test.sanitizer({ ops: true, resources: true });

Deno.test("RecentOrigins takes each origin once, in any order", () => {
  const recent = new RecentOrigins();
  for (const number of [1, 2, 5, 3, 64, 33, 32, 31, 63]) {
    assert.equal(recent.add({ source: "x", number }), true, `${number}`);
  }
  for (const number of [1, 2, 5, 3, 64, 33, 32, 31, 63]) {
    assert.equal(recent.add({ source: "x", number }), false, `${number} again`);
    assert.equal(recent.add({ source: "y", number }), true, `${number} of y`);
  }
});

for (const base of [0, 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 40]) {
  Deno.test(`RecentOrigins tells a whole window apart, from ${base} on`, () => {
    const recent = new RecentOrigins();
    const add = (number: number) =>
      recent.add({ source: "x", number: base + number });
    for (let number = 1; number <= 2 * WINDOW; number++) assert(add(number));
    for (let number = 1; number <= 2 * WINDOW; number++) assert(!add(number));
    const top = 3 * WINDOW;
    assert.equal(add(top), true);
    assert.equal(add(top - WINDOW), false, "it came");
    assert.equal(add(top - WINDOW + 1), true, "the oldest in the window");
    assert.equal(add(top + 1), true);
    assert.equal(add(top - WINDOW + 1), false, "older than the window");
    for (let number = top - WINDOW + 2; number < top; number++) {
      assert.equal(add(number), true, `${number} did not come yet`);
    }
  });
}

Deno.test("RecentOrigins forgets nothing of what a jump leaves in the window", () => {
  for (const jump of [1, 31, 32, 33, WINDOW - 1, WINDOW, WINDOW + 1]) {
    const recent = new RecentOrigins();
    const add = (number: number) => recent.add({ source: "x", number });
    for (let number = 1; number <= WINDOW; number++) add(number);
    assert.equal(add(WINDOW + jump), true);
    for (let number = 1; number <= WINDOW; number++) {
      assert.equal(add(number), false, `${number} after a jump of ${jump}`);
    }
    for (let number = WINDOW + 1; number < WINDOW + jump; number++) {
      const isInside = number > jump;
      assert.equal(add(number), isInside, `${number} after ${jump}`);
    }
  }
});

Deno.test("RecentOrigins knows the 1024 sources that came up last", () => {
  const recent = new RecentOrigins();
  const add = (source: number, number = 1) =>
    recent.add({ source: `${source}`, number });
  for (let source = 0; source < 1024; source++) assert(add(source));
  for (let source = 0; source < 1024; source++) assert(!add(source));
  assert.equal(add(1024), true, "the first is forgotten for it");
  for (let source = 1; source <= 1024; source++) {
    assert.equal(add(source), false, `${source} is known`);
  }
  assert.equal(add(0), true, "it is new again, and the next forgotten for it");
  assert.equal(add(2), false);
  assert.equal(add(1, 7), true);
  assert.equal(add(1, 7), false);
});

Deno.test("RecentOrigins does not forget a source in use for 1100 others", () => {
  const recent = new RecentOrigins();
  const add = (source: string, number: number) =>
    recent.add({ source, number });
  for (let number = 1; number <= 1100; number++) {
    assert.equal(add("in use", number), true);
    assert.equal(add(`other ${number}`, 1), true);
  }
  for (let number = 1; number <= 1100; number++) {
    assert.equal(add("in use", number), false, `${number} again`);
  }
  assert.equal(add("other 1100", 1), false);
  assert.equal(add("other 1", 1), true, "one that came up long ago");
});
