// What is on the wire of a Redis server: for clients of other makes, and from them.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  BufferFullError,
  createEvent,
  EnvelopeError,
  FrameError,
} from "../mod.ts";
import type { EngineSerializer } from "../redis.ts";
import { faultLike, next, testOnRedis } from "./_redis.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const TYPE = "alkpubsub:n";
const TOPIC = "alkpubsub:n:1";

testOnRedis("what others publish is heard once", async (setting) => {
  const both = setting.target({ echo: false });
  const heard = [envelopesOn(both, "n"), envelopesOn(both, "n:1")];
  const ofId = setting.target();
  heard.push(envelopesOn(ofId, "n:1"));
  const ofType = setting.target();
  heard.push(envelopesOn(ofType, "n"));
  const other = envelopesOn(both, "n:2");
  for (const target of [both, ofId, ofType]) await target.flush();
  const event = { type: "n", id: "1", payload: { took: 5 } };
  const events = [
    event,
    { ...event, from: undefined },
    { ...event, from: 7 },
    { ...event, from: "x".repeat(100) },
    { ...event, from: "cli.1" },
    { ...event, from: "no number" },
    { ...event, more: true },
    { type: "n", id: "1", payload: "last" },
  ];
  for (const one of events) await setting.publish(TOPIC, one);
  for (const log of heard) {
    await log.find(({ payload }) => payload === "last");
    assert.equal(log.all.length, events.length);
    assert.deepEqual(log.all[0], event);
  }
  // What comes with a key comes once.
  await setting.publish(TOPIC, { ...event, from: "cli.1" });
  await setting.publish(TOPIC, { ...event, from: "cli.2" });
  await setting.publish(TYPE, { ...event, id: "", payload: "end" });
  await heard[0]!.find(({ payload }) => payload === "end");
  assert.equal(heard[0]!.all.length, events.length + 2);
  assert.equal(other.all.length, 0);
  assert.deepEqual(both.faults.all, []);
});

testOnRedis(
  "what others publish to shards with a key is heard once",
  async (setting) => {
    const target = setting.target({ sharded: true });
    const heard = [envelopesOn(target, "n"), envelopesOn(target, "n:1")];
    await target.flush();
    const event = { type: "n", id: "1", payload: 1, from: "cli.1" };
    for (const channel of [TOPIC, TYPE]) {
      await setting.admin.spublish(channel, JSON.stringify(event));
    }
    target.dispatchEvent(createEvent("n", "1", "end"));
    for (const log of heard) {
      await log.find(({ payload }) => payload === "end");
      assert.deepEqual(log.all.map(({ payload }) => payload), [1, "end"]);
    }
  },
);

testOnRedis("what is refused is not known from then on", async (setting) => {
  const target = setting.target();
  const heard = envelopesOn(target, "n:1");
  await target.flush();
  const end = ',"from":"cli.zzzzzzzzzz"}';
  await setting.publish(TOPIC, `no envelope${end}`);
  await setting.publish(TOPIC, `{"type":"n","id":"2","payload":1${end}`);
  await target.faults.count(2);
  const event = { type: "n", id: "1", payload: 1 };
  for (const from of ["cli.1", "cli.2", "cli.1"]) {
    await setting.publish(TOPIC, { ...event, from });
  }
  await setting.publish(TOPIC, { ...event, payload: "end" });
  await heard.find(({ payload }) => payload === "end");
  assert.equal(heard.all.length, 3);
});

testOnRedis(
  "what others publish comes once after a cut, too",
  async (setting) => {
    const target = setting.target();
    const heard = [envelopesOn(target, "n"), envelopesOn(target, "n:1")];
    await target.flush();
    let count = 0;
    const publish = (size: number) =>
      Promise.all(Array.from({ length: size }, () => {
        const event = { type: "n", id: "1", payload: count++ };
        return setting.publish(TOPIC, event);
      }));
    for (let round = 0; round < 5; round++) {
      const ready = next(target.subscribeClient, "ready");
      await setting.admin.call("CLIENT", "KILL", "TYPE", "pubsub");
      let isReady = false;
      ready.then(() => isReady = true);
      while (!isReady) await publish(20);
      // While the subscriptions are verified.
      const flushed = target.flush();
      await publish(20);
      await flushed;
    }
    await publish(1);
    for (const log of heard) {
      await log.find(({ payload }) => payload === count - 1);
      const numbers = log.all.map(({ payload }) => payload);
      assert.equal(new Set(numbers).size, numbers.length);
    }
  },
);

testOnRedis("what is published can be read by others", async (setting) => {
  const texts = new Log<[channel: string, text: string]>();
  const raw = setting.client();
  raw.on("message", (channel, text) => texts.add([channel, text]));
  await raw.subscribe(TYPE, TOPIC);
  const target = setting.target();
  target.dispatchEvent(createEvent("n", "1", { "ä": ["\n", 1] }));
  target.dispatchEvent(createEvent("n", "", null));
  target.dispatchEvent(createEvent("n", "1", undefined));
  const [first, second, third] = await texts.count(3);
  assert.deepEqual(
    [first, second, third].map(([channel] = ["", ""]) => channel),
    [TOPIC, TYPE, TOPIC],
  );
  const froms = new Set();
  const read = ([_, text]: [string, string]) => {
    const { from, ...envelope } = JSON.parse(text);
    assert.match(from, /^[\w-]{12}\.[0-9a-z]+$/);
    froms.add(from);
    return envelope;
  };
  assert.deepEqual(read(first!), {
    type: "n",
    id: "1",
    payload: { "ä": ["\n", 1] },
  });
  assert.deepEqual(read(second!), { type: "n", id: "", payload: null });
  assert.deepEqual(read(third!), { type: "n", id: "1" });
  assert.equal(froms.size, 3);
});

testOnRedis("what is no event of the topic stops nothing", async (setting) => {
  const target = setting.target({ maxFrameBytes: 1000 });
  const heard = [envelopesOn(target, "n"), envelopesOn(target, "n:1")];
  await target.flush();
  const wrong: [text: string, what: RegExp][] = [
    ["", /invalid JSON/],
    ["no JSON", /invalid JSON/],
    ['{"type":"n","id":"1"', /invalid JSON/],
    ["null", /null is not an object/],
    ["7", /7 is not an object/],
    ["[]", /type undefined is not a string/],
    ['{"id":"1","payload":1}', /type undefined is not a string/],
    ['{"type":"n","id":1,"payload":1}', /id 1 is not a string/],
    ['{"type":"n:1","id":"","payload":1}', /type "n:1" holds ":"/],
    ['{"type":"","id":"1","payload":1}', /type is empty/],
    ['{"type":"n","id":"2","payload":1}', /n:2: it came on n:1$/],
    ['{"type":"m","id":"1","payload":1}', /m:1: it came on n:1$/],
    ['{"type":"__subscribe","id":"","payload":{"topic":"n"}}', /__subscribe/],
    ['{"type":"__subscribe","id":"1","payload":{"topic":"n"}}', /__subscribe/],
    [JSON.stringify("x".repeat(1100)), /1102.* 1000/],
  ];
  for (const [text, what] of wrong) {
    await setting.publish(TOPIC, text);
    const { error, topic, lost } = await target.faults.find(({ error }) =>
      what.test(String(error))
    );
    const isLong = text.length > 1000;
    assert.ok(error instanceof (isLong ? FrameError : EnvelopeError), text);
    assert.match(String(topic), /^n(:1)?$/);
    assert.equal(lost, undefined);
    target.faults.all.length = 0;
  }
  await setting.admin.publish(TOPIC, randomBytes(50));
  await faultLike(target.faults, /invalid JSON/);
  await setting.publish(TOPIC, { type: "n", id: "1", payload: "right" });
  for (const log of heard) {
    assert.deepEqual(
      (await log.count(1)).map(({ payload }) => payload),
      ["right"],
    );
  }
});

testOnRedis("a serializer of the application's", async (setting) => {
  const PREFIX = "v1 ";
  const serializer: EngineSerializer = {
    stringify: (envelope) => PREFIX + JSON.stringify(envelope),
    parse(text) {
      if (!text.startsWith(PREFIX)) throw new Error("another version");
      return JSON.parse(text.slice(PREFIX.length));
    },
  };
  const target = setting.target({ serializer });
  const heard = [envelopesOn(target, "n"), envelopesOn(target, "n:1")];
  const plain = setting.target();
  plain.addEventListener("n", () => assert.fail());
  await Promise.all([target.flush(), plain.flush()]);
  await setting.publish(TOPIC, { type: "n", id: "1", payload: 0 });
  const { error } = await faultLike(target.faults, /Cannot decode envelope/);
  assert.match(String(error.cause), /another version/);
  target.dispatchEvent(createEvent("n", "1", 1));
  for (const log of heard) await log.count(1);
  await faultLike(plain.faults, /invalid JSON/);
  const throwing = setting.target({
    serializer: {
      ...serializer,
      stringify() {
        throw new TypeError("not this");
      },
    },
  });
  assert.throws(
    () => throwing.dispatchEvent(createEvent("n", "1", 1)),
    /not this/,
  );
});

testOnRedis("maxFrameBytes is the caller's to keep", async (setting) => {
  const target = setting.target({ maxFrameBytes: 1000 });
  const heard = envelopesOn(target, "n");
  await target.flush();
  assert.throws(
    () => target.dispatchEvent(createEvent("n", "", "€".repeat(400))),
    (error) => {
      assert.ok(error instanceof FrameError);
      assert.equal(error.code, "FRAME_TOO_LARGE");
      assert.match(error.message, /12\d\d.* 1000/);
      return true;
    },
  );
  target.dispatchEvent(createEvent("n", "", "x".repeat(900)));
  await heard.count(1);
  const wider = setting.target();
  wider.dispatchEvent(createEvent("n", "", "x".repeat(2000)));
  const { error, topic } = await faultLike(target.faults, /2\d\d\d.* 1000/);
  assert.ok(error instanceof FrameError);
  assert.equal(topic, "n");
  target.dispatchEvent(createEvent("n", "", "after"));
  assert.equal((await heard.count(2)).length, 2);
});

testOnRedis(
  "backpressureLimit holds while the server does",
  async (setting) => {
    const client = setting.client();
    const clients = { publishClient: client, subscribeClient: client };
    const target = setting.target({ ...clients, backpressureLimit: 1_000_000 });
    const heard = new Log<unknown>();
    target.addEventListener("n", ({ detail }) => heard.add(detail.payload));
    await target.flush();
    setting.server.pause();
    let sent = 0;
    const text = "x".repeat(10_000);
    assert.throws(
      () => {
        for (;; sent++) {
          target.dispatchEvent(createEvent("n", "", [sent, text]));
        }
      },
      (error) => {
        assert.ok(error instanceof BufferFullError);
        assert.match(error.message, /99\d{4}.* 1000000/);
        return true;
      },
    );
    assert.equal(sent, 99);
    // Another target has a limit of its own.
    const other = setting.target(clients);
    other.dispatchEvent(createEvent("n", "", ["other"]));
    setting.server.resume();
    await target.flush();
    target.dispatchEvent(createEvent("n", "", ["after"]));
    await target.flush();
    const numbers = heard.all.map((payload) => (payload as unknown[])[0]);
    assert.deepEqual(numbers, [...Array(99).keys(), "other", "after"]);
    assert.deepEqual(target.faults.all, []);
  },
);
