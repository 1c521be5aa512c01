import assert from "node:assert/strict";
import { textCodec } from "../_text_codec.ts";
import { EnvelopeError, type EventEnvelope, FrameError } from "../mod.ts";

const codec = textCodec(1024 * 1024);

Deno.test("textCodec encodes the JSON text of the envelope", () => {
  const cases: [EventEnvelope, string][] = [
    [
      { type: "message.sent", id: "conv-1", payload: { text: "hello" } },
      '{"type":"message.sent","id":"conv-1","payload":{"text":"hello"}}',
    ],
    [
      { type: "__ping", id: "7", payload: null },
      '{"type":"__ping","id":"7","payload":null}',
    ],
    // As JSON.stringify changes it.
    [
      { type: "a", id: "", payload: [undefined, NaN, new Date(0)] },
      '{"type":"a","id":"","payload":[null,null,"1970-01-01T00:00:00.000Z"]}',
    ],
    [{ type: "a", id: "", payload: undefined }, '{"type":"a","id":""}'],
    [
      { type: "a", id: "\ud800", payload: "grüße 👋" },
      '{"type":"a","id":"\\ud800","payload":"grüße 👋"}',
    ],
  ];
  for (const [envelope, text] of cases) {
    assert.equal(codec.encode(envelope), text);
  }
});

Deno.test("textCodec decodes what it encodes", () => {
  const payloads = [
    null,
    "",
    0,
    -1.5e-7,
    true,
    "grüße 👋 \ud800 \u2028 \0 \ufeff",
    [[], {}],
    { deep: { "": [{ ü: null }] } },
  ];
  for (const payload of payloads) {
    const envelope = { type: "a.b", id: "c:d", payload };
    assert.deepEqual(codec.decode(codec.encode(envelope)), envelope);
  }
});

Deno.test("textCodec counts maxFrameBytes in bytes of UTF-8", () => {
  const empty = JSON.stringify({ type: "a", id: "", payload: "" }).length;
  for (const [unit, bytes] of [["x", 1], ["ü", 2], ["€", 3], ["👋", 4]]) {
    const payload = String(unit).repeat(100);
    const envelope = { type: "a", id: "", payload };
    const length = empty + 100 * Number(bytes);
    assert.equal(codec.sizeOf(codec.encode(envelope)), length);
    const text = textCodec(length).encode(envelope);
    assert.equal(text, JSON.stringify(envelope), "as long as allowed");
    assert.throws(
      () => textCodec(length - 1).encode(envelope),
      (error) =>
        error instanceof FrameError && error.code === "FRAME_TOO_LARGE" &&
        error.message ===
          `Cannot encode frame: length ${length} is over maxFrameBytes ${
            length - 1
          }`,
    );
  }
});

Deno.test("textCodec throws what JSON.stringify throws", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const payload of [1n, cycle]) {
    assert.throws(
      () => codec.encode({ type: "a", id: "", payload }),
      TypeError,
    );
  }
  const broken = new Error("toJSON broke");
  const payload = {
    toJSON() {
      throw broken;
    },
  };
  assert.throws(() => codec.encode({ type: "a", id: "", payload }), broken);
});

Deno.test("textCodec keeps messages apart when a toJSON encodes another", () => {
  let inner = "";
  const payload = {
    toJSON() {
      inner = codec.encode({ type: "inner", id: "", payload: 1 });
      return 2;
    },
  };
  const outer = codec.encode({ type: "outer", id: "", payload });
  assert.equal(outer, '{"type":"outer","id":"","payload":2}');
  assert.equal(inner, '{"type":"inner","id":"","payload":1}');
  assert.equal(codec.keep(outer), outer);
});

Deno.test("textCodec refuses what is no envelope", () => {
  const cases: [string, RegExp][] = [
    ["", /invalid JSON/],
    ["{", /invalid JSON/],
    ["\ufeff{}", /invalid JSON/],
    ["undefined", /invalid JSON/],
    ["null", /null is not an object/],
    ["[]", /type undefined is not a string/],
    ['"text"', /"text" is not an object/],
    ["7", /7 is not an object/],
    ['{"id":""}', /type undefined is not a string/],
    ['{"type":7,"id":""}', /type 7 is not a string/],
    ['{"type":"","id":""}', /type is empty/],
    ['{"type":"a:b","id":""}', /type "a:b" holds ":"/],
    ['{"type":"a"}', /id undefined is not a string/],
    ['{"type":"a","id":null}', /id null is not a string/],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => codec.decode(text),
      (error) =>
        error instanceof EnvelopeError && error.code === "INVALID_ENVELOPE" &&
        message.test(error.message),
      text,
    );
  }
  // Of a newer peer, which may know more: no fault.
  assert.equal(codec.decode('{"type":"__a:b","id":"","x":1}').type, "__a:b");
});
