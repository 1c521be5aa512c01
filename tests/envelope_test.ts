import assert from "node:assert/strict";
import {
  assertPublishable,
  createEvent,
  decodeEnvelope,
  type EventEnvelope,
  isControlType,
  parseEnvelope,
  parseTopic,
  topicOf,
} from "../envelope.ts";
import { EnvelopeError, PubSubError } from "../errors.ts";

const encoder = new TextEncoder();
const decodeText = (text: string) => decodeEnvelope(encoder.encode(text));

/** An envelope whose payload is a JSON string with these bytes in it. */
function bytesWith(...inside: number[]): Uint8Array {
  return new Uint8Array([
    ...encoder.encode('{"type":"a","id":"","payload":"'),
    ...inside,
    ...encoder.encode('"}'),
  ]);
}

/** That something throws an `EnvelopeError` with this message. */
function refuses(decode: () => unknown, message: string | RegExp): Error {
  let thrown: unknown;
  assert.throws(() => {
    try {
      decode();
    } catch (error) {
      thrown = error;
      throw error;
    }
  }, { name: "EnvelopeError", code: "INVALID_ENVELOPE", message });
  assert.ok(thrown instanceof EnvelopeError && thrown instanceof PubSubError);
  return thrown;
}

Deno.test("topicOf is the type alone when the id is empty", () => {
  assert.equal(topicOf({ type: "job.done", id: "" }), "job.done");
});

Deno.test("topicOf joins type and id with a colon", () => {
  assert.equal(topicOf({ type: "job.done", id: "7" }), "job.done:7");
  assert.equal(topicOf({ type: "job.done", id: "0" }), "job.done:0");
  assert.equal(topicOf({ type: "job.done", id: " " }), "job.done: ");
  assert.equal(topicOf({ type: "a", id: ":" }), "a::");
});

Deno.test("parseTopic splits at the first colon", () => {
  const cases: [topic: string, type: string, id: string][] = [
    ["job.done", "job.done", ""],
    ["job.done:7", "job.done", "7"],
    ["file.saved:c:/notes", "file.saved", "c:/notes"],
    ["a::", "a", ":"],
    ["a:", "a", ""],
    [":b", "", "b"],
    ["", "", ""],
    ["naïve:é😀", "naïve", "é😀"],
  ];
  for (const [topic, type, id] of cases) {
    assert.deepEqual(parseTopic(topic), { type, id }, topic);
  }
});

Deno.test("parseTopic undoes topicOf, whatever the id holds", () => {
  for (const id of ["", "7", ":", "a:b:c", "__x", "\n", "\uD800", "é😀"]) {
    assert.deepEqual(parseTopic(topicOf({ type: "a.b", id })), {
      type: "a.b",
      id,
    });
  }
});

Deno.test("isControlType wants both underscores, and them first", () => {
  for (const type of ["__", "__ping", "___", "__a:b"]) {
    assert.equal(isControlType(type), true, type);
  }
  for (const type of ["", "_", "_a_", "a__", " __a", "_\u0332"]) {
    assert.equal(isControlType(type), false, type);
  }
});

Deno.test("createEvent has the topic as its type and the envelope as its detail", () => {
  const payload = { text: "hello" };
  const event = createEvent("message.sent", "conv-123", payload);
  assert.ok(event instanceof CustomEvent);
  assert.equal(event.type, "message.sent:conv-123");
  assert.deepEqual(event.detail, {
    type: "message.sent",
    id: "conv-123",
    payload,
  });
  assert.equal(event.detail.payload, payload);
  assert.equal(createEvent("message.sent", "", null).type, "message.sent");
});

Deno.test("createEvent takes any id and a single leading underscore", () => {
  for (const id of ["", ":", "__ping", "a:b", "\u0000", "\uD800"]) {
    assert.equal(createEvent("a", id, null).detail.id, id);
  }
  assert.equal(createEvent("_a", "", null).type, "_a");
});

Deno.test("createEvent refuses a bad type by its name", () => {
  const cases: [type: string, message: string][] = [
    ["", "Cannot publish event: type is empty"],
    ["a:b", 'Cannot publish event: type "a:b" holds ":"'],
    [":", 'Cannot publish event: type ":" holds ":"'],
    [
      "__ping",
      'Cannot publish event: type "__ping" starts with "__", which is reserved',
    ],
    [
      "__",
      'Cannot publish event: type "__" starts with "__", which is reserved',
    ],
    [
      "__a:b",
      'Cannot publish event: type "__a:b" starts with "__", which is reserved',
    ],
  ];
  for (const [type, message] of cases) {
    assert.throws(() => createEvent(type, "", null), {
      name: "TypeError",
      message,
    });
  }
});

Deno.test("createEvent refuses an id that is not a string, and names it", () => {
  const cases: [id: unknown, shown: RegExp][] = [
    [7, /^Cannot publish event: id (number )?7 is not a string$/],
    [null, /^Cannot publish event: id null is not a string$/],
    [undefined, /^Cannot publish event: id undefined is not a string$/],
    [true, /^Cannot publish event: id (boolean )?true is not a string$/],
  ];
  for (const [id, message] of cases) {
    assert.throws(() => createEvent("a", id as string, null), {
      name: "TypeError",
      message,
    });
  }
});

Deno.test("createEvent cuts a long type short in its message", () => {
  assert.throws(
    () => createEvent(`${"x".repeat(10_000)}:`, "", null),
    (error) =>
      error instanceof TypeError && error.message.length < 200 &&
      error.message.includes('type "xxxx'),
  );
});

Deno.test("assertPublishable refuses what is no envelope", () => {
  for (
    const [value, message] of [
      [null, /null is not an object$/],
      [undefined, /undefined is not an object$/],
      [7, /7 is not an object$/],
      ["text", /"text" is not an object$/],
      [{}, /type undefined is not a string$/],
      [{ type: "a" }, /id undefined is not a string$/],
      [{ type: null, id: "" }, /type null is not a string$/],
      [[], /type undefined is not a string$/],
    ] as [unknown, RegExp][]
  ) {
    assert.throws(() => assertPublishable(value), {
      name: "TypeError",
      message,
    });
  }
});

Deno.test("assertPublishable takes an envelope without a payload", () => {
  assert.doesNotThrow(() => assertPublishable({ type: "a", id: "" }));
});

Deno.test("assertPublishable throws a TypeError of its own on a type that has no text", () => {
  for (const type of [Symbol("__a"), Object.create(null)]) {
    assert.throws(() => assertPublishable({ type, id: "" }), {
      name: "TypeError",
      message: /^Cannot publish event: type /,
    });
  }
});

Deno.test("decodeEnvelope reads an envelope", () => {
  assert.deepEqual(
    decodeText('{"type":"job.done","id":"7","payload":{"ok":[1,null]}}'),
    { type: "job.done", id: "7", payload: { ok: [1, null] } },
  );
});

Deno.test("decodeEnvelope reads a view in the middle of a larger buffer", () => {
  const text = encoder.encode('{"type":"a","id":"é","payload":1}');
  const around = new Uint8Array(text.length + 20).fill(0xFF);
  around.set(text, 7);
  assert.deepEqual(decodeEnvelope(around.subarray(7, 7 + text.length)), {
    type: "a",
    id: "é",
    payload: 1,
  });
});

Deno.test("decodeEnvelope refuses every kind of invalid UTF-8", () => {
  const cases: Record<string, number[]> = {
    "a lone continuation byte": [0x80],
    "a lone lead byte": [0xC3],
    "a lead byte before ASCII": [0xE2, 0x82, 0x41],
    "an overlong slash, two bytes": [0xC0, 0xAF],
    "an overlong slash, three bytes": [0xE0, 0x80, 0xAF],
    "an overlong slash, four bytes": [0xF0, 0x80, 0x80, 0xAF],
    "an overlong NUL": [0xC0, 0x80],
    "a high surrogate": [0xED, 0xA0, 0x80],
    "a low surrogate": [0xED, 0xB0, 0x80],
    "a surrogate pair (CESU-8)": [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
    "a code point over U+10FFFF": [0xF4, 0x90, 0x80, 0x80],
    "five bytes": [0xF8, 0x88, 0x80, 0x80, 0x80],
    "0xFE": [0xFE],
    "0xFF": [0xFF],
    "a genuine U+FFFD beside it": [0xEF, 0xBF, 0xBD, 0x80],
  };
  for (const [kind, bytes] of Object.entries(cases)) {
    const error = refuses(
      () => decodeEnvelope(bytesWith(...bytes)),
      "Cannot decode envelope: invalid UTF-8",
    );
    assert.ok(error.cause instanceof TypeError, kind);
  }
});

Deno.test("decodeEnvelope refuses input that ends inside a character", () => {
  const whole = encoder.encode('{"type":"a","id":"","payload":"😀');
  for (const cut of [1, 2, 3]) {
    refuses(
      () => decodeEnvelope(whole.subarray(0, whole.length - cut)),
      "Cannot decode envelope: invalid UTF-8",
    );
  }
});

Deno.test("decodeEnvelope stays sound after invalid input", () => {
  const half = bytesWith(0xF0, 0x9F).subarray(0, -2);
  refuses(() => decodeEnvelope(half), /invalid UTF-8/);
  // A decoder that kept the two bytes would spoil this one.
  assert.equal(decodeText('{"type":"a","id":"é"}').id, "é");
});

Deno.test("decodeEnvelope takes a genuine U+FFFD", () => {
  assert.equal(decodeEnvelope(bytesWith(0xEF, 0xBF, 0xBD)).payload, "\uFFFD");
  assert.equal(
    decodeText('{"type":"a","id":"","payload":"\\uFFFD"}').payload,
    "\uFFFD",
  );
});

Deno.test("decodeEnvelope takes every boundary of UTF-8", () => {
  const text = "\u007F\u0080\u07FF\u0800\uD7FF\uE000\uFFFF\u{10000}\u{10FFFF}";
  assert.equal(
    decodeEnvelope(bytesWith(...encoder.encode(text))).payload,
    text,
  );
});

Deno.test("decodeEnvelope refuses a byte order mark", () => {
  refuses(
    () => decodeText('\uFEFF{"type":"a","id":""}'),
    "Cannot decode envelope: invalid JSON",
  );
  assert.equal(
    decodeText('{"type":"a","id":"\uFEFF"}').id,
    "\uFEFF",
    "inside a string it is a character",
  );
});

Deno.test("decodeEnvelope refuses other encodings", () => {
  const text = '{"type":"a","id":""}';
  const utf16 = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) utf16[i * 2] = text.charCodeAt(i);
  refuses(() => decodeEnvelope(utf16), "Cannot decode envelope: invalid JSON");
});

Deno.test("decodeEnvelope refuses invalid JSON, with the cause", () => {
  for (
    const text of [
      "",
      " ",
      "{",
      "{'type':'a','id':''}",
      '{"type":"a","id":"",}',
      '{"type":"a","id":""} x',
      '{"type":"a","id":""}{"type":"a","id":""}',
      '{"type":"a","id":"","payload":NaN}',
      '{"type":"a","id":"\n"}',
      "undefined",
      '{"type":"a","id":""}\u0000',
    ]
  ) {
    const error = refuses(
      () => decodeText(text),
      "Cannot decode envelope: invalid JSON",
    );
    assert.ok(error.cause instanceof SyntaxError, text);
  }
});

Deno.test("decodeEnvelope refuses JSON that is not an object, and names it", () => {
  const cases: [text: string, message: RegExp][] = [
    ["null", /^Cannot decode envelope: null is not an object$/],
    ["7", /^Cannot decode envelope: (number )?7 is not an object$/],
    ["true", /^Cannot decode envelope: (boolean )?true is not an object$/],
    ['"text"', /^Cannot decode envelope: "text" is not an object$/],
  ];
  for (const [text, message] of cases) refuses(() => decodeText(text), message);
});

Deno.test("decodeEnvelope refuses arrays", () => {
  refuses(() => decodeText("[]"), /^Cannot decode envelope: /);
  refuses(
    () => decodeText('[{"type":"a","id":""}]'),
    /^Cannot decode envelope: /,
  );
});

Deno.test("decodeEnvelope refuses what lacks a type or an id", () => {
  const cases: [text: string, message: RegExp][] = [
    ["{}", /: type undefined is not a string$/],
    ['{"id":""}', /: type undefined is not a string$/],
    ['{"type":"a"}', /: id undefined is not a string$/],
    ['{"type":"a","id":null}', /: id null is not a string$/],
    ['{"type":"a","id":7}', /: id (number )?7 is not a string$/],
    ['{"type":7,"id":""}', /: type (number )?7 is not a string$/],
    ['{"type":null,"id":""}', /: type null is not a string$/],
    ['{"type":"","id":""}', /: type is empty$/],
    ['{"type":"a:b","id":""}', /: type "a:b" holds ":"$/],
  ];
  for (const [text, message] of cases) refuses(() => decodeText(text), message);
});

Deno.test("decodeEnvelope takes control types", () => {
  for (const type of ["__ping", "__subscribe", "__", "__v2:later"]) {
    assert.equal(decodeText(JSON.stringify({ type, id: "" })).type, type);
  }
});

Deno.test("decodeEnvelope takes a missing payload", () => {
  const envelope = decodeText('{"type":"a","id":""}');
  assert.equal(envelope.payload, undefined);
});

Deno.test("decodeEnvelope keeps further fields", () => {
  assert.deepEqual(
    decodeText('{"type":"a","id":"","payload":1,"trace":{"span":"x"}}'),
    { type: "a", id: "", payload: 1, trace: { span: "x" } },
  );
});

Deno.test("decodeEnvelope takes the last of two equal keys, as JSON.parse does", () => {
  assert.equal(decodeText('{"type":"a","type":"b","id":""}').type, "b");
});

Deno.test("decodeEnvelope lets no key reach a prototype", () => {
  const { payload } = decodeText(
    '{"type":"a","id":"","payload":' +
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}}}}',
  ) as EventEnvelope<string, Record<string, unknown>>;
  assert.deepEqual(Object.keys(payload), ["__proto__", "constructor"]);
  assert.ok(Object.hasOwn(payload, "__proto__"));
  assert.ok(Object.hasOwn(payload, "constructor"));
  assert.equal(Object.getPrototypeOf(payload), Object.prototype);
  assert.equal("polluted" in {}, false);
  assert.equal("polluted" in payload, false);
});

Deno.test("decodeEnvelope reads no field from a __proto__ key", () => {
  refuses(
    () => decodeText('{"__proto__":{"type":"a","id":"","payload":1}}'),
    /: type undefined is not a string$/,
  );
});

Deno.test("decodeEnvelope takes topics named like what objects inherit", () => {
  for (const type of ["constructor", "toString", "hasOwnProperty"]) {
    assert.equal(decodeText(JSON.stringify({ type, id: "" })).type, type);
  }
});

Deno.test("decodeEnvelope gives back what JSON.stringify wrote, lone surrogates included", () => {
  const envelope = {
    type: "a\uD800b",
    id: "\uDC00",
    payload: ["\uD83D", "\uDE00\uD83D", "😀", "\u2028", "\u0000", '"\\'],
  };
  assert.deepEqual(decodeText(JSON.stringify(envelope)), envelope);
});

Deno.test("decodeEnvelope meets nesting too deep with an envelope or an EnvelopeError", () => {
  const depth = 200_000;
  const text = `{"type":"a","id":"","payload":${"[".repeat(depth)}${
    "]".repeat(depth)
  }}`;
  try {
    assert.equal(decodeText(text).type, "a");
  } catch (error) {
    assert.ok(error instanceof EnvelopeError, String(error));
  }
});

Deno.test("parseEnvelope has the messages of decodeEnvelope", () => {
  assert.deepEqual(parseEnvelope('{"type":"a","id":"b","payload":1}'), {
    type: "a",
    id: "b",
    payload: 1,
  });
  refuses(() => parseEnvelope("{"), "Cannot decode envelope: invalid JSON");
  refuses(
    () => parseEnvelope('{"type":"a:b","id":""}'),
    'Cannot decode envelope: type "a:b" holds ":"',
  );
});
