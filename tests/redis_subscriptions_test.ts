// What a target subscribes on a Redis server, and what it leaves behind: nothing.

import assert from "node:assert/strict";
import type { Redis } from "ioredis";
import { ClosedError, createEvent } from "../mod.ts";
import { createRedisEventTarget } from "../redis.ts";
import { closes, faultLike, lostIn, testOnRedis, whenReady } from "./_redis.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const TYPE = "alkpubsub:n";
const TOPIC = "alkpubsub:n:1";

/** How many listeners a client has, by event. */
function listenersOf(client: Redis): { [event: string]: number } {
  return Object.fromEntries(
    client.eventNames().map((event) => [event, client.listenerCount(event)]),
  );
}

testOnRedis("many listeners make one subscription", async (setting) => {
  const target = setting.target();
  const listeners = Array.from({ length: 20 }, () => () => {});
  for (const listener of listeners) {
    target.addEventListener("n", listener);
    target.addEventListener("n:1", listener);
  }
  await target.flush();
  assert.deepEqual(await setting.subscribers(TYPE, TOPIC), [1, 1]);
  assert.equal(await setting.patterns(), 1);
  const last = listeners.pop()!;
  for (const listener of listeners) {
    target.removeEventListener("n", listener);
    target.removeEventListener("n:1", listener);
  }
  await target.flush();
  assert.deepEqual(await setting.subscribers(TYPE, TOPIC), [1, 1]);
  target.removeEventListener("n", last);
  await target.flush();
  assert.deepEqual(await setting.channels(), [TOPIC]);
  assert.equal(await setting.patterns(), 0);
  target.removeEventListener("n:1", last);
  await target.flush();
  assert.deepEqual(await setting.channels(), []);
});

testOnRedis("what never can be published costs nothing", async (setting) => {
  const target = setting.target();
  for (const topic of ["", ":", ":1", "__subscribe", "__x:1"]) {
    target.addEventListener(topic, () => {});
  }
  await target.flush();
  assert.deepEqual(await setting.channels(), []);
});

testOnRedis("adding and removing in haste", async (setting) => {
  const target = setting.target();
  const log = new Log<unknown>();
  const listener = ({ detail }: { detail: { payload: unknown } }) =>
    log.add(detail.payload);
  for (const topic of ["n", "n:1"]) {
    for (let i = 0; i < 50; i++) {
      target.addEventListener(topic, listener);
      target.removeEventListener(topic, listener);
      if (i % 10 === 0) await target.flush();
    }
    await target.flush();
    assert.deepEqual(await setting.channels(), []);
    for (let i = 0; i < 50; i++) {
      target.addEventListener(topic, listener);
      target.removeEventListener(topic, listener);
    }
    target.addEventListener(topic, listener);
    await target.flush();
    assert.equal((await setting.channels()).length, 1);
    target.dispatchEvent(createEvent("n", "1", topic));
    await log.find((payload) => payload === topic);
    target.removeEventListener(topic, listener);
    await target.flush();
    target.dispatchEvent(createEvent("n", "1", "late"));
  }
  assert.equal(await setting.patterns(), 0);
  assert.deepEqual(log.all, ["n", "n:1"]);
  assert.deepEqual(target.faults.all, []);
});

testOnRedis("targets share a client, and go one by one", async (setting) => {
  const publishClient = setting.client();
  const subscribeClient = setting.client();
  const clients = { publishClient, subscribeClient };
  await Promise.all([publishClient, subscribeClient].map(whenReady));
  const before = listenersOf(subscribeClient);
  const first = setting.target(clients);
  const second = setting.target(clients);
  const third = setting.target({ ...clients, channelPrefix: "other:" });
  const topics = ["n", "n:1"];
  const atFirst = topics.map((topic) => envelopesOn(first, topic));
  const atSecond = topics.map((topic) => envelopesOn(second, topic));
  const atThird = topics.map((topic) => envelopesOn(third, topic));
  await Promise.all([first, second, third].map((one) => one.flush()));
  assert.equal(await setting.patterns(), 2);
  first.dispatchEvent(createEvent("n", "1", 1));
  for (const log of [...atFirst, ...atSecond]) await log.count(1);
  await first.close();
  assert.deepEqual(await setting.subscribers(TYPE, TOPIC), [1, 1]);
  assert.equal(await setting.patterns(), 2);
  second.dispatchEvent(createEvent("n", "1", 2));
  for (const log of atSecond) await log.count(2);
  await second.close();
  assert.deepEqual(await setting.channels(), ["other:n", "other:n:1"]);
  third.dispatchEvent(createEvent("n", "1", 3));
  for (const log of atThird) await log.count(1);
  await third.close();
  assert.deepEqual(await setting.channels(), []);
  assert.deepEqual(listenersOf(subscribeClient), before);
  assert.deepEqual(listenersOf(publishClient), before);
  for (const log of atFirst) assert.equal(log.all.length, 1);
});

testOnRedis("what the application does on the clients", async (setting) => {
  const client = setting.client();
  const told = new Log<string[]>();
  for (const event of ["message", "pmessage"]) {
    client.on(event, (...args) => told.add([event, ...args]));
  }
  await client.subscribe("own", "alkpubsub:own");
  await client.psubscribe("o*");
  const before = listenersOf(client);
  const target = setting.target({
    publishClient: client,
    subscribeClient: client,
  });
  const heard = [envelopesOn(target, "n"), envelopesOn(target, "n:1")];
  await target.flush();
  target.dispatchEvent(createEvent("n", "1", 1));
  await setting.publish("own", "no envelope");
  await told.find((args) => args[0] === "pmessage" && args[1] === "o*");
  assert.ok(told.all.some((args) => args.join() === "message,own,no envelope"));
  for (const log of heard) await log.count(1);
  await target.close();
  assert.deepEqual(listenersOf(client), before);
  assert.deepEqual(target.faults.all, []);
  assert.deepEqual(await setting.channels(), ["alkpubsub:own", "own"]);
  assert.equal(await setting.patterns(), 1);
  const count = told.all.length;
  await client.publish("own", "after");
  await told.count(count + 2);
});

testOnRedis("close() ends the target, not its clients", async (setting) => {
  const target = setting.target();
  const heard = envelopesOn(target, "n");
  await target.flush();
  target.dispatchEvent(createEvent("n", "", "last words"));
  const closing = target.close();
  assert.equal(target.close(), closing);
  assert.throws(
    () => target.dispatchEvent(createEvent("n", "", null)),
    ClosedError,
  );
  await assert.rejects(target.flush(), ClosedError);
  target.addEventListener("later", () => {});
  await closing;
  assert.equal(await target.closed, undefined);
  assert.deepEqual(await setting.channels(), []);
  const again = setting.target(target);
  const heardAgain = envelopesOn(again, "n");
  await again.flush();
  again.dispatchEvent(createEvent("n", "", "first words"));
  await heardAgain.count(1);
  assert.ok(heard.all.every(({ payload }) => payload === "last words"));
  assert.deepEqual(target.faults.all, []);
});

testOnRedis("signal closes it", async (setting) => {
  const controller = new AbortController();
  const target = setting.target({ signal: controller.signal });
  target.addEventListener("n", () => {});
  await target.flush();
  controller.abort();
  assert.equal(await target.closed, undefined);
  assert.deepEqual(await setting.channels(), []);
  const { publishClient, subscribeClient } = target;
  const before = listenersOf(subscribeClient);
  assert.throws(
    () =>
      createRedisEventTarget({
        publishClient,
        subscribeClient,
        signal: controller.signal,
      }),
    { name: "AbortError" },
  );
  assert.deepEqual(listenersOf(subscribeClient), before);
});

testOnRedis("await using closes it", async (setting) => {
  {
    await using target = setting.target();
    target.addEventListener("n", () => {});
    await target.flush();
  }
  assert.deepEqual(await setting.channels(), []);
});

testOnRedis("who may not subscribe or publish is told", async (setting) => {
  const client = setting.client({ username: "alice", password: "secret" });
  await whenReady(client); // Else it subscribes twice: before and after.
  const target = setting.target({
    publishClient: client,
    subscribeClient: client,
  });
  const tea = envelopesOn(target, "tea");
  target.addEventListener("secret", () => {});
  target.addEventListener("secret:1", () => {});
  await target.flush();
  assert.deepEqual(
    target.faults.all.map(({ topic }) => topic).sort(),
    ["secret", "secret:1"],
  );
  for (const { error, lost } of target.faults.all) {
    assert.match(String(error), /NOPERM/);
    assert.equal(lost, undefined);
  }
  target.faults.all.length = 0;
  for (const type of ["secret", "tea", "secret"]) {
    target.dispatchEvent(createEvent(type, "", null));
  }
  await target.flush();
  // Later losses are told once something gets through.
  target.dispatchEvent(createEvent("tea", "", null));
  await target.flush();
  assert.equal(tea.all.length, 2);
  assert.equal(lostIn(target.faults), 2);
  const [fault] = target.faults.all;
  assert.match(String(fault!.error), /^PublishError: .*NOPERM/);
}, {
  config: [
    "user alice on >secret resetchannels &alkpubsub:tea &alkpubsub:tea:* +@all",
  ],
});

for (
  const options of [{ enableOfflineQueue: false }, { maxRetriesPerRequest: 2 }]
) {
  testOnRedis(
    `what closes in an outage leaves nothing: ${Object.keys(options)}`,
    async (setting) => {
      const subscribeClient = setting.client(options);
      await whenReady(subscribeClient);
      const before = listenersOf(subscribeClient);
      const target = setting.target({ subscribeClient });
      for (const topic of ["n", "n:1", "m"]) {
        target.addEventListener(topic, () => {});
      }
      await target.flush();
      await setting.server.kill();
      await faultLike(target.faults, /cannot be reached/);
      await target.close();
      await closes(subscribeClient, 4); // Then it has refused what it was told.
      await setting.server.start();
      await whenReady(subscribeClient);
      // Behind all that is sent for it now.
      await subscribeClient.subscribe("own");
      assert.deepEqual(await setting.channels(), ["own"]);
      assert.equal(await setting.patterns(), 0);
      assert.deepEqual(listenersOf(subscribeClient), before);
    },
  );
}
