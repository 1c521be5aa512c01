// Who subscribed to what; that it is told as by a list of all is a property,
// `properties/subscriptions.ts`.

import assert from "node:assert/strict";
import { type Subscriber, Subscriptions } from "../_subscriptions.ts";

Deno.test.sanitizer({ ops: true, resources: true });

interface Link {
  readonly name: string;
}

const subscriber = (name: string): Subscriber<Link> => ({
  topics: new Set(),
  link: { name },
});

/** Who hears of an event. */
function heard(
  subscriptions: Subscriptions<Link>,
  type: string,
  id: string,
): string[] {
  const names: string[] = [];
  subscriptions.forEach({ type, id }, ({ name }) => names.push(name));
  return names.sort();
}

for (const topic of ["a", "a:1", "a:", "a:1:2", "__proto__", "a:__proto__"]) {
  Deno.test(`Subscriptions tells the first and the last of ${topic}`, () => {
    const subscriptions = new Subscriptions<Link>();
    const [ann, bob] = [subscriber("ann"), subscriber("bob")];
    assert.equal(subscriptions.remove(ann, topic), false, "there is none");
    assert.equal(subscriptions.add(ann, topic), true);
    assert.equal(subscriptions.add(ann, topic), false, "again");
    assert.equal(subscriptions.add(bob, topic), false);
    assert.deepEqual([...subscriptions.linksOf(topic)], [ann.link, bob.link]);
    assert.deepEqual([...subscriptions.topics()], [topic]);
    assert.equal(subscriptions.remove(ann, topic), false);
    assert.equal(subscriptions.remove(ann, topic), false, "again");
    assert.deepEqual([...subscriptions.linksOf(topic)], [bob.link]);
    assert.equal(subscriptions.remove(bob, topic), true);
    assert.equal(subscriptions.remove(bob, topic), false, "again");
    assert.deepEqual([...subscriptions.linksOf(topic)], []);
    assert.deepEqual([...subscriptions.topics()], []);
    assert.deepEqual([ann.topics.size, bob.topics.size], [0, 0]);
  });
}

Deno.test("Subscriptions keeps a type, its topics and what is like them apart", () => {
  const subscriptions = new Subscriptions<Link>();
  const topics = ["a", "a:", "a:1", "a:1:2", "b:1", "a.b", "b"];
  for (const topic of topics) {
    assert.equal(subscriptions.add(subscriber(topic), topic), true, topic);
  }
  for (const topic of topics) {
    const names = [...subscriptions.linksOf(topic)].map(({ name }) => name);
    assert.deepEqual(names, [topic]);
  }
  assert.deepEqual([...subscriptions.topics()].sort(), topics.sort());
  assert.deepEqual(heard(subscriptions, "a", ""), ["a"]);
  assert.deepEqual(heard(subscriptions, "a", "1"), ["a", "a:1"]);
  assert.deepEqual(heard(subscriptions, "a", "1:2"), ["a", "a:1:2"]);
  assert.deepEqual(heard(subscriptions, "a", "3"), ["a"]);
  assert.deepEqual(heard(subscriptions, "c", ""), []);
});

Deno.test("Subscriptions has nobody for an event whom it would not visit", () => {
  const subscriptions = new Subscriptions<Link>();
  const ann = subscriber("ann");
  subscriptions.add(ann, "a:1");
  assert.equal(subscriptions.hasAny({ type: "a", id: "1" }), true);
  assert.equal(subscriptions.hasAny({ type: "a", id: "2" }), false);
  assert.equal(subscriptions.hasAny({ type: "a", id: "" }), false);
  // Nothing can be published on it.
  subscriptions.add(ann, "a:");
  assert.deepEqual(heard(subscriptions, "a", ""), []);
  assert.equal(subscriptions.hasAny({ type: "a", id: "" }), false);
});
