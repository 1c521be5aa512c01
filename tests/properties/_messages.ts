// Messages for hubs and decoders: right ones, those that are nearly right, and
// those of somebody who knows how it is made.

import type { Random } from "./_bytes.ts";

/** Few topics, so that they meet; some are names that every object has. */
const TYPES = ["a", "b.c", "direct", "__proto__", "constructor", "ä€😀"];
const IDS = ["", "1", "2", "x:y", ":", "__proto__", "toString", "peer", "é"];

/** A type that may be published, most of the time. */
export function typeOf(random: Random): string {
  return TYPES[random(TYPES.length)]!;
}

/** Any id. */
export function idOf(random: Random): string {
  return IDS[random(IDS.length)]!;
}

/** A topic, or what none can be. */
export function topicOf(random: Random): string {
  switch (random(12)) {
    case 0:
      return ["", ":", "__ping", "__x:1", "a:"][random(5)]!;
    case 1:
      return "€".repeat(random(16));
    case 2:
      return random(2) === 0 ? "direct:peer" : "direct:other";
    default: {
      const id = idOf(random);
      return id === "" ? typeOf(random) : `${typeOf(random)}:${id}`;
    }
  }
}

/** JSON texts that mean something to somebody. */
const PAYLOADS = [
  "null",
  "0",
  "-1e400",
  '"text"',
  '"\\ud800"',
  '"\\u0000"',
  "[]",
  '{"__proto__":{"topic":"a"}}',
  '{"topic":7}',
  '{"topic":null}',
  '{"toJSON":"no function"}',
  `"${"x".repeat(300)}"`,
  "[".repeat(60) + "]".repeat(60),
];

/** A payload as JSON text. */
export function payloadOf(random: Random): string {
  return PAYLOADS[random(PAYLOADS.length)]!;
}

const NO_ENVELOPES = [
  "",
  " ",
  "null",
  "[]",
  '"text"',
  "{}",
  '{"type":"","id":"","payload":1}',
  '{"type":"a:b","id":"","payload":1}',
  '{"type":["a"],"id":"","payload":1}',
  '{"type":"a","id":7,"payload":1}',
  '{"type":"a","payload":1}',
  '{"__proto__":{"type":"a","id":""}}',
  '\ufeff{"type":"a","id":"","payload":1}',
  '{"type":"a","id":"","payload":1}{}',
  "[".repeat(200),
];

/** An envelope as JSON text, or what looks like one. */
export function messageOf(random: Random): string {
  const id = JSON.stringify(idOf(random));
  switch (random(16)) {
    case 0:
      return NO_ENVELOPES[random(NO_ENVELOPES.length)]!;
    case 1:
    case 2:
    case 3:
      return `{"type":"__subscribe","id":"","payload":{"topic":${
        JSON.stringify(topicOf(random))
      }}}`;
    case 4:
    case 5:
      return `{"type":"__unsubscribe","id":"","payload":{"topic":${
        JSON.stringify(topicOf(random))
      }}}`;
    case 6:
      return `{"type":"__ping","id":${id},"payload":null}`;
    case 7:
      return `{"type":"__pong","id":${random(4)},"payload":null}`;
    case 8:
      return `{"type":"__pong","id":"${random(4)}"}`;
    case 9:
      return `{"id":${id},"type":"__later","payload":${payloadOf(random)}}`;
    case 10:
      return `{"type":"${
        random(2) ? "__subscribe" : "__unsubscribe"
      }","id":"",` +
        `"payload":${payloadOf(random)}}`;
    default:
      return `{"type":${JSON.stringify(typeOf(random))},"id":${id},` +
        `"payload":${payloadOf(random)}}`;
  }
}

/** An envelope as JSON text, of which nothing is wrong. */
export function validMessageOf(random: Random): string {
  return JSON.stringify({
    type: random(4) === 0 ? "__later" : typeOf(random),
    id: idOf(random),
    payload: JSON.parse(payloadOf(random)),
  });
}

/** What JSON is made of, and what must not be in it. */
const CHARACTERS = [
  ...'{}[]",:\\/_ 0e-.',
  "null",
  "true",
  '"__',
  "\\u",
  "\n",
  "\u0000",
  "\u2028",
  "\ufeff",
  "\ufffd",
  "\ud800",
  "é",
  "😀",
];

/** The same text with some characters changed, lost, doubled or put in. */
export function mutatedText(
  text: string,
  random: Random,
  times: number,
): string {
  for (let i = 0; i < times; i++) {
    const at = random(text.length + 1);
    const to = at + random(4);
    const character = CHARACTERS[random(CHARACTERS.length)]!;
    switch (random(4)) {
      case 0:
        text = text.slice(0, at) + character + text.slice(at);
        break;
      case 1:
        text = text.slice(0, at) + character + text.slice(at + 1);
        break;
      case 2:
        text = text.slice(0, at) + text.slice(to);
        break;
      default:
        text = text.slice(0, to) + text.slice(at);
    }
  }
  return text;
}
