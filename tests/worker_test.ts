// Between a worker and its host, on Deno; what every transport does is in the
// conformance suite.

import assert from "node:assert/strict";
import { createEvent, createPubSub, type EventEnvelope } from "../mod.ts";
import {
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
} from "../worker.ts";
import { counted, countedAbort } from "./_counting.ts";
import { envelopesOn, Log } from "./_waiting.ts";
import { workerTests } from "./_worker_kinds.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const test = workerTests();

test("payloads that JSON cannot carry go there and back", async (setting) => {
  const { target } = setting.host(setting.worker());
  const echoed = envelopesOn(target, "echoed");
  const cycle: Record<string, unknown> = { name: "cycle" };
  cycle.self = cycle;
  const payloads: unknown[] = [
    new Map<unknown, unknown>([["took", 5n], [{ deep: 1 }, new Map()]]),
    new Set([1, "two", new Date(3)]),
    new Date("2020-02-02T02:02:02.002Z"),
    2n ** 70n,
    new Uint8Array([1, 2, 255]),
    new Float64Array([1.5, NaN, -0]),
    new BigInt64Array([5n]),
    /pattern/giu,
    { holes: [undefined, , 3], none: undefined, nan: NaN, zero: -0 },
    cycle,
    undefined,
  ];
  for (const payload of payloads) {
    target.dispatchEvent(createEvent("echo", "7", payload));
  }
  await target.flush();
  assert.deepEqual(echoed.all.map(({ payload }) => payload), payloads);
  const last = echoed.all.at(-2)!.payload as Record<string, unknown>;
  assert.equal(last.self, last);
});

test("a payload is copied: it stays the publisher's", async (setting) => {
  const { target } = setting.host(setting.worker());
  const echoed = envelopesOn(target, "echoed:7");
  const bytes = new Uint8Array([1, 2, 3]);
  const payload = { bytes, list: ["one"] };
  target.dispatchEvent(createEvent("echo", "7", payload));
  payload.list.push("two");
  bytes[0] = 9;
  await target.flush();
  assert.equal(bytes.length, 3, "not transferred");
  assert.deepEqual(echoed.all[0]!.payload, {
    bytes: new Uint8Array([1, 2, 3]),
    list: ["one"],
  });
});

test("what cannot be cloned is thrown at the caller, on both sides", async (setting) => {
  const { target, faults, tell } = setting.host(setting.worker());
  const thrown = envelopesOn(target, "thrown");
  const never = envelopesOn(target, "never");
  for (const payload of [() => {}, { deep: [Symbol("s")] }]) {
    assert.throws(
      () => target.dispatchEvent(createEvent("echo", "7", payload)),
      { name: setting.kind.cloneError },
    );
  }
  tell("dispatch a function");
  await target.flush();
  assert.deepEqual(thrown.all.map(({ id }) => id), ["DataCloneError"]);
  assert.deepEqual(never.all, []);
  assert.deepEqual(faults.all, []);
});

test("flush resolves once the other end has worked off what was sent before", async (setting) => {
  const { target } = setting.host(setting.worker());
  const echoed = envelopesOn(target, "echoed");
  const order: string[] = [];
  const flushes: Promise<unknown>[] = [];
  for (let round = 1; round <= 5; round++) {
    for (let i = 0; i < 20; i++) {
      target.dispatchEvent(createEvent("echo", "", i));
    }
    flushes.push(
      target.flush().then(() => {
        order.push(`${round}: ${echoed.all.length}`);
      }),
    );
  }
  await Promise.all(flushes);
  assert.deepEqual(order, ["1: 20", "2: 40", "3: 60", "4: 80", "5: 100"]);
});

test("messages that are no envelopes go to onError, and change nothing", async (setting) => {
  const started = setting.worker();
  const { target, faults, tell } = setting.host(started);
  const echoed = envelopesOn(target, "echoed");
  const fault = envelopesOn(target, "fault");
  const foreign: unknown[] = [
    "text",
    null,
    42,
    ["a"],
    {},
    { type: 5, id: "" },
    { type: "", id: "" },
    { type: "a:b", id: "" },
    { type: "a" },
  ];
  await target.flush();
  for (const message of foreign) {
    tell("post", message);
    started.post(message);
  }
  target.dispatchEvent(createEvent("echo", "1", "after"));
  await target.flush();
  assert.equal(faults.all.length, foreign.length);
  for (const { error, topic } of faults.all) {
    assert.equal((error as Error).name, "EnvelopeError");
    assert.equal(topic, undefined);
  }
  assert.equal(
    String(faults.all[0]!.error),
    'EnvelopeError: Cannot decode envelope: "text" is not an object',
  );
  assert.equal(fault.all.length, foreign.length, "at the other end as well");
  assert.deepEqual(echoed.all.map(({ payload }) => payload), ["after"]);
});

test("control events of others are ignored", async (setting) => {
  const started = setting.worker();
  const { target, faults, tell } = setting.host(started);
  const heard = envelopesOn(target, "__other");
  const fault = envelopesOn(target, "fault");
  const messages: EventEnvelope[] = [
    { type: "__other", id: "", payload: null },
    { type: "__subscribe", id: "", payload: { topic: "job.done" } },
    { type: "__pong", id: "never asked", payload: null },
    { type: "__life", id: "", payload: { name: 5 } },
    { type: "__life", id: "", payload: null },
  ];
  await target.flush();
  for (const message of messages) {
    tell("post", message);
    started.post(message);
  }
  // Only a thread says this to its host.
  started.post({ type: "__close", id: "", payload: null });
  await target.flush();
  assert.deepEqual([heard.all, faults.all, fault.all], [[], [], []]);
});

test("a listener that throws stops no other, at either end", async (setting) => {
  const { target, faults, tell } = setting.host(setting.worker());
  const error = new Error("mine");
  target.addEventListener("echoed:7", () => {
    throw error;
  });
  const echoed = envelopesOn(target, "echoed:7");
  const fault = envelopesOn(target, "fault");
  target.dispatchEvent(createEvent("echo", "7", "payload"));
  tell("throw", "thrown there");
  await target.flush();
  assert.deepEqual(faults.all, [{ error, topic: "echoed:7" }]);
  assert.equal(echoed.all.length, 1);
  assert.deepEqual(fault.all.map(({ payload }) => payload), [
    { name: "Error", message: "thrown there", topic: "do" },
  ]);
});

test("without onError, and when it throws, the error is reported", async (setting) => {
  const started = setting.worker();
  const [mine, worse] = [new Error("mine"), new Error("worse")];
  const uncaught = new Log<unknown>();
  const onUncaught = (event: ErrorEvent) => {
    event.preventDefault();
    uncaught.add(event.error);
  };
  globalThis.addEventListener("error", onUncaught);
  try {
    for (
      const onError of [undefined, () => {
        throw worse;
      }]
    ) {
      const { target } = setting.host(started, { onError });
      target.addEventListener("echoed", () => {
        throw mine;
      });
      target.dispatchEvent(createEvent("echo", "", null));
      await target.flush();
      await target.close();
    }
  } finally {
    globalThis.removeEventListener("error", onUncaught);
  }
  assert.deepEqual(uncaught.all, [mine, worse]);
});

test("close leaves the worker as it is, for the next target", async (setting) => {
  const started = setting.worker();
  for (let round = 1; round <= 3; round++) {
    const { target, faults } = setting.host(started);
    const echoed = envelopesOn(target, "echoed");
    target.dispatchEvent(createEvent("echo", "", round));
    await target.flush();
    assert.deepEqual(echoed.all.map(({ payload }) => payload), [round]);
    const flushing = target.flush();
    const closing = target.close();
    await assert.rejects(flushing, {
      name: "ClosedError",
      message: "Cannot flush: the target is closed",
    });
    await closing;
    assert.equal(await target.closed, undefined);
    await target.close();
    await target[Symbol.asyncDispose]();
    assert.throws(() => target.dispatchEvent(createEvent("echo", "", 0)), {
      name: "ClosedError",
      message: "Cannot dispatch event: the target is closed",
    });
    await assert.rejects(target.flush(), { name: "ClosedError" });
    assert.deepEqual(faults.all, []);
  }
});

test("a closed target hears nothing of the next one's events", async (setting) => {
  const started = setting.worker();
  const first = setting.host(started);
  const before = envelopesOn(first.target, "echoed");
  await first.target.flush();
  await first.target.close();
  const second = setting.host(started);
  const after = envelopesOn(second.target, "echoed");
  second.target.dispatchEvent(createEvent("echo", "", 1));
  await second.target.flush();
  assert.deepEqual([before.all.length, after.all.length], [0, 1]);
});

test("a signal closes the target, and is left alone then", async (setting) => {
  const started = setting.worker();
  const abort = countedAbort();
  const { target } = setting.host(started, { signal: abort.signal });
  const { target: other } = setting.host(started, { signal: abort.signal });
  assert.equal(abort.counts.listening, 2);
  await other.close();
  assert.equal(abort.counts.listening, 1);
  await target.flush();
  abort.abort();
  assert.equal(abort.counts.listening, 0);
  assert.equal(await target.closed, undefined);
  assert.throws(() => target.dispatchEvent(createEvent("echo", "", 0)), {
    name: "ClosedError",
  });
  assert.throws(() => setting.host(started, { signal: abort.signal }), {
    name: "AbortError",
  });
});

test("createPubSub works over a worker", async (setting) => {
  const { target: eventTarget } = setting.host(setting.worker());
  const pubsub = createPubSub<Record<string, unknown>>({ eventTarget });
  const echoed = pubsub.subscribe("echoed", "7");
  for (const n of [1n, 2n, 3n]) pubsub.publish("echo", "7", new Map([[n, n]]));
  const got: unknown[] = [];
  for await (const { payload } of echoed) {
    if (got.push(payload) === 3) break;
  }
  assert.deepEqual(got, [1n, 2n, 3n].map((n) => new Map([[n, n]])));
});

Deno.test("a worker's end is refused where there is no worker", () => {
  assert.throws(() => createWorkerThreadEventTarget(), {
    name: "TypeError",
    message: "Cannot find the thread that made this worker: " +
      "this is the main thread",
  });
});

Deno.test("what is neither a worker nor a port is refused", () => {
  for (const worker of [undefined, null, {}, "worker.js", new EventTarget()]) {
    assert.throws(() => createWorkerHostEventTarget(worker as never), {
      name: "TypeError",
      message: /^Cannot use worker: .* is neither a Worker nor a MessagePort$/,
    });
  }
});

Deno.test("wrong options are refused, and nothing is listened to", () => {
  const { port1, port2 } = new MessageChannel();
  const counts = counted(port1);
  for (const options of [{ onError: "log" }, { signal: {} }]) {
    assert.throws(
      () => createWorkerHostEventTarget(port1, options as never),
      TypeError,
    );
  }
  assert.deepEqual(counts.added, []);
  port1.close();
  port2.close();
});
