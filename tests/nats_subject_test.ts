// How topics are written as subjects; that they never meet is a property,
// `properties/subjects.ts`.

import assert from "node:assert/strict";
import { subjectOf, subscriptionOf } from "../_nats_subject.ts";
import { topicOf } from "../envelope.ts";

Deno.test("subjects are words that nobody takes for a wildcard", () => {
  const cases: [type: string, id: string, subject: string][] = [
    ["message.sent", "room-1", "p.message.sent.room-1"],
    ["message.sent", "", "p.message.sent.%"],
    ["message.sent", "a.b", "p.message.sent.a%2Eb"],
    ["message.sent", "*", "p.message.sent.%2A"],
    ["*", ">", "p.%2A.%3E"],
    ["a.>", "a:b", "p.a.%3E.a%3Ab"],
    [".", "%", "p.%.%.%25"],
    ["a..b", "%25", "p.a.%.b.%2525"],
    ["a.", "\0\r\n \t", "p.a.%.%00%0D%0A%20%09"],
    ["grüße", "👋", "p.gr%C3%BC%C3%9Fe.%F0%9F%91%8B"],
    ["a", "\ud800", "p.a.%uD800"],
    ["a", "\udc00x\ud800", "p.a.%uDC00x%uD800"],
    ["a", "%uD800", "p.a.%25uD800"],
    ["$SYS", "-_~!'()", "p.%24SYS.-_~!'()"],
  ];
  for (const [type, id, subject] of cases) {
    assert.equal(subjectOf("p", type, id), subject);
    const topic = topicOf({ type, id });
    if (id !== "") assert.equal(subscriptionOf("p", topic), subject);
  }
});

Deno.test("a type is listened on with one word more", () => {
  assert.equal(subscriptionOf("p.q", "message.sent"), "p.q.message.sent.*");
  assert.equal(subscriptionOf("p", "a."), "p.a.%.*");
});

Deno.test("a topic that ends with its colon is no event's", () => {
  assert.equal(subscriptionOf("p", "job:"), "p.job.%%");
});
