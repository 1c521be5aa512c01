// What payloads arrive as, and what no payload can be.

import assert from "node:assert/strict";
import { FrameError } from "../mod.ts";
import {
  assertList,
  envelope,
  eventOf,
  listen,
  type Scenario,
  type Traits,
  type Wire,
} from "./_conformance_wire.ts";

const isJson = ({ encoding }: Traits) => encoding === "json";
const isCopied = ({ encoding }: Traits) => encoding !== "none";

/** The default of `maxFrameBytes`. */
const MAX_FRAME_BYTES = 1024 * 1024;

/** Payloads that arrive as they are, whatever carries them. */
const PLAIN: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1.5,
  -1e-7,
  Number.MAX_SAFE_INTEGER,
  "",
  "grüße 👋 \ud83d\udc4b",
  "\ud800",
  "\udc00 reversed \ud800",
  '\0\u2028\ufeff\ufffd"\\\n',
  [],
  {},
  [[], [[]], {}],
  { a: { b: { c: [1, { d: null }] } } },
  { z: 1, a: 2, "10": 3, "9": 4, Z: { y: 1, x: 2 } },
  { type: "__ping", id: "1", payload: { topic: "a" } },
  { topic: "__proto__", constructor: { prototype: { polluted: 1 } } },
  { toString: 1, hasOwnProperty: null, toJSON: 2, then: 3, length: 4 },
  JSON.parse('{"__proto__":1}'),
  JSON.parse('{"__proto__":{"polluted":true},"a":[{"__proto__":null}]}'),
];

/** Sends payloads here; gives them as they arrived. */
async function carried(
  { here, far }: Wire,
  payloads: readonly unknown[],
): Promise<unknown[]> {
  const heard = listen(here, "p");
  await here.flush();
  await far.dispatch(
    payloads.map((payload) => ({ type: "p", id: "", payload })),
  );
  await far.flush();
  assert.equal(heard.length, payloads.length);
  return heard.map(({ payload }) => payload);
}

/** What throws at the caller must not reach the other end, nor end anything. */
async function assertThrows(
  { here, far, sent }: Wire,
  faults: readonly [payload: unknown, error: string][],
): Promise<void> {
  await far.listen("p");
  for (const [payload, name] of faults) {
    assert.throws(
      () => here.dispatchEvent(eventOf(envelope("p", "bad", payload))),
      { name },
    );
  }
  here.dispatchEvent(eventOf(envelope("p", "good")));
  await sent();
  assert.deepEqual(await far.heard(), [envelope("p", "good")]);
}

export const payloadScenarios: readonly Scenario[] = [
  {
    name: "plain payloads arrive as they are",
    async run(wire) {
      const arrived = await carried(wire, PLAIN);
      assert.deepEqual(arrived, PLAIN);
      // The order of keys, too.
      assert.equal(JSON.stringify(arrived), JSON.stringify(PLAIN));
    },
  },
  {
    name: "keys of Object.prototype are keys like any other",
    async run(wire) {
      const text = '{"__proto__":{"a":1},"constructor":2,"toString":null}';
      const [arrived] = await carried(wire, [JSON.parse(text)]);
      assert.deepEqual(Object.getOwnPropertyNames(arrived), [
        "__proto__",
        "constructor",
        "toString",
      ]);
      assert.equal(Object.getPrototypeOf(arrived), Object.prototype);
      assert.equal(JSON.stringify(arrived), text);
    },
  },
  {
    name: "100 000 numbers arrive",
    async run(wire) {
      const numbers = Array.from({ length: 100_000 }, (_, i) => i);
      const [arrived] = await carried(wire, [numbers]);
      assertList(arrived as number[], numbers);
    },
  },
  {
    name: "900 KB of text arrive",
    async run(wire) {
      const text = "0123456789abcdef€".repeat(50_000);
      const [arrived] = await carried(wire, [text]);
      assert(arrived === text, "It is another text");
    },
  },
  {
    name: "a missing payload stays missing",
    async run({ here, far, traits }) {
      const heard = listen(here, "p");
      await here.flush();
      await far.dispatch([
        { type: "p", id: "none" } as ReturnType<typeof envelope>,
        { type: "p", id: "undefined", payload: undefined },
      ]);
      await far.flush();
      assert.deepEqual(heard, [
        { type: "p", id: "none" },
        isJson(traits)
          ? { type: "p", id: "undefined" }
          : { type: "p", id: "undefined", payload: undefined },
      ]);
    },
  },
  {
    name: "what JSON has no word for becomes what JSON makes of it",
    where: isJson,
    async run(wire) {
      const arrived = await carried(wire, [
        -0,
        NaN,
        Infinity,
        [undefined, , 1],
        { a: undefined, b: 1 },
        new Date(0),
        new Map([[1, 2]]),
      ]);
      assert.deepEqual(arrived, [
        0,
        null,
        null,
        [null, null, 1],
        { b: 1 },
        "1970-01-01T00:00:00.000Z",
        {},
      ]);
    },
  },
  {
    name: "what JSON has no word for arrives as it is",
    where: (traits) => !isJson(traits),
    async run(wire) {
      const payloads = [
        -0,
        NaN,
        Infinity,
        undefined,
        10n ** 30n,
        { a: undefined, b: 1 },
        new Date(0),
        new Map<unknown, unknown>([["took", 5n], [{}, new Set([1])]]),
        new Uint8Array([1, 2, 3]),
        /a/gi,
      ];
      assert.deepEqual(await carried(wire, payloads), payloads);
      const cycle: { self?: unknown } = {};
      cycle.self = cycle;
      const heard = listen(wire.here, "cycle");
      await wire.here.flush();
      await wire.far.dispatch([envelope("cycle", "", cycle)]);
      await wire.far.flush();
      const arrived = heard[0]!.payload as typeof cycle;
      assert.equal(arrived.self, arrived);
    },
  },
  {
    name: "what is not copied arrives as the very same",
    where: (traits) => !isCopied(traits),
    async run(wire) {
      const payloads = [{}, () => {}, Symbol("payload")];
      const arrived = await carried(wire, payloads);
      for (const [i, payload] of payloads.entries()) {
        assert.equal(arrived[i], payload);
      }
    },
  },
  {
    name: "what changes after dispatchEvent does not travel",
    where: isCopied,
    async run({ here, far, sent }) {
      await far.listen("p");
      const payload = { n: 0 };
      const detail = { type: "p", id: "1", payload };
      for (; payload.n < 100; payload.n++) here.dispatchEvent(eventOf(detail));
      detail.id = "changed";
      await sent();
      assert.deepEqual(
        await far.heard(),
        Array.from({ length: 100 }, (_, n) => envelope("p", "1", { n })),
      );
    },
  },
  {
    name: "what JSON cannot carry throws at the caller",
    where: isJson,
    async run(wire) {
      const cycle: { self?: unknown } = {};
      cycle.self = cycle;
      await assertThrows(wire, [
        [1n, "TypeError"],
        [{ deep: [1n] }, "TypeError"],
        [cycle, "TypeError"],
        [{
          toJSON() {
            throw new RangeError("in toJSON");
          },
        }, "RangeError"],
      ]);
    },
  },
  {
    name: "what cannot be cloned throws at the caller",
    where: ({ encoding }) => encoding === "clone",
    async run(wire) {
      const error = wire.traits.cloneError!;
      await assertThrows(wire, [
        [() => {}, error],
        [{ deep: [() => {}] }, error],
        [Symbol("payload"), error],
        [{
          get broken() {
            throw new RangeError("in a getter");
          },
        }, "RangeError"],
      ]);
    },
  },
  {
    name: "an event of maxFrameBytes travels, one byte more throws",
    where: isJson,
    async run({ here, far, sent }) {
      await far.listen("big");
      const empty = JSON.stringify(envelope("big", "", ""));
      // Bytes count, not characters: "é" is two.
      const room = MAX_FRAME_BYTES - empty.length;
      const largest = "é".repeat(room >> 1) + "x".repeat(room & 1);
      assert.throws(
        () => here.dispatchEvent(eventOf(envelope("big", "", largest + "x"))),
        (error) =>
          error instanceof FrameError && error.code === "FRAME_TOO_LARGE" &&
          /1048577.*1048576/.test(error.message),
      );
      await Promise.all([here.flush(), far.flush()]);
      here.dispatchEvent(eventOf(envelope("big", "", largest)));
      await sent();
      const heard = await far.heard();
      assert.equal(heard.length, 1);
      assert(heard[0]!.payload === largest, "It is another text");
    },
  },
];
