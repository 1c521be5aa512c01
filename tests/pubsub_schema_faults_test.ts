// Schemas that fail in other ways than by saying no, and what arrives wrong.

import assert from "node:assert/strict";
import { z } from "zod";
import {
  createEvent,
  createInProcessEventTarget,
  createPubSub,
  PayloadError,
  type PayloadSchema,
  type PubSubFault,
  type SchemaResult,
} from "../mod.ts";
import { takePayloads } from "./_taking.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** A Standard Schema, and what it was asked. */
function schemaOf(
  validate: (value: unknown) => unknown,
): PayloadSchema<unknown> & { calls: unknown[] } {
  const calls: unknown[] = [];
  return {
    calls,
    "~standard": {
      version: 1,
      vendor: "these tests",
      validate(value) {
        calls.push(value);
        return validate(value) as SchemaResult<unknown>;
      },
    },
  };
}

/** A pub/sub with one schema; what is dispatched on its target arrives. */
function stage(schema: PayloadSchema<unknown>) {
  const eventTarget = createInProcessEventTarget();
  const faults: PubSubFault[] = [];
  const pubsub = createPubSub<Record<string, unknown>>({
    eventTarget,
    schemas: { "job.done": schema },
    onError: (fault) => void faults.push(fault),
  });
  const arrive = (payload: unknown, id = "7") => {
    const event = createEvent("job.done", id, payload);
    eventTarget.dispatchEvent(event);
    return event.detail;
  };
  return { eventTarget, pubsub, faults, arrive };
}

/** What ends up unhandled, or uncaught, while something runs. */
async function unhandledIn(act: () => unknown): Promise<unknown[]> {
  const errors: unknown[] = [];
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    errors.push(event.reason);
  };
  const onUncaught = (event: ErrorEvent) => {
    event.preventDefault();
    errors.push(event.error);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  globalThis.addEventListener("error", onUncaught);
  try {
    await act();
    // Rejections are found unhandled at the end of a turn.
    await new Promise((resolve) => setTimeout(resolve));
  } finally {
    globalThis.removeEventListener("unhandledrejection", onRejection);
    globalThis.removeEventListener("error", onUncaught);
  }
  return errors;
}

Deno.test("what arrives and does not match goes to onError, and to nobody else", async () => {
  const { pubsub, faults, arrive } = stage(z.number());
  const jobs = pubsub.subscribe("job.done");
  arrive(1);
  const wrong = arrive("two");
  arrive(3);
  assert.deepEqual(await takePayloads(jobs), [1, 3]);
  const [fault] = faults;
  assert.equal(faults.length, 1);
  assert.equal(fault!.envelope, wrong);
  assert.ok(fault!.error instanceof PayloadError);
  assert.match(fault!.error.message, /^Cannot deliver job\.done:7: /);
  assert.equal(fault!.error.issues.length, 1);
});

Deno.test("what arrives is validated once for all its subscribers", async () => {
  const schema = schemaOf((value) =>
    value === "bad" ? { issues: [{ message: "bad" }] } : { value: { value } }
  );
  const { pubsub, faults, arrive } = stage(schema);
  const all = [
    pubsub.subscribe("job.done"),
    pubsub.subscribe("job.done"),
    pubsub.subscribe("job.done", "7"),
    pubsub.subscribe("job.done", "8"),
  ];
  arrive("one");
  arrive("bad");
  arrive("two");
  assert.deepEqual(schema.calls, ["one", "bad", "two"]);
  assert.equal(faults.length, 1, "and told of once");
  const payloads = await Promise.all(all.map((one) => takePayloads(one)));
  const expected = [{ value: "one" }, { value: "two" }];
  assert.deepEqual(payloads, [expected, expected, expected, []]);
  assert.equal(payloads[0]![0], payloads[2]![0], "one value for all");
});

Deno.test("what arrives for nobody is not validated", async () => {
  const schema = schemaOf((value) => ({ value }));
  const { pubsub, arrive } = stage(schema);
  arrive(1);
  const jobs = pubsub.subscribe("job.done", "8");
  arrive(2);
  await jobs.return();
  arrive(3, "8");
  assert.deepEqual(schema.calls, []);
});

Deno.test("a schema that gives undefined, null or false is believed", async () => {
  for (const value of [undefined, null, false, 0, ""]) {
    const { pubsub, faults, arrive } = stage(schemaOf(() => ({ value })));
    const jobs = pubsub.subscribe("job.done");
    arrive("given");
    pubsub.publish("job.done", "", "given");
    assert.deepEqual(await takePayloads(jobs), [value, value]);
    assert.deepEqual(faults, []);
  }
});

const asynchronous: Record<string, () => PayloadSchema<unknown>> = {
  "that is fulfilled": () => schemaOf((value) => Promise.resolve({ value })),
  "that is rejected": () => schemaOf(() => Promise.reject(new Error("late"))),
  "of zod": () => z.string().refine((text) => Promise.resolve(text !== "")),
  "of zod, which finds fault": () =>
    z.string().refine(() => Promise.resolve(false)),
};

for (const [which, create] of Object.entries(asynchronous)) {
  Deno.test(`a schema that gives a promise ${which} is a TypeError`, async () => {
    const { eventTarget, pubsub, faults, arrive } = stage(create());
    const jobs = pubsub.subscribe("job.done");
    let sent = 0;
    eventTarget.addEventListener("job.done", () => sent++);
    const unhandled = await unhandledIn(() => {
      assert.throws(() => pubsub.publish("job.done", "7", "text"), {
        name: "TypeError",
        message: "Cannot publish job.done:7: its schema gives a promise, " +
          "and has to be synchronous",
      });
      assert.equal(sent, 0);
      const envelope = arrive("text");
      assert.equal(faults.length, 1);
      assert.equal(faults[0]!.envelope, envelope);
      assert.ok(faults[0]!.error instanceof TypeError);
      assert.match(
        faults[0]!.error.message,
        /^Cannot deliver job\.done:7: its schema gives a promise/,
      );
    });
    assert.deepEqual(unhandled, []);
    assert.deepEqual(await takePayloads(jobs), []);
  });
}

Deno.test("what a schema throws comes to the publisher, or to onError", async () => {
  const error = new Error("mine");
  const { eventTarget, pubsub, faults, arrive } = stage(schemaOf((value) => {
    if (value === "bad") throw error;
    return { value };
  }));
  let sent = 0;
  eventTarget.addEventListener("job.done", () => sent++);
  const jobs = pubsub.subscribe("job.done");
  assert.throws(() => pubsub.publish("job.done", "7", "bad"), error);
  assert.equal(sent, 0);
  const envelope = arrive("bad");
  assert.deepEqual(faults, [{ error, envelope }]);
  arrive("good");
  assert.deepEqual(await takePayloads(jobs), ["good"]);
});

Deno.test("a schema that gives no result harms nobody", async () => {
  for (const result of [undefined, null]) {
    const bad = schemaOf((value) => value === "bad" ? result : { value });
    const { pubsub, faults, arrive } = stage(bad);
    const jobs = pubsub.subscribe("job.done");
    assert.throws(() => pubsub.publish("job.done", "7", "bad"), TypeError);
    const envelope = arrive("bad");
    assert.deepEqual(faults.map((fault) => fault.envelope), [envelope]);
    arrive("good");
    assert.deepEqual(await takePayloads(jobs), ["good"]);
  }
});

Deno.test("what onError throws is reported, and stops nothing", async () => {
  const mine = new Error("mine");
  const eventTarget = createInProcessEventTarget();
  const pubsub = createPubSub({
    eventTarget,
    schemas: { "job.done": z.number() },
    onError() {
      throw mine;
    },
  });
  const jobs = pubsub.subscribe("job.done");
  const also: unknown[] = [];
  eventTarget.addEventListener("job.done", ({ detail }) => {
    also.push(detail.payload);
  });
  const unhandled = await unhandledIn(() => {
    for (const payload of ["one", 2]) {
      eventTarget.dispatchEvent(createEvent("job.done", "", payload));
    }
  });
  assert.deepEqual(unhandled, [mine]);
  assert.deepEqual(also, ["one", 2]);
  assert.deepEqual(await takePayloads(jobs), [2]);
});

Deno.test("without onError, console.error is told", async () => {
  const eventTarget = createInProcessEventTarget();
  const told: unknown[][] = [];
  const { error: original } = console;
  console.error = (...args) => void told.push(args);
  try {
    const pubsub = createPubSub({
      eventTarget,
      schemas: { "job.done": z.number() },
    });
    const jobs = pubsub.subscribe("job.done");
    eventTarget.dispatchEvent(createEvent("job.done", "7", "one"));
    assert.deepEqual(await takePayloads(jobs), []);
  } finally {
    console.error = original;
  }
  assert.equal(told.length, 1);
  const [{ error, envelope }] = told[0] as [PubSubFault];
  assert.ok(error instanceof PayloadError);
  assert.deepEqual(envelope, { type: "job.done", id: "7", payload: "one" });
});

Deno.test("publish checks the type before the payload", () => {
  const schema = schemaOf(() => ({ issues: [{ message: "bad" }] }));
  const pubsub = createPubSub<Record<string, unknown>>({
    schemas: { "job.done": schema },
  });
  for (const type of ["__job", "job:done"]) {
    assert.throws(() => pubsub.publish(type, "", 1), TypeError);
  }
  assert.throws(() => pubsub.publish("job.done", 5 as never, 1), TypeError);
  assert.deepEqual(schema.calls, []);
});
