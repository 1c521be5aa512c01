// Topics as subjects of NATS: no two meet, no type hears another, and no server
// takes one for anything else.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { subjectOf, subscriptionOf } from "../../_nats_subject.ts";
import { topicOf } from "../../envelope.ts";
import { property } from "./_property.ts";

/**
 * Whether a subscription gets what is published on a subject.
 * https://docs.nats.io/nats-concepts/subjects#wildcards
 */
function matches(subscription: string, subject: string): boolean {
  const [wanted, words] = [subscription.split("."), subject.split(".")];
  for (const [i, word] of wanted.entries()) {
    if (word === ">") return words.length > i;
    if (i >= words.length || word !== "*" && word !== words[i]) return false;
  }
  return wanted.length === words.length;
}

/** Words that are not empty, of what no word may hold. */
function assertLiteral(subject: string): void {
  for (const word of subject.split(".")) {
    assert.match(word, /^[!-)+-\-/-=?-~]+$/, "printable ASCII, no wildcard");
  }
}

/** Little that is apart, and much that could be taken for something else. */
const character = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(..."a.%*>25uD8Ee:") },
  {
    weight: 2,
    arbitrary: fc.constantFrom("\ud800", "\udc00", "\ud83d", "\0", " ", "\n"),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 2 }) },
);
const text = (maxLength: number) =>
  fc.array(character, { maxLength }).map((all) => all.join(""));

const event = fc.record({
  type: text(5).map((type) => type.replaceAll(":", "")).filter((type) =>
    type !== "" && !type.startsWith("__")
  ),
  id: text(5),
});

const unicode = (half: string) =>
  `%u${half.charCodeAt(0).toString(16).toUpperCase()}`;

/** Two that may be the same, or of the same type, or look like each other. */
const nearly = fc.tuple(event, event).chain(([one, other]) =>
  fc.constantFrom(
    [one, other],
    [one, { type: one.type, id: other.id }],
    [one, { type: other.type, id: one.id }],
    [one, { type: `${one.type}.${other.type}`, id: one.id }],
    // Of the same characters, with the border elsewhere.
    [one, { type: `${one.type}.${one.id.replaceAll(":", "")}`, id: "" }],
    [one, { type: one.type, id: encodeURIComponent(one.id.toWellFormed()) }],
    [one, { type: one.type, id: one.id.replace(/\p{Surrogate}/gu, unicode) }],
  )
);

const PREFIXES = ["alkpubsub", "a", "a.b", "%"];

/** Two events, and who hears which. */
export const subjects = property({
  name: "subjects",
  runs: 50_000,
  arbitrary: fc.tuple(nearly, fc.constantFrom(...PREFIXES)),
  check([[one, other], prefix]) {
    assert(one && other);
    const subject = subjectOf(prefix, other.type, other.id);
    assertLiteral(subject);
    const topic = topicOf(one);
    const isSame = topic === topicOf(other);
    assert.equal(subjectOf(prefix, one.type, one.id) === subject, isSame);
    const ofType = subscriptionOf(prefix, one.type);
    assertLiteral(ofType.slice(0, -".*".length));
    assert.equal(matches(ofType, subject), one.type === other.type, "type");
    if (one.id !== "") {
      const ofTopic = subscriptionOf(prefix, topic);
      assertLiteral(ofTopic);
      assert.equal(matches(ofTopic, subject), isSame, "topic");
    }
    const ofNone = subscriptionOf(prefix, `${one.type}:`);
    assert.equal(matches(ofNone, subject), false, "no id behind the colon");
    return 2;
  },
});
