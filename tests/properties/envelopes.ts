// Texts, bytes and values of anybody into what makes and reads envelopes: an
// envelope, or the error that is documented.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  assertEnvelope,
  assertPublishable,
  createEvent,
  decodeEnvelope,
  isControlType,
  parseEnvelope,
  parseTopic,
  topicOf,
} from "../../envelope.ts";
import { EnvelopeError, FrameError } from "../../errors.ts";
import { encodeFrame } from "../../framing.ts";
import { derived, mutated } from "./_bytes.ts";
import {
  envelopeInBytes,
  envelopeInText,
  isEnvelope,
  isPublishable,
} from "./_envelope_model.ts";
import { messageOf, mutatedText, validMessageOf } from "./_messages.ts";
import { property } from "./_property.ts";

const LIMITS = { count: 0, size: 0, mutations: 5 };

/** What is returned, as JSON text; `undefined` for the documented error. */
function attempt(act: () => unknown): string | undefined {
  try {
    return JSON.stringify(act());
  } catch (error) {
    assert.ok(error instanceof EnvelopeError, `an EnvelopeError, not ${error}`);
    assert.equal(error.code, "INVALID_ENVELOPE");
    return undefined;
  }
}

/** What is accepted goes out again and comes back the same. */
function assertRoundTrip(text: string): void {
  const frame = encodeFrame(JSON.parse(text));
  assert.equal(JSON.stringify(decodeEnvelope(frame.subarray(4))), text);
}

/** JSON texts to which something happened. */
export const envelopeTexts = property({
  name: "envelope-texts",
  runs: 250_000,
  arbitrary: derived(
    LIMITS,
    ({ random, mutations }) =>
      mutatedText(messageOf(random), random, mutations),
  ),
  check(text) {
    const expected = envelopeInText(text);
    const actual = attempt(() => parseEnvelope(text));
    assert.equal(actual, expected && JSON.stringify(expected));
    if (actual !== undefined) assertRoundTrip(actual);
  },
});

/** Their bytes, to which something happened. */
export const envelopeBytes = property({
  name: "envelope-bytes",
  runs: 120_000,
  arbitrary: derived(LIMITS, ({ random, mutations }) => {
    const text = random(4) === 0 ? messageOf(random) : validMessageOf(random);
    return mutated(new TextEncoder().encode(text), random, mutations);
  }),
  check(bytes) {
    const expected = envelopeInBytes(bytes);
    const actual = attempt(() => decodeEnvelope(bytes));
    assert.equal(actual, expected);
    if (actual !== undefined) assertRoundTrip(actual);
  },
});

const hostileKey = fc.constantFrom(
  "__proto__",
  "constructor",
  "toJSON",
  "toString",
  "hasOwnProperty",
  "then",
  "type",
  "id",
  "",
);

/** Any value that a program can hold. */
const anything = fc.oneof(
  fc.anything({
    key: fc.oneof(hostileKey, fc.string()),
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
    maxDepth: 2,
  }),
  fc.constantFrom(Symbol("s"), () => "f", class C {}, NaN, -0, /r/),
);

const typeLike = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
  { weight: 2, arbitrary: hostileKey },
  { weight: 2, arbitrary: fc.constantFrom("a:b", "__a", "_a", ":", "a b") },
  { weight: 1, arbitrary: anything },
);
const idLike = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
  { weight: 1, arbitrary: anything },
);

/** What must not throw, whatever it is called with, but the error named. */
function throwsTypeError(act: () => unknown): boolean {
  try {
    act();
    return false;
  } catch (error) {
    assert.ok(error instanceof TypeError, `a TypeError, not ${error}`);
    assert.match(error.message, /^Cannot (publish event|encode envelope): /);
    return true;
  }
}

/** Values that a program without types may pass. */
export const envelopeValues = property({
  name: "envelope-values",
  runs: 40_000,
  arbitrary: fc.tuple(typeLike, idLike, anything),
  check([type, id, payload]) {
    const isFine = isPublishable(type) && typeof id === "string";
    const create = () => createEvent(type as string, id as string, payload);
    assert.equal(throwsTypeError(create), !isFine, "createEvent");
    const value = { type, id, payload };
    assert.equal(throwsTypeError(() => assertPublishable(value)), !isFine);
    assert.equal(
      throwsTypeError(() => assertEnvelope(value)),
      !isEnvelope(value),
    );
    assert.equal(
      throwsTypeError(() => assertEnvelope(payload)),
      !isEnvelope(payload),
    );
    if (!isFine) return;
    const event = create();
    assert.equal(event.type, id === "" ? type : `${type}:${id}`);
    assert.equal(event.detail.payload, payload);
    let frame: Uint8Array;
    try {
      frame = encodeFrame(event.detail);
    } catch (error) {
      // A BigInt, or what holds itself, is no JSON.
      assert.ok(error instanceof TypeError || error instanceof FrameError);
      assert.throws(() => JSON.stringify(value));
      return;
    }
    assert.deepEqual(
      decodeEnvelope(frame.subarray(4)),
      JSON.parse(JSON.stringify(value)),
    );
  },
});

/** Any text taken for a topic, and any type and id made one. */
export const topics = property({
  name: "topics",
  runs: 100_000,
  arbitrary: fc.tuple(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.constantFrom(...["", ":", "a:", ":a", "a:b:c", "__", "_:_", "__:"]),
    ),
    fc.string({ unit: "binary", maxLength: 6 }),
  ),
  check([text, id]) {
    const { type, id: rest } = parseTopic(text);
    assert.ok(!type.includes(":"));
    // An empty id leaves no colon behind.
    const again = text === `${type}:` ? type : text;
    assert.equal(topicOf({ type, id: rest }), again);
    assert.equal(isControlType(text), text.startsWith("__"));
    assert.deepEqual(parseTopic(topicOf({ type, id })), { type, id });
  },
});
