// Events that are valid and strange: what a listener of the hub sees of them, and
// so does every subscriber that they are relayed to, in whatever runtime.

/** One event, as a hostile peer writes it. */
export interface PayloadRow {
  readonly name: string;
  /** JSON text. */
  readonly text: string;
  /** The topics of the listeners that hear it, of those below. */
  readonly heardOn: readonly string[];
  /** The envelope that they get, in words. */
  readonly seen: string;
}

/** What is listened to. */
export const topics: readonly string[] = [
  ...["n", "constructor", "toString", "hasOwnProperty", "allowed"],
  // In Unicode, texts that look alike are not the same text.
  ...["n:\u00e9", "n:e\u0301", "n:\u0000", "n:a\nb", "n:\ufeff", "n:\ud800"],
  ...["n:\ufffd", "n:", "n: ", "n:a:b"],
];

const envelope = (id: string, payload: string) =>
  `{"type": "n", "id": ${JSON.stringify(id)}, "payload": ${payload}}`;

const payload = (name: string, text: string, seen: string): PayloadRow => ({
  name,
  text: envelope("", text),
  heardOn: ["n"],
  seen: envelope("", seen),
});

/** An event whose id is all that matters. */
const id = (name: string, value: string, topic?: string): PayloadRow => ({
  name,
  text: envelope(value, "1"),
  heardOn: topic === undefined ? ["n"] : [topic, "n"],
  seen: envelope(value, "1"),
});

export const payloadRows: readonly PayloadRow[] = [
  payload(
    "__proto__ and constructor as properties",
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}',
  ),
  payload(
    "properties in the place of methods",
    '{"toJSON":"a","toString":1,"valueOf":null,"then":true,"length":-1}',
    '{"toJSON": "a", "toString": 1, "valueOf": null, "then": true, "length": -1}',
  ),
  payload(
    "numbers that no double holds",
    "[1e400,-1e400,1e-400,-0,9007199254740993,0.1e1]",
    "[Infinity -Infinity 0 -0 9007199254740992 1]",
  ),
  payload(
    "surrogates without their other half",
    '["\\ud800","\\udc00\\ud800","\ufffd","\\ud83d\\ude00"]',
    '["\\ud800" "\\udc00\\ud800" "\ufffd" "\u{1f600}"]',
  ),
  payload(
    "a byte order mark and NUL within texts",
    '["\ufeffa","\\ufeffa","\\u0000","\\u2028"]',
    '["\ufeffa" "\ufeffa" "\\u0000" "\u2028"]',
  ),
  payload("keys twice", '{"a":1,"b":2,"a":3}', '{"a": 3, "b": 2}'),
  payload(
    "100 000 levels",
    "[".repeat(100_000) + "]".repeat(100_000),
    // The description counts the rest where it stops to go down.
    "[".repeat(8) + "99992 levels" + "]".repeat(8),
  ),
  {
    // The last one counts, for the hub and for subscribers: one parser, one rule.
    name: "type, id and payload twice",
    text:
      '{"type":"allowed","id":"a","payload":0,"\\u0074ype":"n","id":"","payload":1}',
    heardOn: ["n"],
    seen: envelope("", "1"),
  },
  {
    name: "no payload",
    text: '{"type":"n","id":""}',
    heardOn: ["n"],
    seen: '{"type": "n", "id": ""}',
  },
  {
    name: "further properties of the envelope",
    text: '{"__proto__":{"id":"x"},"payload":1,"to":"all","id":"","type":"n"}',
    heardOn: ["n"],
    seen:
      '{"__proto__": {"id": "x"}, "payload": 1, "to": "all", "id": "", "type": "n"}',
  },
  ...["constructor", "toString", "hasOwnProperty"].map((type) => ({
    name: `the type ${type}`,
    text: `{"type":"${type}","id":"__proto__","payload":1}`,
    heardOn: [type],
    seen: `{"type": "${type}", "id": "__proto__", "payload": 1}`,
  })),
  id("an id that is composed", "\u00e9", "n:\u00e9"),
  id("the same, decomposed", "e\u0301", "n:e\u0301"),
  id("an id of NUL", "\u0000", "n:\u0000"),
  id("an id of two lines", "a\nb", "n:a\nb"),
  id("an id of a byte order mark", "\ufeff", "n:\ufeff"),
  id("an id of half a character", "\ud800", "n:\ud800"),
  id("an id of a replacement character", "\ufffd", "n:\ufffd"),
  id("an id of a space", " ", "n: "),
  id("an id that holds a colon", "a:b", "n:a:b"),
  id("an id of two spaces", "  "),
  // Listening to `n:` hears nothing: an event of no id is of the topic `n`.
  id("no id", ""),
];

/** All that a listener tells of these rows. */
export const views: readonly string[] = payloadRows.flatMap(
  ({ heardOn, seen }) =>
    heardOn.map((topic) => `${JSON.stringify(topic)} ${seen}`),
);
