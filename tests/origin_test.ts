// Where events are from, in texts; that it is found at the end of a text as by
// parsing it is a property, `properties/origins.ts`.

import assert from "node:assert/strict";
import { originAtEnd, originIn, originText, Source } from "../_origin.ts";

Deno.test.sanitizer({ ops: true, resources: true });

Deno.test("a Source has a name of its own, and numbers that grow", () => {
  const sources = Array.from({ length: 100 }, () => new Source());
  assert.equal(new Set(sources.map(({ name }) => name)).size, 100);
  for (const source of sources) {
    assert.match(source.name, /^[\w-]{12}$/);
    for (const number of [1, 2, 3]) {
      assert.deepEqual(source.next(), { source: source.name, number });
    }
  }
});

Deno.test("an origin is read as it was written", () => {
  const numbers = [0, 1, 35, 36, 2 ** 31, 2 ** 32, 2 ** 40, 36 ** 10 - 1];
  for (const source of ["x", "_-_-", "A9", "y".repeat(50)]) {
    for (const number of numbers) {
      const origin = { source, number };
      assert.deepEqual(originIn(originText(origin)), origin);
    }
  }
  assert.equal(originText({ source: "x", number: 36 ** 2 }), "x.100");
});

Deno.test("what is no origin is none", () => {
  const texts = [
    "",
    ".",
    "x",
    "x.",
    ".1",
    "x.1.2",
    "x..1",
    "x.A",
    "x.-1",
    "x.+1",
    "x. 1",
    "x.1 ",
    "x.1\n",
    "x.1e+3",
    "a b.1",
    "é.1",
    '".1',
    "x\n.1",
    `${"y".repeat(51)}.1`,
    "x.12345678901", // Its number might not be exact.
  ];
  for (const text of texts) {
    assert.equal(originIn(text), undefined, JSON.stringify(text));
  }
  const others = [undefined, null, 1, true, {}, ["x.1"], new String("x.1")];
  for (const other of others) assert.equal(originIn(other), undefined);
});

const START = '{"type":"a","id":"","payload":1';

Deno.test("the origin at the end of a text is cut off", () => {
  for (const source of ["x", "_-_-", "y".repeat(50)]) {
    for (const number of ["0", "1", "zz", "007", "zzzzzzzzzz"]) {
      assert.deepEqual(originAtEnd(`${START},"from":"${source}.${number}"}`), {
        from: { source, number: parseInt(number, 36) },
        bare: `${START}}`,
      });
    }
  }
});

Deno.test("what is elsewhere, or no origin, is left to parsing", () => {
  const texts = [
    "",
    "{}",
    `${START}}`,
    `${START},"from":"x.1"} `,
    `${START},"from":"x.1"}\n`,
    `${START},"from":"x.1" }`,
    `${START},"from": "x.1"}`,
    `${START}, "from" : "x.1"}`,
    `${START},"from":"x.1","to":"x.1"}`,
    `${START},"from":{"from":"x.1"}}`,
    `${START},"from":["x.1"]}`,
    `${START},"from":1}`,
    `${START},"from":null}`,
    `${START},"from":""}`,
    `${START},"from":"x"}`,
    `${START},"from":"x.A"}`,
    `${START},"from":"x.y.1"}`,
    `${START},"from":"\\u0078.1"}`,
    `${START},"from":"${"y".repeat(51)}.1"}`,
    `${START},"from":"x.12345678901"}`,
    `${START},"From":"x.1"}`,
    `${START},"a,\\"from":"x.1"}`,
    '{"from":"x.1"}',
    '{"type":"a","id":"","payload":{"b":1,"from":"x.1"}}',
    '{"type":"a","id":"","payload":",\\"from\\":\\"x.1\\"}"}',
    `[${START},"from":"x.1"}]`,
  ];
  for (const text of texts) assert.equal(originAtEnd(text), undefined, text);
});

Deno.test("an origin is not found where a text is no JSON because of it", () => {
  for (const character of ["\n", "\t", "\0", "\x1f"]) {
    const text = `${START},"from":"x${character}.1"}`;
    assert.throws(() => JSON.parse(text), SyntaxError);
    assert.equal(originAtEnd(text), undefined, JSON.stringify(text));
  }
});
