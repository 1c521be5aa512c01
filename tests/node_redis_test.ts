// Targets on clients of the package `redis`, through the adapter.

import assert from "node:assert/strict";
import { createClient } from "redis";
import type { Server } from "../demo/_servers.ts";
import { ClosedError, createEvent } from "../mod.ts";
import { fromNodeRedis } from "../redis.ts";
import {
  faultLike,
  lostIn,
  next,
  type RedisSetting,
  testOnRedis,
} from "./_redis.ts";
import { TcpProxy } from "./_tcp_proxy.ts";
import { envelopesOn } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

type Setting = RedisSetting<Server>;
type Options = Parameters<typeof createClient>[0] & {
  readonly port?: number;
};

/** A client that dials again at once, adapted. */
async function connected(
  setting: Setting,
  { port = setting.server.port, ...options }: Options = {},
) {
  const client = createClient({
    socket: { host: "127.0.0.1", port, reconnectStrategy: () => 20 },
    ...options,
  });
  client.on("error", () => {}); // It would end the process.
  await client.connect();
  setting.closeWith(() => client.isOpen && client.destroy());
  return { client, adapted: fromNodeRedis(client) };
}

/** A target on one client for both, which RESP3 allows. */
async function targetOn(setting: Setting, options?: Options) {
  const { client, adapted } = await connected(setting, options);
  const target = setting.target({
    publishClient: adapted,
    subscribeClient: adapted,
  });
  return { client, target };
}

testOnRedis("redis exchanges events with ioredis", async (setting) => {
  const { target } = await targetOn(setting);
  const other = setting.target();
  const topics = ["n", "n:1", "n:*", "a[b]?:\n😀"];
  const logs = [target, other].map((one) =>
    topics.map((topic) => envelopesOn(one, topic))
  );
  await Promise.all([target.flush(), other.flush()]);
  const events = [
    { type: "n", id: "1", payload: "ä" },
    { type: "n", id: "*", payload: null },
    { type: "n", id: "", payload: 1 },
    { type: "a[b]?", id: "\n😀", payload: [] },
  ];
  for (const from of [target, other]) {
    for (const { type, id, payload } of events) {
      from.dispatchEvent(createEvent(type, id, payload));
    }
    await from.flush();
  }
  // without `from`.
  for (const event of events) {
    const topic = event.id === "" ? event.type : `${event.type}:${event.id}`;
    await setting.publish(`alkpubsub:${topic}`, event);
  }
  const [one, two, three, four] = events;
  for (const [ofType, ofOne, ofStar, ofOdd] of logs) {
    assert.deepEqual(
      await ofType!.count(9),
      [...[one, two, three], ...[one, two, three], ...[one, two, three]],
    );
    assert.deepEqual(await ofOne!.count(3), [one, one, one]);
    assert.deepEqual(await ofStar!.count(3), [two, two, two]);
    assert.deepEqual(await ofOdd!.count(3), [four, four, four]);
  }
  assert.deepEqual([...target.faults.all, ...other.faults.all], []);
});

testOnRedis("redis: one subscription, and none after it", async (setting) => {
  const { client, adapted } = await connected(setting);
  await client.subscribe("own", () => {});
  const events = () =>
    ["ready", "reconnecting", "end", "error"].map((event) =>
      client.listenerCount(event)
    );
  const before = events();
  const first = setting.target({
    publishClient: adapted,
    subscribeClient: adapted,
  });
  const second = setting.target({
    publishClient: adapted,
    subscribeClient: adapted,
  });
  // Adapted once more: a subscriber of its own.
  const third = setting.target({
    publishClient: adapted,
    subscribeClient: fromNodeRedis(client),
  });
  const logs = [first, second, third].map((target) => [
    envelopesOn(target, "n"),
    envelopesOn(target, "n:1"),
  ]);
  const targets = [first, second, third];
  for (const [i, target] of targets.entries()) {
    await Promise.all(targets.slice(i).map((one) => one.flush()));
    assert.deepEqual(
      await setting.subscribers("alkpubsub:n", "alkpubsub:n:1"),
      [1, 1],
    );
    assert.equal(await setting.patterns(), 1);
    await setting.publish("alkpubsub:n:1", { type: "n", id: "1", payload: i });
    for (const log of logs.slice(i).flat()) {
      const heard = await log.count(i + 1);
      assert.deepEqual(
        heard.map(({ payload }) => payload),
        [0, 1, 2].slice(0, i + 1),
      );
    }
    await target.close();
  }
  assert.deepEqual(await setting.channels(), ["own"]);
  assert.equal(await setting.patterns(), 0);
  assert.deepEqual(events(), before);
  assert.equal(await client.publish("own", ""), 1);
  for (const { faults } of targets) assert.deepEqual(faults.all, []);
});

testOnRedis("redis: adding and removing in haste", async (setting) => {
  const { target } = await targetOn(setting);
  const listener = () => {};
  for (const topic of ["n", "n:1"]) {
    for (let i = 0; i < 50; i++) {
      target.addEventListener(topic, listener);
      target.removeEventListener(topic, listener);
    }
    await target.flush();
    assert.deepEqual(await setting.subscribers(`alkpubsub:${topic}`), [0]);
    target.addEventListener(topic, listener);
    target.removeEventListener(topic, listener);
    const heard = envelopesOn(target, topic);
    await target.flush();
    await setting.publish("alkpubsub:n:1", { type: "n", id: "1", payload: 1 });
    target.dispatchEvent(createEvent("n", "1", 2));
    await heard.find(({ payload }) => payload === 2);
    assert.deepEqual(heard.all.map(({ payload }) => payload), [1, 2]);
  }
  assert.deepEqual(target.faults.all, []);
});

testOnRedis(
  "redis: a server that is killed and comes back",
  async (setting) => {
    const { client, target } = await targetOn(setting);
    const heard = [envelopesOn(target, "n"), envelopesOn(target, "n:1")];
    const listener = () => {};
    target.addEventListener("gone", listener);
    await target.flush();
    for (const round of [1, 2]) {
      const gone = next(client, "reconnecting");
      await setting.server.kill();
      await gone;
      await faultLike(
        target.faults,
        /Connection lost: Redis cannot be reached/,
      );
      target.faults.all.length = 0;
      target.dispatchEvent(createEvent("n", "1", "while down"));
      target.removeEventListener("gone", listener);
      const later = envelopesOn(target, "later");
      const ready = next(client, "ready");
      await setting.server.start();
      await ready;
      await target.flush();
      assert.deepEqual(
        await setting.subscribers("alkpubsub:n", "alkpubsub:gone"),
        [1, 0],
      );
      for (const type of ["n", "later"]) {
        const event = { type, id: "1", payload: round };
        await setting.publish(`alkpubsub:${type}:1`, event);
      }
      await later.count(1);
      for (const log of heard) {
        await log.find(({ payload }) => payload === round);
        assert.equal(log.all.length, 2 * round);
      }
      target.addEventListener("gone", listener);
      await target.flush();
      assert.equal(lostIn(target.faults), 0);
    }
  },
);

for (const topic of ["n", "n:1"]) {
  const title = `redis: cut off between question and answer (${topic})`;
  testOnRedis(title, async (setting) => {
    await using proxy = await TcpProxy.open(setting.server.port);
    const { client, target } = await targetOn(setting, { port: proxy.port });
    const cut = async () => {
      const ready = next(client, "ready");
      proxy.cut();
      proxy.passesReplies = true;
      await ready;
      await target.flush();
      await client.ping(); // What was refused is asked for once more before.
    };
    proxy.passesReplies = false;
    const heard = envelopesOn(target, topic);
    await setting.admin.ping();
    await cut();
    await setting.publish("alkpubsub:n:1", { type: "n", id: "1", payload: 1 });
    await heard.count(1);
    const listener = () => {};
    target.addEventListener("m", listener);
    target.addEventListener("m:1", listener);
    await target.flush();
    proxy.passesReplies = false;
    target.removeEventListener("m", listener);
    target.removeEventListener("m:1", listener);
    await cut();
    assert.deepEqual(
      await setting.subscribers("alkpubsub:m", "alkpubsub:m:1"),
      [0, 0],
    );
    assert.equal(await setting.patterns(), topic === "n" ? 1 : 0);
    // Removed in vain, and wanted again at once.
    target.addEventListener("m:1", listener);
    await target.flush();
    proxy.passesReplies = false;
    target.removeEventListener("m:1", listener);
    const again = envelopesOn(target, "m:1");
    await cut();
    await setting.publish("alkpubsub:m:1", { type: "m", id: "1", payload: 1 });
    await setting.publish("alkpubsub:m:1", { type: "m", id: "1", payload: 2 });
    await again.find(({ payload }) => payload === 2);
    assert.equal(again.all.length, 2);
    assert.equal(heard.all.length, 1);
    await target.close();
    assert.deepEqual(await setting.channels(), []);
    client.destroy(); // Before the proxy goes, or it dials again.
  });
}

testOnRedis("redis: RESP2 needs two clients", async (setting) => {
  const one = await targetOn(setting, { RESP: 2 });
  const heard = envelopesOn(one.target, "n");
  await one.target.flush();
  one.target.dispatchEvent(createEvent("n", "", 1));
  await one.target.faults.find(({ lost }) => lost === 1);
  const [publisher, subscriber] = await Promise.all(
    [1, 2].map(() => connected(setting, { RESP: 2 })),
  );
  const two = setting.target({
    publishClient: publisher!.adapted,
    subscribeClient: subscriber!.adapted,
  });
  const own = envelopesOn(two, "n:1");
  await two.flush();
  two.dispatchEvent(createEvent("n", "1", 2));
  assert.equal((await heard.count(1))[0]!.payload, 2);
  await own.count(1);
});

testOnRedis(
  "redis: a client that ends takes its target along",
  async (setting) => {
    for (const how of ["is ended", "gives up"]) {
      const { port } = setting.server;
      const { client, target } = await targetOn(setting, {
        socket: { host: "127.0.0.1", port, reconnectStrategy: false },
      });
      target.addEventListener("n", () => {});
      await target.flush();
      if (how === "is ended") client.destroy();
      else await setting.server.kill();
      const error = await target.closed;
      assert.match(
        String(error),
        /^ConnectionError: .* a client of Redis has ended/,
      );
      await assert.rejects(target.flush(), ClosedError);
      await target.close();
    }
  },
);

testOnRedis(
  "redis: targets on one client, adapted for each",
  async (setting) => {
    const { client } = await connected(setting);
    assert.equal(fromNodeRedis(client), fromNodeRedis(client));
    const [one, two] = [1, 2].map(() =>
      setting.target({
        publishClient: fromNodeRedis(client),
        subscribeClient: fromNodeRedis(client),
      })
    );
    // The client takes a listener away by a command of its own.
    const heard = envelopesOn(two!, "n");
    const listener = () => {};
    one!.addEventListener("n", listener);
    one!.removeEventListener("n", listener);
    await Promise.all([one!.flush(), two!.flush()]);
    await setting.publish("alkpubsub:n", { type: "n", id: "", payload: 1 });
    await heard.count(1);
  },
);
