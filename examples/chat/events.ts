// What travels in the chat, and what it has to look like. Server, page and
// terminal share these schemas: nobody shows what does not match them.

import type { EventsOf } from "@alkdev/pubsub";
import * as v from "valibot";

export const MAX_TEXT = 1000;
export const MAX_NAME = 40;
/** Messages of a room that a newcomer is sent. */
export const MAX_HISTORY = 50;
/** A second before the year 275761, the last that a Date can hold. */
const MAX_TIME = 8_640_000_000_000_000;

/** Empty space is nothing to say. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;
/** Control characters would be commands to a terminal. */
const ONE_LINE = /^\P{Cc}*$/u;
const LINES = /^[\P{Cc}\n\t]*$/u;

const name = v.pipe(
  v.string(),
  v.maxLength(MAX_NAME),
  v.regex(VISIBLE),
  v.regex(ONE_LINE),
);
const person = v.strictObject({
  /** By which a hub knows the connection, so that nobody can borrow it. */
  id: v.pipe(v.string(), v.maxLength(64)),
  /** Freely chosen, and no proof of anything. */
  name,
});
const message = v.strictObject({
  /** By it a message that is sent again is known. */
  id: v.pipe(v.string(), v.uuid()),
  from: person,
  text: v.pipe(
    v.string(),
    v.maxLength(MAX_TEXT),
    v.regex(VISIBLE),
    v.regex(LINES),
  ),
  /** Milliseconds since 1970, by the clock of who wrote it. */
  at: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_TIME)),
});
const room = v.pipe(v.string(), v.regex(/^[\p{L}\p{N}_-]{1,32}$/u));
const people = v.array(person);

/** By event type. The id of all but `direct` is the room. */
export const schemas = {
  /** Somebody says something. */
  "chat.message": message,
  /** Somebody came in, or has a new name; answered with `direct`. */
  "chat.hello": v.strictObject({ from: person }),
  /** Somebody left the room, and stays connected. */
  "chat.bye": v.null(),
  /** The server tells who is in the room. */
  "chat.here": v.strictObject({ people }),
  /** The server welcomes one connection; the id is the connection's. */
  "direct": v.strictObject({ room, people, messages: v.array(message) }),
};

/** The payload of each event type. */
export type ChatEventMap = {
  [TType in keyof typeof schemas]: v.InferOutput<typeof schemas[TType]>;
};
export type ChatEvent = EventsOf<ChatEventMap>;

export type Message = ChatEventMap["chat.message"];
export type Person = v.InferOutput<typeof person>;
export type Welcome = ChatEventMap["direct"];

/** Whether a room can have this name. */
export function isRoom(value: string): boolean {
  return v.is(room, value);
}

/** Whether a person can have this name. */
export function isName(value: string): boolean {
  return v.is(name, value);
}
