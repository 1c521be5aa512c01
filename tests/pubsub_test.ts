import assert from "node:assert/strict";
import {
  createEvent,
  createInProcessEventTarget,
  createPubSub,
  type EventsOf,
  OverflowError,
  type TypedEventTarget,
} from "../mod.ts";
import { countedTarget } from "./_counting.ts";
import { takeAll, takePayloads } from "./_taking.ts";

Deno.test.sanitizer({ ops: true, resources: true });

type Events = {
  "message.sent": { text: string };
  "job.done": number;
};

const DONE = { value: undefined, done: true };

Deno.test("createPubSub gives a subscriber the envelope that was published", async () => {
  const pubsub = createPubSub<Events>();
  const messages = pubsub.subscribe("message.sent");
  const payload = { text: "hello" };
  assert.equal(pubsub.publish("message.sent", "room-1", payload), undefined);
  pubsub.publish("message.sent", "", payload);
  const all = await takeAll(messages);
  assert.deepEqual(all, [
    { type: "message.sent", id: "room-1", payload },
    { type: "message.sent", id: "", payload },
  ]);
  assert.equal(all[0]!.payload, payload, "in process nothing is copied");
});

Deno.test("subscribe gets the events of its id, or those of every id", async () => {
  const pubsub = createPubSub<Events>();
  const all = pubsub.subscribe("job.done");
  const emptyId = pubsub.subscribe("job.done", "");
  const undefinedId = pubsub.subscribe("job.done", undefined, {});
  const seven = pubsub.subscribe("job.done", "7");
  const colons = pubsub.subscribe("job.done", "a:b:");
  const other = pubsub.subscribe("message.sent", "7");
  ["7", "8", "", "a:b:", "a"].forEach((id, i) =>
    pubsub.publish("job.done", id, i)
  );
  assert.deepEqual(await takePayloads(all), [0, 1, 2, 3, 4]);
  assert.deepEqual(await takePayloads(emptyId), [0, 1, 2, 3, 4]);
  assert.deepEqual(await takePayloads(undefinedId), [0, 1, 2, 3, 4]);
  assert.deepEqual(await takePayloads(seven), [0]);
  assert.deepEqual(await takePayloads(colons), [3]);
  assert.deepEqual(await takePayloads(other), []);
});

Deno.test("subscribe listens from the call on", async () => {
  const pubsub = createPubSub<Events>();
  pubsub.publish("job.done", "", 1);
  const jobs = pubsub.subscribe("job.done");
  pubsub.publish("job.done", "", 2);
  pubsub.publish("job.done", "", 3);
  assert.deepEqual((await jobs.next()).value?.payload, 2);
  const later = jobs.next().then(() => jobs.next());
  pubsub.publish("job.done", "", 4);
  assert.deepEqual((await later).value?.payload, 4);
});

Deno.test("subscribe gives each subscription a queue of its own", async () => {
  const pubsub = createPubSub<Events>();
  const one = pubsub.subscribe("job.done");
  const two = pubsub.subscribe("job.done");
  pubsub.publish("job.done", "", 1);
  assert.deepEqual(await takePayloads(one), [1]);
  pubsub.publish("job.done", "", 2);
  assert.deepEqual(await takePayloads(two), [1, 2]);
});

Deno.test("createPubSub has a target of its own unless it is given one", async () => {
  const [one, two] = [createPubSub<Events>(), createPubSub<Events>()];
  const atTwo = two.subscribe("job.done");
  one.publish("job.done", "", 1);
  assert.deepEqual(await takePayloads(atTwo), []);

  const eventTarget = createInProcessEventTarget<EventsOf<Events>>();
  const three = createPubSub<Events>({ eventTarget });
  const four = createPubSub<Events>({ eventTarget });
  const atFour = four.subscribe("job.done");
  three.publish("job.done", "", 1);
  assert.deepEqual(await takePayloads(atFour), [1]);
});

Deno.test("createPubSub and listeners on its target see the same events", async () => {
  const eventTarget = createInProcessEventTarget<EventsOf<Events>>();
  const pubsub = createPubSub<Events>({ eventTarget });
  const heard: unknown[] = [];
  eventTarget.addEventListener("job.done:7", ({ type, detail }) => {
    heard.push([type, detail]);
  });
  const jobs = pubsub.subscribe("job.done", "7");
  pubsub.publish("job.done", "7", 1);
  eventTarget.dispatchEvent(createEvent("job.done", "7", 2));
  assert.deepEqual(heard, [
    ["job.done:7", { type: "job.done", id: "7", payload: 1 }],
    ["job.done:7", { type: "job.done", id: "7", payload: 2 }],
  ]);
  assert.deepEqual(await takePayloads(jobs), [1, 2]);
});

Deno.test("createPubSub takes a target of any make", async () => {
  const inner = createInProcessEventTarget<EventsOf<Events>>();
  const dispatched: unknown[] = [];
  const wrapper: TypedEventTarget<EventsOf<Events>> = {
    addEventListener: inner.addEventListener.bind(inner),
    removeEventListener: inner.removeEventListener.bind(inner),
    dispatchEvent(event) {
      dispatched.push([event instanceof CustomEvent, event.type, event.detail]);
      return inner.dispatchEvent(event);
    },
  };
  const pubsub = createPubSub<Events>({ eventTarget: wrapper });
  const jobs = pubsub.subscribe("job.done");
  pubsub.publish("job.done", "7", 1);
  pubsub.publish("job.done", "", 2);
  assert.deepEqual(dispatched, [
    [true, "job.done:7", { type: "job.done", id: "7", payload: 1 }],
    [true, "job.done", { type: "job.done", id: "", payload: 2 }],
  ]);
  assert.deepEqual(await takePayloads(jobs), [1, 2]);

  // The platform's own knows topics, and no more than those.
  const onPlatform = createPubSub<Events>({ eventTarget: new EventTarget() });
  const seven = onPlatform.subscribe("job.done", "7");
  onPlatform.publish("job.done", "7", 1);
  onPlatform.publish("job.done", "8", 2);
  assert.deepEqual(await takePayloads(seven), [1]);
});

Deno.test("types that objects inherit are types like any other", async () => {
  const pubsub = createPubSub<Record<string, number>>();
  for (const type of ["constructor", "toString", "hasOwnProperty", "then"]) {
    const events = pubsub.subscribe(type, "1");
    pubsub.publish(type, "1", 1);
    assert.deepEqual(await takePayloads(events), [1], type);
  }
});

Deno.test("publish and subscribe refuse types that no event may have", () => {
  const { eventTarget, counts } = countedTarget();
  const pubsub = createPubSub<Record<string, unknown>>({ eventTarget });
  const wrong: [type: unknown, id: unknown, what: string][] = [
    ["", "7", "type is empty"],
    ["a:b", "7", 'type "a:b" holds ":"'],
    ["__ping", "", 'type "__ping" starts with "__", which is reserved'],
    ["__proto__", "", 'type "__proto__" starts with "__", which is reserved'],
    [undefined, "", "type undefined is not a string"],
    [Symbol("s"), "", "type Symbol(s) is not a string"],
    ["a", 7, "id 7 is not a string"],
    ["a", null, "id null is not a string"],
  ];
  for (const [type, id, what] of wrong) {
    const [badType, badId] = [type as string, id as string];
    assert.throws(() => pubsub.publish(badType, badId, 1), {
      name: "TypeError",
      message: `Cannot publish event: ${what}`,
    });
    assert.throws(() => pubsub.subscribe(badType, badId), {
      name: "TypeError",
      message: `Cannot subscribe: ${what}`,
    });
  }
  assert.deepEqual(counts.added, []);
});

Deno.test("subscribe with a wrong option throws, and listens to nothing", () => {
  const { eventTarget, counts } = countedTarget();
  const pubsub = createPubSub({ eventTarget });
  const wrong: [options: object, error: object][] = [
    [{ bufferSize: "1" }, { name: "TypeError", message: /bufferSize: "1"/ }],
    [{ bufferSize: 0 }, { name: "RangeError", message: /bufferSize: 0/ }],
    [{ overflow: "drop" }, { name: "TypeError", message: /overflow: "drop"/ }],
    [{ signal: {} }, { name: "TypeError", message: /signal: an object/ }],
  ];
  for (const [options, error] of wrong) {
    assert.throws(() => pubsub.subscribe("job.done", "", options), error);
  }
  assert.deepEqual(counts.added, []);
});

Deno.test("createPubSub with a wrong option throws, and names it", () => {
  const wrong: [options: Record<string, unknown>, message: string][] = [
    [
      { eventTarget: {} },
      "Cannot use eventTarget: an object is not an event target",
    ],
    [
      { eventTarget: "ws://localhost" },
      'Cannot use eventTarget: "ws://localhost" is not an event target',
    ],
    // A promise: somebody forgot to await the spoke.
    [
      { eventTarget: Promise.resolve(createInProcessEventTarget()) },
      "Cannot use eventTarget: an object is not an event target",
    ],
    [{ onError: "log" }, 'Cannot use onError: "log" is not a function'],
    [{ onError: null }, "Cannot use onError: null is not a function"],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => createPubSub(options), { name: "TypeError", message });
  }
});

Deno.test("an overflow reaches its subscriber alone, and it listens no longer", async () => {
  const { eventTarget, counts } = countedTarget();
  const pubsub = createPubSub({ eventTarget });
  const slow = pubsub.subscribe("job.done", "7", { bufferSize: 2 });
  const quick = pubsub.subscribe("job.done", "7");
  assert.equal(counts.listening, 2);
  for (const payload of [1, 2]) pubsub.publish("job.done", "7", payload);
  assert.equal(counts.listening, 2);
  pubsub.publish("job.done", "7", 3);
  assert.equal(counts.listening, 1, "at the moment of the overflow");
  assert.deepEqual(counts.removed, ["job.done:7"]);
  pubsub.publish("job.done", "7", 4);

  const got: unknown[] = [];
  await assert.rejects(async () => {
    for await (const { payload } of slow) got.push(payload);
  }, (error) => {
    assert.ok(error instanceof OverflowError);
    assert.equal(error.bufferSize, 2);
    assert.match(error.message, /of job\.done:7 /);
    return true;
  });
  assert.deepEqual(got, [1, 2]);
  assert.deepEqual(await slow.next(), DONE);
  assert.deepEqual(await takePayloads(quick), [1, 2, 3, 4]);
});

Deno.test("overflow that drops counts what it lost, and goes on", async () => {
  const { eventTarget, counts } = countedTarget();
  const pubsub = createPubSub({ eventTarget });
  const oldest = pubsub.subscribe("job.done", "", {
    bufferSize: 2,
    overflow: "drop-oldest",
  });
  const newest = pubsub.subscribe("job.done", "", {
    bufferSize: 2,
    overflow: "drop-newest",
  });
  for (const payload of [1, 2, 3, 4, 5]) {
    pubsub.publish("job.done", "7", payload);
  }
  assert.equal(counts.listening, 2);
  assert.deepEqual([oldest.dropped, newest.dropped], [3, 3]);
  assert.deepEqual(await takePayloads(oldest), [4, 5]);
  assert.deepEqual(await takePayloads(newest), [1, 2]);
});
