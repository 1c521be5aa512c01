// The origin at the end of a text: found without parsing, as by parsing.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { originAtEnd, originIn, originText } from "../../_origin.ts";
import { derived } from "./_bytes.ts";
import { envelopeInText } from "./_envelope_model.ts";
import { mutatedText, typeOf } from "./_messages.ts";
import { property } from "./_property.ts";

/** Looks like an origin, its end, or what is before it. */
const lookalike = fc.constantFrom(
  ',"from":"x.1"}',
  '"from":"x.1"}',
  ',"from":"x.1',
  ',"from":"',
  ',"from',
  "from",
  'x.1"}',
  "x.1",
  "x.1}",
  '"}',
  '"',
  ",",
  "}",
  "\\",
  '\\"',
  '\\\\","from":"x.1"}',
);

const anyText = fc.oneof(
  lookalike,
  fc.array(lookalike, { maxLength: 4 }).map((texts) => texts.join("")),
  fc.string({ unit: "binary", maxLength: 4 }),
);

const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    anyText,
    fc.constantFrom(undefined, null, true, 0, -1.5e300),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.array(fc.tuple(anyText, tie("json")), { maxLength: 3 })
      .map((entries) => Object.fromEntries(entries)),
    tie("json").map((payload) => ({ payload, from: "x.1" })),
  ),
}));

/** Digits to base 36, more than are exact included. */
const number = fc.oneof(
  fc.maxSafeNat().map((number) => number.toString(36)),
  fc.constantFrom("0", "00", "zzzzzzzzzz", "10000000000", "A", "-1", ""),
);

const character = fc.constantFrom(..."aZ09-_");

/** As a Source makes them, or as others may. */
const from = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      source: fc.string({ unit: character, minLength: 1, maxLength: 50 }),
      number: fc.nat(2 ** 40),
    }).map(originText),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.string({ unit: "binary", maxLength: 60 }), number)
      .map((parts) => parts.join(".")),
  },
  { weight: 1, arbitrary: json },
);

const envelope = fc.record({
  type: anyText,
  id: anyText,
  payload: json,
  from,
});

/** What JSON.stringify makes of envelopes, its members in our order. */
export const origins = property({
  name: "origins",
  runs: 40_000,
  arbitrary: envelope,
  check({ type, id, payload, from }) {
    const text = JSON.stringify({ type, id, payload, from });
    const parsed = originIn(JSON.parse(text).from);
    const ended = originAtEnd(text);
    if (ended) {
      assert.deepEqual(ended.from, parsed);
      assert.equal(ended.bare, JSON.stringify({ type, id, payload }));
    } else if (parsed) {
      assert.doesNotMatch(parsed.source, /^[\w-]+$/, "ours is not missed");
    }
  },
});

const LIMITS = { count: 0, size: 0, mutations: 3 };

/** A text whose end is put together of parts of an origin. */
const composed = fc.tuple(
  fc.constantFrom('{"type":"a","id":"","payload":1', "{", "", '{"a":"'),
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(',"from":"x.1"') },
      { weight: 1, arbitrary: lookalike },
      { weight: 1, arbitrary: fc.constantFrom("\n", "\0", " ", ':"', ".") },
    ),
    { maxLength: 4 },
  ),
).map(([start, parts]) => `${start}${parts.join("")}}`);

/** Members in any order, some twice, some that are none of ours. */
const shuffled = fc.tuple(
  fc.shuffledSubarray(["type", "id", "payload", "from", "from", "to"], {
    minLength: 3,
  }),
  envelope,
  fc.constantFrom(",", ", ", " ,\n"),
  fc.constantFrom(":", ": "),
).map(([names, values, comma, colon]) => {
  const members = names.map((name) => {
    const value = values[name as keyof typeof values] ?? null;
    return `${JSON.stringify(name)}${colon}${JSON.stringify(value)}`;
  });
  return `{${members.join(comma)}}`;
});

/** Ours, to which something happened. */
const mutated = derived(LIMITS, ({ random, mutations }) => {
  const text = JSON.stringify({
    type: typeOf(random),
    id: "",
    payload: ',"from":"x.1"}',
    from: `${"x".repeat(1 + random(4))}.${random(50).toString(36)}`,
  });
  return mutatedText(text, random, mutations);
});

/** Texts of other makes, and what is no JSON. */
export const originTexts = property({
  name: "origin-texts",
  runs: 60_000,
  arbitrary: fc.oneof(composed, shuffled, mutated),
  check(text) {
    const ended = originAtEnd(text);
    if (!ended) return;
    const whole = envelopeInText(text);
    const bare = envelopeInText(ended.bare);
    assert.equal(bare !== undefined, whole !== undefined, "an envelope");
    if (!whole || !bare) return;
    assert.deepEqual(ended.from, originIn(Object(whole).from));
    assert.equal(withoutFrom(bare), withoutFrom(whole));
  },
});

function withoutFrom(value: object): string {
  return JSON.stringify({ ...value, from: undefined });
}
