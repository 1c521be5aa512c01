// Who subscribed to what, held against a list of all pairs.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { type Subscriber, Subscriptions } from "../../_subscriptions.ts";
import { topicOf } from "../../envelope.ts";
import { property } from "./_property.ts";

interface Link {
  readonly name: string;
}

/** Few, so that they meet; some are names that every object has. */
const TYPES = ["a", "b", "__proto__"];
const IDS = ["", "1", "2", "1:2", "constructor"];
const TOPICS = TYPES.flatMap((type) => [
  type,
  ...IDS.map((id) => `${type}:${id}`),
]);

const step = fc.record({
  adds: fc.boolean(),
  who: fc.nat(3),
  topic: fc.constantFrom(...TOPICS),
});

/** Any order of who comes and goes. */
export const subscriptions = property({
  name: "subscriptions",
  runs: 4_000,
  arbitrary: fc.array(step, { maxLength: 60, size: "max" }),
  check(steps) {
    const subscriptions = new Subscriptions<Link>();
    const all = ["ann", "bob", "cat", "dan"].map((
      name,
    ): Subscriber<Link> => ({ topics: new Set(), link: { name } }));
    const pairs = new Map(TOPICS.map((topic) => [topic, new Set<Link>()]));
    for (const { adds, who, topic } of steps) {
      const subscriber = all[who]!;
      const links = pairs.get(topic)!;
      const before = links.size;
      if (adds) {
        links.add(subscriber.link);
        const isFirst = subscriptions.add(subscriber, topic);
        assert.equal(isFirst, before === 0, `the first of ${topic}`);
      } else {
        links.delete(subscriber.link);
        const isLast = subscriptions.remove(subscriber, topic);
        assert.equal(
          isLast,
          before === 1 && links.size === 0,
          `the last of ${topic}`,
        );
      }
    }
    for (const { topics, link } of all) {
      const own = TOPICS.filter((topic) => pairs.get(topic)!.has(link));
      assert.deepEqual([...topics].sort(), own.sort());
    }
    const held = TOPICS.filter((topic) => pairs.get(topic)!.size > 0);
    assert.deepEqual([...subscriptions.topics()].sort(), held.sort());
    for (const [topic, links] of pairs) {
      assert.deepEqual(namesOf(subscriptions.linksOf(topic)), namesOf(links));
    }
    for (const type of TYPES) {
      for (const id of IDS) {
        const wanted = pairs.get(type)!.union(
          pairs.get(topicOf({ type, id }))!,
        );
        const visited: Link[] = [];
        subscriptions.forEach({ type, id }, (link) => visited.push(link));
        assert.deepEqual(namesOf(visited), namesOf(wanted));
        assert.equal(subscriptions.hasAny({ type, id }), wanted.size > 0);
      }
    }
  },
});

function namesOf(links: Iterable<Link>): string[] {
  return Array.from(links, ({ name }) => name).sort();
}
