/**
 * Events that look like an application's: every one differs in its strings and
 * numbers, and all of a kind have the same length as JSON.
 */

import { createEvent, type EventEnvelope, type TypedEvent } from "../mod.ts";

export interface Message {
  author: string;
  text: string;
  seq: number;
  at: number;
}

export type MessageEvent = TypedEvent<"message.sent", Message>;

/** What most measurements use: the JSON of one envelope, in bytes. */
export const ENVELOPE_BYTES = 171;

const WORDS =
  "every envelope holds another piece of this text so that no two strings are the same and nothing that a runtime might remember is of any use ";

const texts = new Map<number, string[]>();

/** One of many texts of a length: each made once, an application has them too. */
function textOf(length: number, n: number): string {
  let all = texts.get(length);
  if (all === undefined) texts.set(length, all = []);
  const start = n % WORDS.length;
  return all[start] ??= textFrom(start, length);
}

function textFrom(start: number, length: number): string {
  const head = WORDS.slice(start) + WORDS.slice(0, start);
  return head.repeat(Math.ceil(length / head.length)).slice(0, length);
}

/** The `n`th event, with a text of that length. */
export function messageEvent(
  n: number,
  textLength: number = DEFAULT_TEXT_LENGTH,
): MessageEvent {
  return createEvent("message.sent", `room-${100 + n % 900}`, {
    author: `user-${1000 + n % 9000}`,
    text: textOf(textLength, n),
    seq: 100_000 + n % 900_000,
    at: 1_750_000_000_000 + n,
  });
}

const VARIED_WORDS =
  "about after again agenda answer around because before branch budget call carefully change client could customer deploy deadline design draft early email error every feature first friday going great invoice issue kitchen later launch letter maybe meeting merge minute monday morning never nothing number office order other payment people please problem project question quickly ready release report review second server should something station still test thanks their there think timeout today together tomorrow train twice under update version wait week where which without work would write yesterday"
    .split(" ");

/**
 * `count` messages in which hardly anything comes twice: random ids, words and
 * numbers, some 200 bytes each.
 */
export function variedEvents(count: number): MessageEvent[] {
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => random(16).toString(16)).join("");
  return Array.from({ length: count }, (_, n) =>
    createEvent(
      "message.sent",
      `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
      {
        author: `user-${random(9000)}`,
        text: Array.from(
          { length: 8 + random(8) },
          () => VARIED_WORDS[random(VARIED_WORDS.length)],
        ).join(" "),
        seq: random(1_000_000),
        at: 1_750_000_000_000 + 37 * n,
      },
    ));
}

const withoutText = JSON.stringify(messageEvent(0, 0).detail).length;
const DEFAULT_TEXT_LENGTH = ENVELOPE_BYTES - withoutText;

/** `count` envelopes whose JSON takes `bytes` bytes each. */
export function envelopesOf(count: number, bytes: number): EventEnvelope[] {
  // The smallest ones cannot hold a whole message.
  const isSmall = bytes <= withoutText;
  const bare = JSON.stringify({ type: "tick", id: "room-100", payload: "" });
  return Array.from({ length: count }, (_, n) =>
    isSmall
      ? {
        type: "tick",
        id: `room-${100 + n % 900}`,
        payload: textOf(bytes - bare.length, n),
      }
      : messageEvent(n, bytes - withoutText).detail);
}
