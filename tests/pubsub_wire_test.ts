// `createPubSub` over targets with another side: what goes over the wire.

import assert from "node:assert/strict";
import { z } from "zod";
import {
  ConnectionError,
  createEvent,
  createPubSub,
  type EventEnvelope,
  FrameError,
  PayloadError,
  type PubSubFault,
  type Subscription,
} from "../mod.ts";
import type { SpokeStatus } from "../websocket_client.ts";
import { countedAbort } from "./_counting.ts";
import { number0 } from "./_iroh.ts";
import { RawPeer } from "./_raw_peer.ts";
import { Setting } from "./_setting.ts";
import { takePayloads } from "./_taking.ts";
import { Log } from "./_waiting.ts";
import { type TestHub, testOnDeno } from "./_websocket.ts";

const DONE = { value: undefined, done: true };

/** The texts that the hub's end of the first socket gets, from now on. */
async function textsAt(hub: TestHub): Promise<Log<string>> {
  const texts = new Log<string>();
  const [socket] = await hub.sockets.count(1);
  socket!.addEventListener("message", ({ data }) => texts.add(String(data)));
  return texts;
}

const controls = (texts: readonly string[]) =>
  texts.map((text) => JSON.parse(text) as EventEnvelope)
    .filter(({ type }) => type.endsWith("subscribe"))
    .map(({ type, payload }) => `${type} ${JSON.stringify(payload)}`);

testOnDeno(
  "over WebSocket, many subscriptions of a topic cost one",
  async (setting) => {
    const hub = await setting.hub();
    const eventTarget = await setting.client(hub.url);
    const texts = await textsAt(hub);
    const topics = async () => {
      await eventTarget.flush();
      return [...hub.connections].flatMap(({ topics }) => [...topics]);
    };
    const two = [createPubSub({ eventTarget }), createPubSub({ eventTarget })];
    const subscriptions: Subscription<EventEnvelope>[] = [];
    for (let i = 0; i < 100; i++) {
      subscriptions.push(two[i % 2]!.subscribe("job.done", "7"));
    }
    assert.deepEqual(await topics(), ["job.done:7"]);
    const subscribed = ['__subscribe {"topic":"job.done:7"}'];
    assert.deepEqual(controls(texts.all), subscribed);

    hub.dispatchEvent(createEvent("job.done", "7", "once"));
    await hub.flush();
    for (const subscription of subscriptions.slice(1)) {
      assert.deepEqual(await takePayloads(subscription), ["once"]);
    }
    assert.deepEqual(await topics(), ["job.done:7"]);
    assert.deepEqual(controls(texts.all), subscribed, "one is left");
    for await (const _ of subscriptions[0]!) break;
    assert.deepEqual(await topics(), []);
    assert.deepEqual(controls(texts.all), [
      ...subscribed,
      '__unsubscribe {"topic":"job.done:7"}',
    ]);
  },
);

Deno.test({
  name: "@number0/iroh: many subscriptions of a topic cost one",
  ignore: number0.unavailable !== undefined,
  async fn() {
    await using setting = new Setting(number0);
    const endpoint = await setting.endpoint();
    const accepted = RawPeer.accept(endpoint.endpoint);
    const connected = setting.spoke(endpoint);
    const peer = await accepted;
    await peer.nextWith("__ping");
    const eventTarget = await connected;
    const pubsub = createPubSub({ eventTarget });
    const subscriptions = Array.from(
      { length: 100 },
      () => pubsub.subscribe("job.done", "7"),
    );
    for (const subscription of subscriptions.slice(1)) {
      await subscription.return();
    }
    eventTarget.dispatchEvent(createEvent("one.left", "", null));
    for await (const _ of ended(subscriptions[0]!)) assert.fail("nothing came");
    eventTarget.dispatchEvent(createEvent("none.left", "", null));
    const texts: string[] = [];
    while (!texts.at(-1)?.includes("none.left")) {
      texts.push((await peer.next())!);
    }
    assert.deepEqual(texts, [
      '{"type":"__subscribe","id":"","payload":{"topic":"job.done:7"}}',
      '{"type":"one.left","id":"","payload":null}',
      '{"type":"__unsubscribe","id":"","payload":{"topic":"job.done:7"}}',
      '{"type":"none.left","id":"","payload":null}',
    ]);
    peer.close();
  },
});

/** Ends it, so that a loop over it is over. */
function ended<T>(subscription: Subscription<T>): Subscription<T> {
  void subscription.return();
  return subscription;
}

Deno.test({
  name: "@number0/iroh: the hub knows a subscription until the last one ends",
  ignore: number0.unavailable !== undefined,
  async fn() {
    await using setting = new Setting(number0);
    const hub = await setting.hub();
    const eventTarget = await setting.spoke(hub.on);
    const pubsub = createPubSub({ eventTarget });
    const topics = async () => {
      await eventTarget.flush();
      return [...hub.connections].flatMap(({ topics }) => [...topics]);
    };
    const subscriptions = [1, 2, 3].map(() => pubsub.subscribe("job.done"));
    assert.deepEqual(await topics(), ["job.done"]);
    hub.dispatchEvent(createEvent("job.done", "7", "hello"));
    for (const subscription of subscriptions) {
      assert.deepEqual(await topics(), ["job.done"]);
      for await (const { id, payload } of subscription) {
        assert.deepEqual([id, payload], ["7", "hello"]);
        break;
      }
    }
    assert.deepEqual(await topics(), []);
  },
});

const schemas = {
  "message.sent": z.object({ text: z.string().transform((it) => it.trim()) }),
};

testOnDeno(
  "over WebSocket, what arrives wrong is not delivered, later events are",
  async (setting) => {
    const hub = await setting.hub({ relay: true });
    const withSchemas = await setting.client(hub.url);
    const without = await setting.client(hub.url);
    const faults: PubSubFault[] = [];
    const pubsub = createPubSub({
      eventTarget: withSchemas,
      schemas,
      onError: (fault) => void faults.push(fault),
    });
    const inRoom = pubsub.subscribe("message.sent", "room");
    const all = pubsub.subscribe("message.sent");
    await withSchemas.flush();
    const careless = createPubSub<Record<string, unknown>>({
      eventTarget: without,
    });
    careless.publish("message.sent", "room", { text: " one " });
    careless.publish("message.sent", "room", { text: 2 });
    careless.publish("message.sent", "other", null);
    careless.publish("message.sent", "room", { text: "three" });
    await without.flush();
    await hub.flush();
    const good = [{ text: "one" }, { text: "three" }];
    assert.deepEqual(await takePayloads(inRoom), good);
    assert.deepEqual(await takePayloads(all), good);
    assert.deepEqual(faults.map(({ envelope }) => envelope), [
      { type: "message.sent", id: "room", payload: { text: 2 } },
      { type: "message.sent", id: "other", payload: null },
    ]);
    for (const { error } of faults) assert.ok(error instanceof PayloadError);
    assert.match(
      String(faults[0]!.error),
      /Cannot deliver message\.sent:room: payload\.text: /,
    );
    assert.equal(
      withSchemas.state,
      "open",
      "a wrong payload ends no connection",
    );
  },
);

testOnDeno(
  "over WebSocket, the wire carries what was published, or nothing",
  async (setting) => {
    const hub = await setting.hub();
    const eventTarget = await setting.client(hub.url);
    const texts = await textsAt(hub);
    const pubsub = createPubSub({ eventTarget, schemas });
    pubsub.publish("message.sent", "room", { text: " hello " });
    assert.throws(
      () => pubsub.publish("message.sent", "room", { text: 5 as never }),
      PayloadError,
    );
    await eventTarget.flush();
    assert.deepEqual(
      texts.all.filter((text) => text.includes("message.sent")),
      [
        '{"type":"message.sent","id":"room","payload":{"text":" hello "}}',
      ],
    );
  },
);

testOnDeno(
  "over WebSocket, what cannot be sent is thrown at the publisher",
  async (setting) => {
    const hub = await setting.hub();
    const eventTarget = await setting.client(hub.url, { maxFrameBytes: 200 });
    const texts = await textsAt(hub);
    const pubsub = createPubSub<Record<string, unknown>>({ eventTarget });
    assert.throws(() => pubsub.publish("n", "", 5n), TypeError);
    assert.throws(() => pubsub.publish("n", "", "x".repeat(200)), FrameError);
    pubsub.publish("n", "", "fits");
    await eventTarget.flush();
    assert.deepEqual(texts.all.filter((text) => text.includes('"n"')), [
      '{"type":"n","id":"","payload":"fits"}',
    ]);
  },
);

testOnDeno(
  "over WebSocket, a topic too long to ask for is thrown at the subscriber",
  async (setting) => {
    const hub = await setting.hub();
    const eventTarget = await setting.client(hub.url, { maxFrameBytes: 200 });
    const pubsub = createPubSub({ eventTarget });
    const { signal, counts } = countedAbort();
    assert.throws(
      () => pubsub.subscribe("job.done", "x".repeat(200), { signal }),
      FrameError,
    );
    assert.equal(counts.listening, 0, "nothing is left behind");
  },
);

testOnDeno(
  "a target that fails ends its subscriptions with its error, once each",
  async (setting) => {
    const hub = await setting.hub();
    const eventTarget = await setting.client(hub.url);
    const pubsub = createPubSub({ eventTarget });
    const abort = countedAbort();
    const { signal } = abort;
    const reading = pubsub.subscribe("job.done", "7", { signal });
    const waiting = pubsub.subscribe("message.sent", "", { signal });
    const left = pubsub.subscribe("job.done");
    const calls = Promise.allSettled([waiting.next(), waiting.next()]);
    await eventTarget.flush();
    for (const payload of [1, 2]) {
      hub.dispatchEvent(createEvent("job.done", "7", payload));
    }
    await hub.flush();
    const [connection] = hub.connections;
    await connection!.close(1008, "not you");

    const error = await eventTarget.closed;
    assert.ok(error instanceof ConnectionError);
    assert.deepEqual(await calls, [
      { status: "rejected", reason: error },
      { status: "fulfilled", value: DONE },
    ]);
    assert.deepEqual(await waiting.next(), DONE);

    const got: unknown[] = [];
    await assert.rejects(async () => {
      for await (const { payload } of reading) got.push(payload);
    }, error);
    assert.deepEqual(got, [1, 2], "what had come is given first");
    assert.deepEqual(await reading.next(), DONE);
    assert.equal(abort.counts.listening, 0);

    await left.return();
    assert.deepEqual(await left.next(), DONE, "who has left is not told");

    const late = pubsub.subscribe("job.done");
    await assert.rejects(late.next(), error);
    assert.deepEqual(await late.next(), DONE);
    assert.throws(() => pubsub.publish("job.done", "", 1), {
      name: "ClosedError",
      cause: error,
    });
  },
);

testOnDeno(
  "a subscription goes on after the target has connected anew",
  async (setting) => {
    const hub = await setting.hub();
    const statuses = new Log<SpokeStatus>();
    const eventTarget = await setting.client(hub.url, {
      reconnect: { minDelay: 1, maxDelay: 1 },
      onStatus: statuses.add,
    });
    const pubsub = createPubSub({ eventTarget });
    await using jobs = pubsub.subscribe("job.done");
    const next = jobs.next();
    const [connection] = hub.connections;
    await connection!.close(1001, "going away");
    await statuses.find(({ type }) => type === "reconnecting");
    await eventTarget.flush();
    hub.dispatchEvent(createEvent("job.done", "7", "after"));
    assert.deepEqual((await next).value?.payload, "after");
  },
);
