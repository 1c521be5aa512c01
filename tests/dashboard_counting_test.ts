// What a sampler counts by: few of many, in memory for a few.

import assert from "node:assert/strict";
import fc from "fast-check";
import { ConnectionRates } from "../_dashboard_connections.ts";
import { FeedLimit } from "../_dashboard_feed.ts";
import { TopicRates } from "../_dashboard_topics.ts";
import { HeavyHitters } from "../_heavy_hitters.ts";
import { TopN } from "../_top_n.ts";
import { createEvent } from "../envelope.ts";
import { Log } from "./_waiting.ts";
import { testOnDeno } from "./_websocket.ts";

Deno.test.sanitizer({ ops: true, resources: true });

Deno.test("TopN keeps the largest, as sorting does", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 0, max: 50 })),
    fc.integer({ min: 1, max: 20 }),
    (weights, size) => {
      const top = new TopN<number>(size);
      for (const weight of weights) top.offer(weight, weight);
      const sorted = weights.toSorted((a, b) => b - a).slice(0, size);
      assert.deepEqual(top.toSorted(), sorted);
    },
  ));
});

Deno.test("HeavyHitters is exact while there is room, and bounded beyond", () => {
  fc.assert(fc.property(
    fc.array(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 300 }), {
      maxLength: 4,
    }),
    fc.integer({ min: 1, max: 12 }),
    (rounds, capacity) => {
      const hitters = new HeavyHitters(capacity, () => ({ own: 0 }));
      for (const keys of rounds) {
        const exact = new Map<string, number>();
        for (const key of keys.map(String)) {
          exact.set(key, (exact.get(key) ?? 0) + 1);
          hitters.add(key).own++;
        }
        const counted = new Map(
          hitters.entries.map((entry) => [entry.key, entry]),
        );
        assert(counted.size <= capacity);
        for (const { key, count, error } of counted.values()) {
          const real = exact.get(key) ?? 0;
          assert(count - error <= real && real <= count);
          assert(error <= keys.length / capacity);
        }
        for (const [key, count] of exact) {
          if (count > keys.length / capacity) assert(counted.has(key));
        }
        hitters.next();
      }
    },
  ));
});

Deno.test("HeavyHitters keeps for a key what its owner does", () => {
  const hitters = new HeavyHitters(2, () => ({ bytes: 0 }));
  for (const key of ["a", "b", "a", "a"]) hitters.add(key).bytes += 10;
  hitters.add("c").bytes += 1;
  const kept = hitters.entries.map(({ key, count, error, own }) =>
    `${key} ${count}±${error} ${own.bytes}`
  );
  assert.deepEqual(kept.sort(), ["a 3±0 30", "c 2±1 1"]);
});

Deno.test("TopicRates are of the last sample, in the order of some more", () => {
  const rates = new TopicRates();
  const read = (seconds = 1) =>
    rates.next(seconds).map(({ topic, rate, bytesRate, deliveryRate }) =>
      `${topic} ${rate} ${bytesRate} ${deliveryRate}`
    );
  const count = (id: string, times: number) => {
    for (let i = 0; i < times; i++) {
      rates.count({ type: "t", id, payload: 1 }, 50, 3);
    }
  };
  for (let second = 0; second < 3; second++) {
    count("often", 10);
    assert.deepEqual(read(), ["t:often 10 500 30"]);
  }
  count("once", 1);
  // It keeps its place in a second without an event.
  assert.deepEqual(read(0.5), ["t:often 0 0 0", "t:once 2 100 6"]);
  count("more", 8);
  assert.deepEqual(read(2), [
    "t:often 0 0 0",
    "t:more 4 200 12",
    "t:once 0 0 0",
  ]);
  for (let second = 0; second < 4; second++) {
    count("once", 1);
    read();
  }
  // What is over is behind all that goes on, and is forgotten.
  const order = () => rates.next(1).map(({ topic }) => topic);
  assert.deepEqual(order(), ["t:once", "t:more", "t:often"]);
  const after = Array.from({ length: 20 }, () => order().length);
  assert.deepEqual(after, after.toSorted((a, b) => b - a));
  assert.equal(after[0], 3);
  assert.equal(after.at(-1), 0);
});

testOnDeno("ConnectionRates looks at so many at a time", async (setting) => {
  const gone = new Log<string>();
  const hub = await setting.hub({ onDisconnection: ({ id }) => gone.add(id) });
  const clients = await Promise.all(
    Array.from(
      { length: 60 },
      (_, i) => setting.client(`${hub.url}/peer-${i}`),
    ),
  );
  const busy = clients[50]!;
  busy.addEventListener("a.b", () => {});
  await busy.flush();
  const rates = new ConnectionRates([hub], 10);
  let shown = rates.next();
  for (let round = 0; round < 14; round++) {
    hub.dispatchEvent(createEvent("a.b", "", 1));
    shown = rates.next();
    // Ten that are next, and those of the sample before.
    assert(shown.visited <= 10 + 2 * FeedLimit.CONNECTIONS, `${shown.visited}`);
  }
  const [first, ...others] = shown.connections.toSorted((a, b) =>
    b.rates.eventsOut - a.rates.eventsOut
  );
  assert.equal(first!.id, "peer-50");
  assert.equal(first!.topics, 1);
  assert(first!.rates.eventsOut > 0);
  assert(others.every(({ rates }) => rates.eventsOut === 0));
  assert(shown.connections.length <= 2 * FeedLimit.CONNECTIONS);

  // One that has left is shown no more.
  await busy.close();
  await gone.count(1);
  const { connections } = rates.next();
  assert(!connections.some(({ id }) => id === "peer-50"));
});
