// What ends a subscription, and that nothing of it is left then.

import assert from "node:assert/strict";
import {
  ClosedError,
  createInProcessEventTarget,
  createPubSub,
  type EventEnvelope,
  OverflowError,
  type PubSub,
  type Subscription,
} from "../mod.ts";
import { countedAbort, countedTarget } from "./_counting.ts";
import { countAlive, heapBytes } from "./_garbage.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const DONE = { value: undefined, done: true };

/** Every way a subscription can end, but for a failure of the target. */
const ENDINGS: Record<
  string,
  (
    subscription: Subscription<EventEnvelope>,
    also: {
      pubsub: PubSub<Record<string, unknown>>;
      abort: AbortController;
      close: () => Promise<void>;
    },
  ) => Promise<unknown>
> = {
  async break(subscription, { pubsub }) {
    pubsub.publish("job.done", "7", 1);
    for await (const _ of subscription) break;
  },
  async "a throw in the loop"(subscription, { pubsub }) {
    pubsub.publish("job.done", "7", 1);
    await assert.rejects(async () => {
      for await (const _ of subscription) throw new Error("mine");
    }, { message: "mine" });
  },
  "return()": (subscription) => subscription.return(),
  "return() before a next() has settled"(subscription) {
    const next = subscription.next();
    subscription.return();
    return next;
  },
  "throw()": (subscription) => subscription.throw(new Error()).catch(() => {}),
  async "await using"(subscription) {
    await using _ = subscription;
  },
  // deno-lint-ignore require-await -- all at once
  async "its signal"(_, { abort }) {
    abort.abort();
  },
  async "its signal before a next() has settled"(subscription, { abort }) {
    const next = subscription.next();
    abort.abort();
    assert.deepEqual(await next, DONE);
  },
  async "its signal with something queued"(subscription, { abort, pubsub }) {
    pubsub.publish("job.done", "7", 1);
    abort.abort();
    assert.deepEqual(await subscription.next(), DONE);
  },
  async "an overflow"(subscription, { pubsub }) {
    for (let i = 0; i < 9; i++) pubsub.publish("job.done", "7", i);
    for (let i = 0; i < 9; i++) await subscription.next().catch(() => {});
  },
  "the end of the target": (_, { close }) => close(),
  async "the end of the target before a next() has settled"(
    subscription,
    { close },
  ) {
    const next = subscription.next();
    await close();
    assert.deepEqual(await next, DONE);
  },
};

for (const [name, end] of Object.entries(ENDINGS)) {
  Deno.test(`a subscription that ends by ${name} leaves no listener`, async () => {
    const { eventTarget, counts } = countedTarget();
    const pubsub = createPubSub<Record<string, unknown>>({ eventTarget });
    const abort = countedAbort();
    const subscription = pubsub.subscribe("job.done", "7", {
      signal: abort.signal,
      bufferSize: 8,
    });
    assert.equal(counts.listening, 1);
    assert.equal(abort.counts.listening, 1);
    await end(subscription, {
      pubsub,
      abort,
      close: () => eventTarget.close(),
    });
    assert.equal(counts.listening, 0);
    assert.deepEqual(counts.removed, ["job.done:7"], "removed once");
    assert.equal(abort.counts.listening, 0);
    assert.deepEqual(await subscription.next(), DONE);
  });
}

Deno.test("subscribe with an aborted signal never listens", async () => {
  const { eventTarget, counts } = countedTarget();
  const pubsub = createPubSub({ eventTarget });
  const signal = AbortSignal.abort();
  const jobs = pubsub.subscribe("job.done", "", { signal });
  pubsub.publish("job.done", "", 1);
  assert.deepEqual(await jobs.next(), DONE);
  assert.deepEqual(counts.added, []);
  await eventTarget.close();
  assert.deepEqual(await jobs.next(), DONE);
});

Deno.test("a target that closes ends its subscriptions once they are worked off", async () => {
  const eventTarget = createInProcessEventTarget();
  const pubsub = createPubSub({ eventTarget });
  const subscriptions: Subscription<EventEnvelope>[] = [
    pubsub.subscribe("job.done"),
    pubsub.subscribe("job.done", "7"),
    pubsub.subscribe("message.sent"),
  ];
  pubsub.publish("job.done", "7", 1);
  pubsub.publish("job.done", "8", 2);
  await eventTarget.close();
  assert.throws(() => pubsub.publish("job.done", "7", 3), ClosedError);
  const all = await Promise.all(
    subscriptions.map((subscription) => Array.fromAsync(subscription)),
  );
  assert.deepEqual(
    all.map((one) => one.map(({ payload }) => payload)),
    [[1, 2], [1], []],
  );
});

Deno.test("a subscription of a target that has closed has ended, too", async () => {
  const { eventTarget, counts } = countedTarget();
  const pubsub = createPubSub({ eventTarget });
  const closing = eventTarget.close();
  const inTheSameTask = pubsub.subscribe("job.done");
  await closing;
  const before = counts.added.length;
  const later = pubsub.subscribe("job.done");
  assert.equal(counts.added.length, before, "there is nothing to listen to");
  const late = createPubSub({ eventTarget }).subscribe("job.done");
  for (const subscription of [inTheSameTask, later, late]) {
    assert.deepEqual(await subscription.next(), DONE);
  }
  assert.equal(counts.listening, 0);
});

Deno.test("for await and await using over one subscription", async () => {
  const { eventTarget, counts } = countedTarget();
  const pubsub = createPubSub({ eventTarget });
  const got: unknown[] = [];
  {
    await using jobs = pubsub.subscribe("job.done");
    for (const payload of [1, 2, 3]) pubsub.publish("job.done", "", payload);
    for await (const { payload } of jobs) {
      got.push(payload);
      if (payload === 2) break;
    }
    assert.equal(counts.listening, 0, "the break ended it");
    for await (const { payload } of jobs) got.push(payload);
  }
  assert.deepEqual(got, [1, 2], "what has ended gives nothing more");

  await assert.rejects(async () => {
    await using _ = pubsub.subscribe("job.done");
    assert.equal(counts.listening, 1);
    throw new Error("mine");
  }, { message: "mine" });
  assert.equal(counts.listening, 0, "the scope ended it");
});

Deno.test("ReadableStream.from takes a subscription, and cancel ends it", async () => {
  const { eventTarget, counts } = countedTarget();
  const pubsub = createPubSub({ eventTarget });
  const stream = ReadableStream.from(pubsub.subscribe("job.done"));
  for (const payload of [1, 2, 3]) pubsub.publish("job.done", "", payload);
  const reader = stream.getReader();
  assert.equal((await reader.read()).value?.payload, 1);
  assert.equal((await reader.read()).value?.payload, 2);
  assert.equal(counts.listening, 1);
  await reader.cancel("enough");
  assert.equal(counts.listening, 0);
  assert.equal((await reader.read()).done, true);
});

Deno.test("ReadableStream.from passes on an overflow and the end", async () => {
  const eventTarget = createInProcessEventTarget();
  const pubsub = createPubSub({ eventTarget });
  const failing = ReadableStream.from(
    pubsub.subscribe("job.done", "", { bufferSize: 1 }),
  );
  const ending = ReadableStream.from(pubsub.subscribe("job.done"));
  for (const payload of [1, 2, 3]) pubsub.publish("job.done", "", payload);
  await eventTarget.close();
  await assert.rejects(Array.fromAsync(failing), OverflowError);
  const all = await Array.fromAsync(ending, ({ payload }) => payload);
  assert.deepEqual(all, [1, 2, 3]);
});

Deno.test("createPubSub waits once for the end of its target, whoever subscribes", async () => {
  const eventTarget = createInProcessEventTarget();
  const { closed } = eventTarget;
  let asked = 0;
  const then = closed.then.bind(closed);
  closed.then = (...args) => {
    asked++;
    return then(...args);
  };
  const pubsub = createPubSub({ eventTarget });
  for (let i = 0; i < 10; i++) await pubsub.subscribe("job.done").return();
  assert.equal(asked, 1);
  await eventTarget.close();
});

Deno.test("100 000 short-lived subscriptions leave nothing behind", async () => {
  const eventTarget = createInProcessEventTarget();
  const pubsub = createPubSub({ eventTarget });
  const { signal } = new AbortController();
  const refs: WeakRef<object>[] = [];
  const live = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const id = String(i % 100);
      const jobs = pubsub.subscribe("job.done", id, { signal, bufferSize: 1 });
      if (i % 100 === 0) refs.push(new WeakRef(jobs));
      pubsub.publish("job.done", id, i);
      // In turn: an overflow, the end of a loop, return().
      if (i % 3 === 0) pubsub.publish("job.done", id, i);
      else if (i % 3 === 1) { for await (const _ of jobs) break; }
      else await jobs.return();
    }
  };
  await live(1000); // What is made once is not counted.
  const before = await heapBytes();
  await live(100_000);
  assert.equal(await countAlive(refs), 0);
  const grown = await heapBytes() - before;
  // 100 000 closures, the least that could be left, take some 5 MB.
  assert.ok(grown < 2_000_000, `${grown} bytes more`);
  await eventTarget.close();
});

Deno.test("subscriptions with an aborted signal leave nothing on it", async () => {
  const pubsub = createPubSub();
  const signal = AbortSignal.abort();
  const refs: WeakRef<object>[] = [];
  const live = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const jobs = pubsub.subscribe("job.done", "", { signal });
      refs.push(new WeakRef(jobs));
      await jobs.return();
    }
  };
  await live(1000);
  assert.equal(await countAlive(refs), 0);
  assert.equal(signal.aborted, true, "it is alive itself");
});
