// What compiles and what does not: `deno check` is the test. The bodies run
// too, so that nothing here is dead.

import assert from "node:assert/strict";
import * as v from "valibot";
import { z } from "zod";
import type { IrohHubEventTarget } from "../iroh_hub.ts";
import type { IrohSpokeEventTarget } from "../iroh_spoke.ts";
import {
  type ClosableEventTarget,
  createInProcessEventTarget,
  createPubSub,
  type EnvelopeOf,
  type EventEnvelope,
  type EventsOf,
  type PayloadSchema,
  type PubSub,
  type PubSubEventMap,
  type PubSubFault,
  type PubSubOptions,
  type Subscription,
} from "../mod.ts";
import type { SpokeEventTarget } from "../websocket_client.ts";
import type { WebSocketServerEventTarget } from "../websocket_server.ts";
import {
  createWorkerHostEventTarget,
  type WorkerEventTarget,
} from "../worker.ts";
import { takePayloads } from "./_taking.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Compiles when the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;
const same = <A, B>(...yes: Same<A, B> extends true ? [] : [never]): void => {
  assert.equal(yes.length, 0);
};

type Map = {
  "message.sent": { text: string };
  "job.done": null;
};

type Message = EventEnvelope<"message.sent", { text: string }>;
type Job = EventEnvelope<"job.done", null>;

Deno.test("publish takes the types of the map and their payloads", async () => {
  const pubsub = createPubSub<Map>();
  const messages = pubsub.subscribe("message.sent");
  const jobs = pubsub.subscribe("job.done");
  pubsub.publish("message.sent", "room", { text: "hello" });
  pubsub.publish("job.done", "", null);
  // @ts-expect-error -- no event has this type
  pubsub.publish("message.send", "room", { text: "hello" });
  // @ts-expect-error -- a topic is no type
  assert.throws(() => pubsub.publish("message.sent:room", "", { text: "" }));
  // @ts-expect-error -- the text is no string
  pubsub.publish("message.sent", "room", { text: 5 });
  // @ts-expect-error -- the payload has no text
  pubsub.publish("message.sent", "room", {});
  // @ts-expect-error -- the payload has more than a text
  pubsub.publish("message.sent", "room", { text: "", body: "" });
  // @ts-expect-error -- that is the payload of another type
  pubsub.publish("job.done", "", { text: "hello" });
  // @ts-expect-error -- the payload is missing
  pubsub.publish("message.sent", "room");
  // @ts-expect-error -- even one that is null is said
  pubsub.publish("job.done", "");
  // @ts-expect-error -- the id is missing
  assert.throws(() => pubsub.publish("message.sent", { text: "hello" }));
  // @ts-expect-error -- an id is a string
  assert.throws(() => pubsub.publish("message.sent", 7, { text: "hello" }));
  // @ts-expect-error -- and not left out by undefined
  assert.throws(() => pubsub.publish("job.done", undefined, null));
  same<ReturnType<typeof pubsub.publish>, void>();
  assert.equal((await takePayloads(messages)).length, 5);
  assert.equal((await takePayloads(jobs)).length, 3);
});

Deno.test("subscribe takes the types of the map, an id, and options", async () => {
  const pubsub = createPubSub<Map>();
  const { signal } = new AbortController();
  const subscriptions = [
    pubsub.subscribe("message.sent"),
    pubsub.subscribe("message.sent", "room"),
    pubsub.subscribe("message.sent", undefined, { signal }),
    pubsub.subscribe("message.sent", "", { bufferSize: Infinity }),
    pubsub.subscribe("message.sent", "", { overflow: "drop-oldest" }),
    pubsub.subscribe("message.sent", "", { bufferSize: undefined }),
  ];
  same<typeof subscriptions, Subscription<Message>[]>();
  // @ts-expect-error -- no event has this type
  await pubsub.subscribe("message.send").return();
  // @ts-expect-error -- a topic is no type
  assert.throws(() => pubsub.subscribe("message.sent:room"));
  // @ts-expect-error -- an id is a string
  assert.throws(() => pubsub.subscribe("message.sent", 7));
  // @ts-expect-error -- options come behind the id
  assert.throws(() => pubsub.subscribe("message.sent", { signal }));
  // @ts-expect-error -- misspelt
  await pubsub.subscribe("message.sent", "", { bufersize: 8 }).return();
  assert.throws(() => {
    // @ts-expect-error -- a size is a number
    pubsub.subscribe("message.sent", "", { bufferSize: "8" });
  });
  assert.throws(() => {
    // @ts-expect-error -- there is no such policy
    pubsub.subscribe("message.sent", "", { overflow: "drop" });
  });
  assert.throws(() => {
    const signal = new AbortController();
    // @ts-expect-error -- a controller is no signal
    pubsub.subscribe("message.sent", "", { signal });
  });
  for (const subscription of subscriptions) await subscription.return();
});

Deno.test("a loop gets envelopes of the type's payload", async () => {
  const pubsub = createPubSub<Map>();
  const messages = pubsub.subscribe("message.sent");
  pubsub.publish("message.sent", "room", { text: "hello" });
  for await (const envelope of messages) {
    same<typeof envelope, Message>();
    same<typeof envelope.type, "message.sent">();
    same<typeof envelope.id, string>();
    same<typeof envelope.payload, { text: string }>();
    // @ts-expect-error -- the payload has a text and no body
    assert.equal(envelope.payload.body, undefined);
    // @ts-expect-error -- an envelope is not to be written to
    envelope.id = "other";
    break;
  }
  const next = await messages.next();
  same<typeof next, IteratorResult<Message, undefined>>();
  // @ts-expect-error -- it may be over
  assert.throws(() => next.value.payload);
  // @ts-expect-error -- only the subscription counts
  assert.throws(() => messages.dropped = 5);
});

Deno.test("a subscription is what the platform takes for an async iterable", async () => {
  const pubsub = createPubSub<Map>();
  const jobs = pubsub.subscribe("job.done");
  const iterable: AsyncIterable<Job> = jobs;
  const iterator: AsyncIterator<Job> = jobs;
  const disposable: AsyncDisposable = jobs;
  assert.equal(iterable, iterator);
  const stream = ReadableStream.from(jobs);
  same<typeof stream, ReadableStream<Job>>();
  await stream.cancel();
  const all = Array.fromAsync(jobs, ({ payload }) => payload);
  same<typeof all, Promise<null[]>>();
  assert.deepEqual(await all, []);
  await disposable[Symbol.asyncDispose]();
});

interface InterfaceMap {
  "message.sent": { text: string };
  "job.done": null;
}

Deno.test("an interface is a map", async () => {
  const pubsub = createPubSub<InterfaceMap>();
  const messages = pubsub.subscribe("message.sent");
  same<typeof messages, Subscription<Message>>();
  pubsub.publish("message.sent", "", { text: "hello" });
  // @ts-expect-error -- no event has this type
  pubsub.publish("message.send", "", { text: "hello" });
  assert.deepEqual(await takePayloads(messages), [{ text: "hello" }]);
});

Deno.test("a union of types distributes over the envelopes", async () => {
  const pubsub = createPubSub<Map>();
  const type = "job.done" as keyof Map;
  const either = pubsub.subscribe(type);
  same<typeof either, Subscription<Message | Job>>();
  pubsub.publish("job.done", "7", null);
  for await (const envelope of either) {
    // A type that is not distributed would not narrow.
    if (envelope.type === "message.sent") {
      same<typeof envelope.payload, { text: string }>();
    } else {
      same<typeof envelope.payload, null>();
      assert.equal(envelope.payload, null);
    }
    break;
  }
  same<EnvelopeOf<Map, keyof Map>, Message | Job>();
  same<EnvelopeOf<Map, never>, never>();
});

Deno.test("a map of any string takes any type", async () => {
  const numbers = createPubSub<Record<string, number>>();
  const type: string = "whatever";
  const events = numbers.subscribe(type);
  same<typeof events, Subscription<EventEnvelope<string, number>>>();
  numbers.publish(type, "", 5);
  // @ts-expect-error -- no number
  numbers.publish(type, "", "five");
  assert.deepEqual(await takePayloads(events), [5, "five"]);

  const untyped = createPubSub();
  const anything = untyped.subscribe(type);
  untyped.publish(type, "", 5);
  untyped.publish("other", "", { text: "hello" });
  assert.deepEqual(await takePayloads(anything), [5]);
});

Deno.test("createPubSub knows its options", () => {
  createPubSub<Map>({});
  createPubSub<Map>({ onError: undefined, schemas: undefined });
  createPubSub<Map>({
    onError(fault) {
      same<typeof fault, PubSubFault>();
      same<typeof fault.error, unknown>();
      same<typeof fault.envelope, EventEnvelope>();
    },
  });
  // @ts-expect-error -- misspelt
  createPubSub<Map>({ onEror() {} });
  // @ts-expect-error -- misspelt
  createPubSub<Map>({ target: createInProcessEventTarget() });
  // @ts-expect-error -- misspelt
  createPubSub<Map>({ schema: {} });
  // @ts-expect-error -- that is no function
  assert.throws(() => createPubSub<Map>({ onError: "log" }));
  // @ts-expect-error -- that is no target
  assert.throws(() => createPubSub<Map>({ eventTarget: {} }));
  assert.throws(() => {
    const eventTarget = Promise.resolve(createInProcessEventTarget());
    // @ts-expect-error -- a target that is still to come is none
    createPubSub({ eventTarget });
  });
});

Deno.test("schemas name the map", async () => {
  const pubsub = createPubSub({
    schemas: {
      "message.sent": z.object({ text: z.string(), to: z.array(z.string()) }),
      "job.done": v.object({ took: v.optional(v.number()) }),
    },
  });
  const messages = pubsub.subscribe("message.sent");
  const jobs = pubsub.subscribe("job.done");
  for await (const { payload } of ended(messages)) {
    same<typeof payload, { text: string; to: string[] }>();
  }
  for await (const { payload } of ended(jobs)) {
    same<typeof payload, { took?: number | undefined }>();
  }
  pubsub.publish("message.sent", "", { text: "hello", to: [] });
  // @ts-expect-error -- no schema is of this type
  pubsub.publish("message.send", "", { text: "hello", to: [] });
  // @ts-expect-error -- the text is no string
  assert.throws(() => pubsub.publish("message.sent", "", { text: 5, to: [] }));
  // @ts-expect-error -- nobody to send to
  assert.throws(() => pubsub.publish("message.sent", "", { text: "hello" }));
  // @ts-expect-error -- no number
  assert.throws(() => pubsub.publish("job.done", "", { took: "long" }));
});

/** Ends it, so that a loop over it is over. */
function ended<T>(subscription: Subscription<T>): Subscription<T> {
  void subscription.return();
  return subscription;
}

Deno.test("schemas name what they give out: brands, defaults, unions", async () => {
  const pubsub = createPubSub({
    schemas: {
      "user.joined": z.string().brand<"UserId">(),
      "job.done": z.object({ tries: z.number().default(3) }),
      "state": z.union([z.literal("on"), z.literal("off")]),
    },
  });
  const states = pubsub.subscribe("state");
  same<typeof states, Subscription<EventEnvelope<"state", "on" | "off">>>();
  const jobs = pubsub.subscribe("job.done");
  type JobDone = EventEnvelope<"job.done", { tries: number }>;
  same<typeof jobs, Subscription<JobDone>>();
  const joined = pubsub.subscribe("user.joined");
  const userId = z.string().brand<"UserId">().parse("u-1");
  pubsub.publish("user.joined", "", userId);
  pubsub.publish("user.joined", "", "u-2"); // What the schema takes will do.
  // @ts-expect-error -- neither on nor off
  assert.throws(() => pubsub.publish("state", "", "dim"));
  assert.deepEqual(await takePayloads(joined), ["u-1", "u-2"]);
  for (const one of [states, jobs]) await one.return();
});

Deno.test("publish takes what a schema takes, subscribers get what it gives", async () => {
  const pubsub = createPubSub({
    schemas: {
      "zod": z.string().transform(Number),
      "valibot": v.pipe(v.string(), v.transform(Number)),
      "default": z.object({ tries: z.number().default(3) }),
    },
  });
  const zod = pubsub.subscribe("zod");
  const valibot = pubsub.subscribe("valibot");
  const defaults = pubsub.subscribe("default");
  same<typeof zod, Subscription<EventEnvelope<"zod", number>>>();
  same<typeof valibot, Subscription<EventEnvelope<"valibot", number>>>();
  // @ts-expect-error -- what it gives is not what it takes
  assert.throws(() => pubsub.publish("zod", "", 5));
  // @ts-expect-error -- what it gives is not what it takes
  assert.throws(() => pubsub.publish("valibot", "", 5));
  pubsub.publish("zod", "", "5");
  pubsub.publish("valibot", "", "6");
  pubsub.publish("default", "", {});
  assert.deepEqual(await takePayloads(zod), [5]);
  assert.deepEqual(await takePayloads(valibot), [6]);
  assert.deepEqual(await takePayloads(defaults), [{ tries: 3 }]);
});

Deno.test("schemas have to give what an explicit map says", () => {
  createPubSub<Map>({
    schemas: { "message.sent": z.object({ text: z.string() }) },
  });
  createPubSub<Map>({
    schemas: { "message.sent": v.object({ text: v.string() }) },
  });
  const ofNumber = z.object({ text: z.number() });
  // @ts-expect-error -- the text of the map is a string
  createPubSub<Map>({ schemas: { "message.sent": ofNumber } });
  const optional = v.object({ text: v.optional(v.string()) });
  // @ts-expect-error -- and always there
  createPubSub<Map>({ schemas: { "message.sent": optional } });
  const text = z.object({ text: z.string() });
  // @ts-expect-error -- that is the schema of another type
  createPubSub<Map>({ schemas: { "job.done": text } });
  // @ts-expect-error -- the map has no such type
  createPubSub<Map>({ schemas: { "message.send": text } });
  const anySchema: PayloadSchema = z.unknown();
  // @ts-expect-error -- a schema of unknown says nothing
  createPubSub<Map>({ schemas: { "message.sent": anySchema } });
  // @ts-expect-error -- a function is no schema
  assert.throws(() => createPubSub({ schemas: { "job.done": () => true } }));
});

Deno.test("typed targets are taken, and may name the map", async () => {
  const eventTarget = createInProcessEventTarget<EventsOf<Map>>();
  const explicit = createPubSub<Map>({ eventTarget });
  same<typeof explicit, PubSub<Map>>();
  const named = createPubSub({ eventTarget });
  const jobs = named.subscribe("job.done");
  same<typeof jobs, Subscription<Job>>();
  named.publish("job.done", "7", null);
  // @ts-expect-error -- no event has this type
  named.publish("message.send", "", { text: "hello" });
  assert.deepEqual(await takePayloads(jobs), [null]);
  await eventTarget.close();

  const { port1, port2 } = new MessageChannel();
  const overPort = createWorkerHostEventTarget<EventsOf<Map>>(port1);
  createPubSub<Map>({ eventTarget: overPort });
  await overPort.close();
  port1.close();
  port2.close();
});

/** Whether a target of some type is taken for a map. */
type Takes<TMap extends PubSubEventMap, TTarget> = TTarget extends
  NonNullable<PubSubOptions<TMap>["eventTarget"]> ? true : false;

Deno.test("the target of each transport is taken, with the events of the map", () => {
  type Events = EventsOf<Map>;
  type Other = { "message.sent": { text: number }; "job.done": null };
  same<Takes<Map, ClosableEventTarget<Events>>, true>();
  same<Takes<Map, IrohHubEventTarget<Events>>, true>();
  same<Takes<Map, IrohSpokeEventTarget<Events>>, true>();
  same<Takes<Map, SpokeEventTarget<Events>>, true>();
  same<Takes<Map, WebSocketServerEventTarget<Events>>, true>();
  same<Takes<Map, WorkerEventTarget<Events>>, true>();

  same<Takes<Other, ClosableEventTarget<Events>>, false>();
  same<Takes<Other, IrohHubEventTarget<Events>>, false>();
  same<Takes<Other, IrohSpokeEventTarget<Events>>, false>();
  same<Takes<Other, SpokeEventTarget<Events>>, false>();
  same<Takes<Other, WebSocketServerEventTarget<Events>>, false>();
  same<Takes<Other, WorkerEventTarget<Events>>, false>();

  // A target that is not typed takes anything.
  same<Takes<Map, ClosableEventTarget>, true>();
  assert.throws(() => {
    // @ts-expect-error -- `same` refuses what differs, or nothing above counts
    same<Takes<Other, ClosableEventTarget<Events>>, true>("differs");
  }, { code: "ERR_ASSERTION" });
});

Deno.test("targets of other events are not taken", () => {
  const ofOther = createInProcessEventTarget<EventsOf<{ other: number }>>();
  // @ts-expect-error -- it carries none of the map
  createPubSub<Map>({ eventTarget: ofOther });
  const ofNumber = createInProcessEventTarget<
    EventsOf<{ "message.sent": { text: number }; "job.done": null }>
  >();
  // @ts-expect-error -- its texts are numbers
  createPubSub<Map>({ eventTarget: ofNumber });
  const ofMore = createInProcessEventTarget<
    EventsOf<Map & { "job.failed": string }>
  >();
  assert.doesNotThrow(() => createPubSub<Map>({ eventTarget: ofMore }));
});
