import assert from "node:assert/strict";
import * as v from "valibot";
import { z } from "zod";
import {
  createEvent,
  createInProcessEventTarget,
  createPubSub,
  PayloadError,
  type PayloadIssue,
  type PayloadSchema,
  PubSubError,
  type PubSubFault,
  type SchemaResult,
} from "../mod.ts";
import { takeAll, takePayloads } from "./_taking.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** A Standard Schema of few lines, and how often it was asked. */
function schemaOf<T>(
  validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>,
): PayloadSchema<T> & { calls: unknown[] } {
  const calls: unknown[] = [];
  return {
    calls,
    "~standard": {
      version: 1,
      vendor: "these tests",
      validate(value) {
        calls.push(value);
        return validate(value);
      },
    },
  };
}

const issue = (
  message: string,
  path?: PayloadIssue["path"],
): { issues: PayloadIssue[] } => ({ issues: [{ message, path }] });

/** A target, what goes over it, and what `onError` was told. */
function stage() {
  const eventTarget = createInProcessEventTarget();
  const sent: unknown[] = [];
  for (const type of ["message.sent", "job.done", "constructor"]) {
    eventTarget.addEventListener(type, ({ detail }) => {
      sent.push(detail.payload);
    });
  }
  const faults: PubSubFault[] = [];
  const onError = (fault: PubSubFault) => void faults.push(fault);
  return { eventTarget, sent, faults, onError };
}

/** What a call throws. */
function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return assert.fail("nothing was thrown");
}

function payloadErrorOf(act: () => unknown): PayloadError {
  const error = thrownBy(act);
  assert.ok(error instanceof PayloadError, String(error));
  return error;
}

Deno.test("publish throws a PayloadError for what does not match, and sends nothing", async () => {
  const { eventTarget, sent, faults, onError } = stage();
  const schemas = { "message.sent": z.object({ text: z.string().min(1) }) };
  const pubsub = createPubSub({ eventTarget, schemas, onError });
  const messages = pubsub.subscribe("message.sent");
  const error = payloadErrorOf(() =>
    pubsub.publish("message.sent", "room-1", { text: "" })
  );
  assert.ok(error instanceof PubSubError);
  assert.equal(error.name, "PayloadError");
  assert.equal(error.code, "INVALID_PAYLOAD");
  assert.match(
    error.message,
    /^Cannot publish message\.sent:room-1: payload\.text: \S/,
  );
  assert.deepEqual(error.issues.map(({ path }) => path), [["text"]]);
  assert.equal(error.message.endsWith(error.issues[0]!.message), true);
  assert.deepEqual(sent, []);
  assert.deepEqual(faults, [], "the caller was told");

  pubsub.publish("message.sent", "room-1", { text: "hello" });
  assert.deepEqual(await takePayloads(messages), [{ text: "hello" }]);
});

Deno.test("a PayloadError says where, for each issue", () => {
  const pubsub = createPubSub({
    schemas: {
      "job.done": z.object({
        steps: z.array(z.object({ name: z.string(), took: z.number() })),
      }),
    },
  });
  const payload = {
    steps: [{ name: "a", took: 1 }, { name: 5, took: "long" }],
  };
  const error = payloadErrorOf(() =>
    pubsub.publish("job.done", "", payload as never)
  );
  assert.deepEqual(error.issues.map(({ path }) => path), [
    ["steps", 1, "name"],
    ["steps", 1, "took"],
  ]);
  assert.match(
    error.message,
    /^Cannot publish job\.done: payload\.steps\.1\.name: .+; payload\.steps\.1\.took: /,
  );
});

Deno.test("a PayloadError of the whole payload names no place in it", () => {
  const pubsub = createPubSub({ schemas: { "job.done": z.number() } });
  const error = payloadErrorOf(() =>
    pubsub.publish("job.done", "7", "long" as never)
  );
  assert.equal(
    error.message,
    `Cannot publish job.done:7: ${error.issues[0]!.message}`,
  );
});

Deno.test("paths of a Standard Schema may hold keys of any kind, and objects", () => {
  const paths: [path: PayloadIssue["path"], words: string][] = [
    [undefined, "is wrong"],
    [[], "is wrong"],
    [["a"], "payload.a: is wrong"],
    [[0], "payload.0: is wrong"],
    [[{ key: "a" }, { key: 0 }], "payload.a.0: is wrong"],
    [
      [Symbol("s"), { key: Symbol("t") }],
      "payload.Symbol(s).Symbol(t): is wrong",
    ],
  ];
  for (const [path, words] of paths) {
    const found = issue("is wrong", path);
    const pubsub = createPubSub({
      schemas: { "job.done": schemaOf<number>(() => found) },
    });
    const error = payloadErrorOf(() => pubsub.publish("job.done", "", 1));
    assert.equal(error.message, `Cannot publish job.done: ${words}`);
    assert.equal(error.issues, found.issues, "as the schema said it");
  }
});

Deno.test("issues decide, whatever else is in the result", () => {
  const pubsub = createPubSub({
    schemas: {
      "job.done": schemaOf<number>(() => ({ value: 5, issues: [] }) as never),
    },
  });
  payloadErrorOf(() => pubsub.publish("job.done", "", 1));
});

Deno.test("subscribers get what a zod schema gives out, the target what was given", async () => {
  const { eventTarget, sent, faults, onError } = stage();
  const pubsub = createPubSub({
    eventTarget,
    onError,
    schemas: {
      "message.sent": z.object({
        text: z.string().transform((text) => text.trim()),
        tries: z.number().default(3),
        room: z.string().brand<"Room">().optional(),
      }),
    },
  });
  const messages = pubsub.subscribe("message.sent", "room-1");
  const listened: unknown[] = [];
  eventTarget.addEventListener("message.sent:room-1", ({ detail }) => {
    listened.push(detail);
  });
  const payload = { text: " hi ", room: "r", more: true };
  pubsub.publish("message.sent", "room-1", payload as never);
  const envelope = { type: "message.sent", id: "room-1" };
  assert.deepEqual(listened, [{ ...envelope, payload }]);
  assert.equal(sent[0], payload, "not even copied");
  assert.deepEqual(await takeAll(messages), [
    { ...envelope, payload: { text: "hi", tries: 3, room: "r" } },
  ]);
  assert.deepEqual(payload, { text: " hi ", room: "r", more: true });
  assert.deepEqual(faults, []);
});

Deno.test("a zod schema may make something else of what arrives", async () => {
  const { eventTarget, faults, onError } = stage();
  const pubsub = createPubSub({
    eventTarget,
    onError,
    schemas: { "job.done": z.string().transform((text) => new Date(text)) },
  });
  const jobs = pubsub.subscribe("job.done");
  eventTarget.dispatchEvent(createEvent("job.done", "", "2020-02-02"));
  assert.deepEqual(await takePayloads(jobs), [new Date("2020-02-02")]);
  assert.deepEqual(faults, []);
});

Deno.test("a strict zod schema refuses what it does not know", () => {
  const pubsub = createPubSub({
    schemas: { "job.done": z.strictObject({ ok: z.boolean() }) },
  });
  const payload = { ok: true, more: 1 };
  const error = payloadErrorOf(() => pubsub.publish("job.done", "", payload));
  assert.match(error.message, /^Cannot publish job\.done: .*more/);
});

Deno.test("valibot schemas work the same", async () => {
  const { eventTarget, faults, onError } = stage();
  const pubsub = createPubSub({
    eventTarget,
    onError,
    schemas: {
      "message.sent": v.object({
        to: v.array(v.pipe(v.string(), v.minLength(2))),
        text: v.pipe(v.string(), v.trim()),
      }),
    },
  });
  const messages = pubsub.subscribe("message.sent");
  const error = payloadErrorOf(() =>
    pubsub.publish("message.sent", "7", { to: ["al", "b"], text: "" })
  );
  assert.match(
    error.message,
    /^Cannot publish message\.sent:7: payload\.to\.1: \S/,
  );
  pubsub.publish("message.sent", "7", { to: ["al"], text: " hi " });
  assert.deepEqual(await takePayloads(messages), [{ to: ["al"], text: "hi" }]);
  assert.deepEqual(faults, []);
});

Deno.test("a Standard Schema may be a function, or an instance of a class", async () => {
  class Positive implements PayloadSchema<number> {
    get "~standard"() {
      return {
        version: 1,
        vendor: "these tests",
        validate: (value: unknown) =>
          Number(value) > 0
            ? { value: Number(value) }
            : issue("is not above 0"),
      } as const;
    }
  }
  const asFunction = Object.assign(() => {}, {
    "~standard": new Positive()["~standard"],
  });
  for (const schema of [new Positive(), asFunction]) {
    const pubsub = createPubSub({ schemas: { "job.done": schema } });
    const jobs = pubsub.subscribe("job.done");
    payloadErrorOf(() => pubsub.publish("job.done", "", -1));
    pubsub.publish("job.done", "", 1);
    assert.deepEqual(await takePayloads(jobs), [1]);
  }
});

Deno.test("types without a schema are not looked at", async () => {
  const { eventTarget, faults, onError } = stage();
  const pubsub = createPubSub<Record<string, unknown>>({
    eventTarget,
    onError,
    schemas: { "message.sent": z.string(), "job.done": undefined },
  });
  for (const type of ["job.done", "toString", "constructor", "valueOf"]) {
    const events = pubsub.subscribe(type);
    pubsub.publish(type, "", 5);
    assert.deepEqual(await takePayloads(events), [5], type);
  }
  assert.deepEqual(faults, []);
});

Deno.test("a schema of a type that objects inherit is used", async () => {
  const { eventTarget, sent, faults, onError } = stage();
  const pubsub = createPubSub({
    eventTarget,
    onError,
    schemas: { "constructor": z.string() },
  });
  const events = pubsub.subscribe("constructor");
  payloadErrorOf(() => pubsub.publish("constructor", "", 5 as never));
  pubsub.publish("constructor", "", "five");
  eventTarget.dispatchEvent(createEvent("constructor", "", 5));
  assert.deepEqual(await takePayloads(events), ["five"]);
  assert.deepEqual(sent, ["five", 5]);
  assert.equal(faults.length, 1);
});

Deno.test("a schema of a type that nobody may publish is refused", () => {
  for (const type of ["", "__job", "job:done", "__proto__"]) {
    const schemas = { [type]: z.string() };
    assert.throws(() => createPubSub({ schemas }), {
      name: "TypeError",
      message: /^Cannot use schema of .*: type /,
    });
  }
});

Deno.test("what is no schema is refused, and its type named", () => {
  const wrong: unknown[] = [
    null,
    5,
    "string",
    {},
    () => true,
    { "~standard": {} },
    { "~standard": { version: 1, vendor: "mine", validate: true } },
    { parse: (value: unknown) => value },
  ];
  for (const schema of wrong) {
    const schemas = { "message.sent": z.string(), "job.done": schema };
    assert.throws(() => createPubSub({ schemas: schemas as never }), {
      name: "TypeError",
      message:
        /^Cannot use schema of job\.done: .* has no "~standard"\.validate$/,
    });
  }
});

Deno.test("schemas that are no object of schemas are refused", () => {
  // Each would leave every payload unchecked, were it taken.
  const wrong: unknown[] = [5, true, new Map([["job.done", z.string()]])];
  for (const schemas of wrong) {
    assert.throws(() => createPubSub({ schemas: schemas as never }), {
      name: "TypeError",
      message: /schemas/,
    });
  }
});
