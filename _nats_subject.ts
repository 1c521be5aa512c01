// Topics as subjects of NATS: the words of the type, then the id as one word.
// No two topics have one subject, and no topic is anybody else's wildcard.

import { parseTopic } from "./envelope.ts";

/** What stands for an empty word: no escape ends there. */
const EMPTY = "%";

/** A word that stands for none: nothing is published with it. */
const NEVER = "%%";

/**
 * The subject of an event: `message.sent:room.1` is `<prefix>.message.sent.room%2E1`,
 * and `message.sent` is `<prefix>.message.sent.%`.
 */
export function subjectOf(prefix: string, type: string, id: string): string {
  return `${subjectOfType(prefix, type)}.${escapeWord(id)}`;
}

/** What subscribes to a topic: one word more for all the ids of a type. */
export function subscriptionOf(prefix: string, topic: string): string {
  const { type, id } = parseTopic(topic);
  if (type === topic) return `${subjectOfType(prefix, type)}.*`;
  // Behind a colon there is an id: no event has the topic `job:`.
  if (id === "") return `${subjectOfType(prefix, type)}.${NEVER}`;
  return subjectOf(prefix, type, id);
}

function subjectOfType(prefix: string, type: string): string {
  return `${prefix}.${type.split(".").map(escapeWord).join(".")}`;
}

/** What needs no escape: most words. */
const PLAIN = /^[\w!~'()-]+$/;

/** Percent-encoding (RFC 3986), of what separates words and wildcards, too. */
function escapeWord(word: string): string {
  if (PLAIN.test(word)) return word;
  if (word === "") return EMPTY;
  return word.split(/(\p{Surrogate})/u).map((part, i) =>
    // A half of a character has no bytes of UTF-8.
    i % 2 === 1
      ? `%u${part.charCodeAt(0).toString(16).toUpperCase()}`
      : encodeURIComponent(part).replace(/[.*]/g, escapeCharacter)
  ).join("");
}

function escapeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
