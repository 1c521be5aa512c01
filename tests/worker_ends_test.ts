// How a host learns that its worker, or the worker's target, has ended.

import assert from "node:assert/strict";
import { ConnectionError, createEvent, createPubSub } from "../mod.ts";
import { envelopesOn } from "./_waiting.ts";
import {
  type Host,
  nodeWorker,
  type StartedWorker,
  THROWS_AT_THE_TOP,
  webWorker,
  workerTests,
} from "./_worker_kinds.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const test = workerTests();

test("a thread that closes its target ends the host's, with nothing amiss", async (setting) => {
  const started = setting.worker();
  const { target, faults, tell } = setting.host(started);
  await target.flush();
  tell("close the target");
  const flushing = target.flush();
  await assert.rejects(flushing, {
    name: "ClosedError",
    message: "Cannot flush: the target is closed",
    cause: undefined,
  });
  assert.equal(await target.closed, undefined);
  assert.deepEqual(faults.all, []);
  assert.throws(() => target.dispatchEvent(createEvent("echo", "", 1)), {
    name: "ClosedError",
    cause: undefined,
  });
  // The worker goes on without it.
  await started.messages.find((message) => message === "the target is closed");
});

const MANY = 500;
const counted = Array.from(Array(MANY).keys());

test("what a thread dispatched before it closes its target arrives", async (setting) => {
  for (let round = 0; round < 5; round++) {
    const { target, faults, tell } = setting.host(setting.worker());
    const heard = envelopesOn(target, "counted");
    await target.flush();
    tell("count and close", MANY);
    assert.equal(await target.closed, undefined);
    assert.deepEqual(heard.all.map(({ payload }) => payload), counted);
    assert.deepEqual(faults.all, []);
  }
});

test("what a thread dispatched before it is gone arrives", async (setting) => {
  for (let round = 0; round < 5; round++) {
    const { target, tell } = setting.host(setting.worker());
    const heard = envelopesOn(target, "counted");
    await target.flush();
    tell("count and leave", MANY);
    assert.ok(await target.closed instanceof ConnectionError);
    assert.deepEqual(heard.all.map(({ payload }) => payload), counted);
  }
});

test("what a thread dispatched before it crashes arrives", async (setting) => {
  for (let round = 0; round < 3; round++) {
    const { target, tell } = setting.host(setting.worker());
    const heard = envelopesOn(target, "counted");
    await target.flush();
    tell("count and crash", MANY);
    assert.ok(await target.closed instanceof ConnectionError);
    assert.deepEqual(heard.all.map(({ payload }) => payload), counted);
  }
});

/** What makes a worker end, and what the error says of it. */
const ENDS: [
  name: string,
  kind: typeof webWorker | undefined,
  end: (host: Host, started: StartedWorker) => unknown,
  message: RegExp,
][] = [
  [
    "throws where nobody catches",
    undefined,
    ({ tell }) => tell("crash", "my mistake"),
    /my mistake/,
  ],
  [
    "leaves a rejection unhandled",
    undefined,
    ({ tell }) => tell("reject", "my mistake"),
    /my mistake/,
  ],
  [
    "calls process.exit()",
    webWorker,
    ({ tell }) => tell("exit", 7),
    /the worker has ended/,
  ],
  [
    "calls process.exit()",
    nodeWorker,
    ({ tell }) => tell("exit", 7),
    /ended|exited with 7/,
  ],
  [
    "closes its scope",
    webWorker,
    ({ tell }) => tell("close the scope"),
    /the worker has ended/,
  ],
  [
    "is terminated",
    undefined,
    (_, started) => started.terminate(),
    /ended|exited/,
  ],
];

for (const [name, kind, end, message] of ENDS) {
  const testIt = kind ? workerTests([kind]) : test;
  testIt(
    `a worker that ${name} ends the host's target with an error`,
    async (setting) => {
      const started = setting.worker();
      const host = setting.host(started);
      const { target, faults } = host;
      await target.flush();
      end(host, started);
      const error = await target.closed;
      assert.ok(error instanceof ConnectionError, String(error));
      assert.equal(error.code, "CONNECTION_LOST");
      assert.match(error.message, /^Connection lost: /);
      assert.match(error.message, message);
      assert.equal(faults.all.at(-1)?.error, error, "onError was told");
      assert.throws(() => target.dispatchEvent(createEvent("echo", "", 1)), {
        name: "ClosedError",
        cause: error,
      });
      await assert.rejects(target.flush(), {
        name: "ClosedError",
        cause: error,
      });
      await target.close();
      assert.equal(await target.closed, error, "it stays as it was");
    },
  );
}

test("a flush that waits for a worker that crashes is rejected", async (setting) => {
  const { target, tell } = setting.host(setting.worker());
  await target.flush();
  tell("crash", "my mistake");
  const flushing = target.flush();
  await assert.rejects(flushing, /my mistake/);
  await assert.rejects(flushing, await target.closed);
});

test("a worker whose module throws ends the host's target with an error", async (setting) => {
  const { target, faults } = setting.host(setting.worker(THROWS_AT_THE_TOP));
  const flushing = target.flush();
  flushing.catch(() => {});
  const error = await target.closed;
  assert.ok(error instanceof ConnectionError);
  assert.match(error.message, /thrown at the top/);
  assert.ok(error.cause instanceof Error);
  await assert.rejects(flushing, error);
  assert.equal(faults.all.at(-1)?.error, error);
});

test("a worker whose module is missing ends the host's target with an error", async (setting) => {
  const missing = new URL("./no_such_module.js", import.meta.url).href;
  const { target, faults } = setting.host(setting.worker(missing));
  const error = await target.closed;
  assert.ok(error instanceof ConnectionError);
  // The words are the platform's, and there are some.
  assert.match(error.message, /^Connection lost: (the worker threw: )?\w+/);
  assert.equal(faults.all.at(-1)?.error, error);
});

test("without onError, a crash is told by closed alone", async (setting) => {
  const { target, tell } = setting.host(setting.worker(), {
    onError: undefined,
  });
  await target.flush();
  tell("crash", "my mistake");
  assert.match(String(await target.closed), /my mistake/);
});

test("the next host's target learns of the worker's end, too", async (setting) => {
  const started = setting.worker();
  const first = setting.host(started);
  await first.target.flush();
  await first.target.close();
  const second = setting.host(started);
  await second.target.flush();
  second.tell("crash", "my mistake");
  assert.match(String(await second.target.closed), /my mistake/);
  assert.equal(await first.target.closed, undefined);
});

test("what a worker throws and catches is nobody else's", async (setting) => {
  const started = setting.worker();
  const { target, faults, tell } = setting.host(started);
  const heard = envelopesOn(target, "fault");
  const echoed = envelopesOn(target, "echoed");
  tell("stumble", "its own");
  target.dispatchEvent(createEvent("echo", "", "after"));
  await echoed.count(1);
  await started.messages.find((message) =>
    /caught: .*its own/.test(`${message}`)
  );
  assert.deepEqual(heard.all, [], "the thread's target was not told");
  assert.deepEqual(
    faults.all.map(({ error }) => (error as Error).name),
    ["EnvelopeError"],
    "what the test itself posts",
  );
});

test("subscriptions over a worker that crashes end with its error", async (setting) => {
  const { target: eventTarget, tell } = setting.host(setting.worker());
  const pubsub = createPubSub<Record<string, unknown>>({ eventTarget });
  const echoed = pubsub.subscribe("echoed");
  pubsub.publish("echo", "7", "before");
  await eventTarget.flush();
  tell("crash", "my mistake");
  const error = await eventTarget.closed;
  const got: unknown[] = [];
  await assert.rejects(async () => {
    for await (const { payload } of echoed) got.push(payload);
  }, error);
  assert.deepEqual(got, ["before"]);
});
