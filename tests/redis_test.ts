// Targets on one Redis server: what they take, and what passes between them.

import assert from "node:assert/strict";
import { Cluster, Redis } from "ioredis";
import { createClient, createCluster, createSentinel } from "redis";
import { createEvent, createPubSub, type EventsOf } from "../mod.ts";
import {
  createRedisEventTarget,
  type EngineFault,
  fromNodeRedis,
  type RedisEventTargetArgs,
  type RedisPublisher,
  type RedisSubscriber,
} from "../redis.ts";
import { testOnRedis } from "./_redis.ts";
import { takeClock } from "./_timers.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** A client of the package redis that says it was told to connect. */
function opened() {
  return new Proxy(createClient(), {
    get: (of, key) => key === "isOpen" || Reflect.get(of, key, of),
  });
}

/** Clients that have not dialed. */
const idleClients = {
  "a Redis of ioredis": () => new Redis({ lazyConnect: true }),
  "a Cluster of ioredis": () => new Cluster([], { lazyConnect: true }),
  "a client of redis": () => fromNodeRedis(opened()),
} satisfies { [name: string]: () => RedisPublisher & RedisSubscriber };

for (const [name, create] of Object.entries(idleClients)) {
  Deno.test(`createRedisEventTarget takes ${name} without a cast`, async () => {
    const client = create();
    const target = createRedisEventTarget({
      publishClient: client,
      subscribeClient: client,
    });
    await target.close();
    assert.equal(await target.closed, undefined);
  });
}

Deno.test("createRedisEventTarget refuses wrong arguments by name", () => {
  const client = idleClients["a Redis of ioredis"]();
  const lacking = (method: string) =>
    new Proxy(client, {
      get: (of, key) => key === method ? undefined : Reflect.get(of, key),
    });
  const right = { publishClient: client, subscribeClient: client };
  const refuses = (args: object, message: RegExp, name = "TypeError") =>
    assert.throws(
      () => createRedisEventTarget({ ...right, ...args } as typeof right),
      { name, message },
      JSON.stringify(Object.keys(args)),
    );
  for (const method of ["on", "off", "publish"]) {
    refuses(
      { publishClient: lacking(method) },
      new RegExp(`^Cannot use publishClient: .* has no method "${method}"$`),
    );
  }
  for (const method of ["on", "off", "subscribe", "unsubscribe"]) {
    refuses(
      { subscribeClient: lacking(method) },
      new RegExp(`^Cannot use subscribeClient: .* has no method "${method}"$`),
    );
  }
  refuses(
    { sharded: true, subscribeClient: lacking("ssubscribe") },
    /subscribeClient: .* has no method "ssubscribe"/,
  );
  refuses(
    { sharded: true, publishClient: lacking("spublish") },
    /publishClient: .* has no method "spublish"/,
  );
  refuses(
    { sharded: true, subscribeClient: fromNodeRedis(opened()) },
    /subscribeClient: .* has no method "ssubscribe"/,
  );
  for (const name of ["publishClient", "subscribeClient"]) {
    for (const value of [undefined, null, 7, {}]) {
      refuses({ [name]: value }, new RegExp(`^Cannot use ${name}: .*"on"$`));
    }
    refuses(
      { [name]: createClient() },
      new RegExp(
        `^Cannot use ${name}: .*package redis; hand in fromNodeRedis`,
      ),
    );
    const silent = new Redis({
      lazyConnect: true,
      autoResendUnfulfilledCommands: false,
    });
    refuses({ [name]: silent }, new RegExp(`^Cannot use ${name}: .*Resend`));
    if (name === "subscribeClient") {
      refuses(
        { sharded: true, [name]: new Cluster([], { lazyConnect: true }) },
        /^Cannot use subscribeClient: .* without shardedSubscribers: true$/,
      );
    }
    const prefixed = new Redis({ lazyConnect: true, keyPrefix: "app:" });
    refuses(
      { sharded: true, [name]: prefixed },
      new RegExp(`^Cannot use ${name}: .* keyPrefix .*; use channelPrefix$`),
    );
  }
  refuses({ channelPrefix: 7 }, /^Cannot use channelPrefix: 7/);
  refuses(
    { channelPrefix: "\ud800:" },
    /^Cannot use channelPrefix: .* holds half of a character$/,
    "RangeError",
  );
  refuses({ sharded: 1 }, /^Cannot use sharded: 1/);
  for (const serializer of [7, {}, { stringify() {} }, { parse() {} }]) {
    refuses({ serializer }, /^Cannot use serializer: /);
  }
  refuses({ echo: "no" }, /^Cannot use echo: /);
  refuses({ onError: 7 }, /^Cannot use onError: 7/);
  refuses({ signal: {} }, /^Cannot use signal: /);
  refuses({ maxFrameBytes: "1" }, /^Cannot use maxFrameBytes: /);
  refuses({ maxFrameBytes: 0 }, /^Cannot use maxFrameBytes: 0/, "RangeError");
  refuses(
    { backpressureLimit: -1 },
    /^Cannot use backpressureLimit: -1/,
    "RangeError",
  );
  assert.throws(
    () => fromNodeRedis(Object({})),
    { name: "TypeError", message: /is no client of the package redis$/ },
  );
  assert.throws(
    () => fromNodeRedis(createClient()),
    { name: "TypeError", message: /not told to connect; call client.connect/ },
  );
  const name = "main";
  for (
    const silent of [
      createCluster({ rootNodes: [] }),
      createSentinel({ name, sentinelRootNodes: [] }),
    ]
  ) {
    assert.throws(
      () => fromNodeRedis(Object(silent)),
      { name: "TypeError", message: /tells of lost connections.*use ioredis$/ },
    );
  }
  for (const args of [[], [null], [{}]]) {
    assert.throws(
      () => Reflect.apply(createRedisEventTarget, undefined, args),
      {
        name: "TypeError",
        message: 'Cannot use publishClient: undefined has no method "on"',
      },
    );
  }
  // None of them left anything on the client.
  assert.deepEqual(client.eventNames(), []);
});

Deno.test("createRedisEventTarget tells of the same error once a second", async () => {
  const client = idleClients["a Redis of ioredis"]();
  const faults = new Log<EngineFault>();
  const target = createRedisEventTarget({
    publishClient: client,
    subscribeClient: client,
    onError: faults.add,
  });
  {
    using clock = takeClock();
    const say = () => {
      for (let i = 0; i < 100; i++) {
        const why = i % 2 ? `attempt ${i}` : "refused";
        client.emit("error", new Error(why));
      }
      return faults.all.splice(0).map(({ error }) => String(error));
    };
    assert.deepEqual(say(), ["Error: refused", "Error: attempt 1"]);
    clock.now += 999;
    assert.deepEqual(say(), []);
    clock.now += 1;
    assert.deepEqual(say(), ["Error: refused", "Error: attempt 1"]);
  }
  await target.close();
});

testOnRedis("two targets exchange events", async (setting) => {
  const a = setting.target();
  const b = setting.target();
  const atA = envelopesOn(a, "job.done:7");
  const atB = envelopesOn(b, "job.done:7");
  const ofType = envelopesOn(b, "job.done");
  const others = [envelopesOn(b, "job.done:8"), envelopesOn(b, "job")];
  await Promise.all([a.flush(), b.flush()]);
  const envelopes = [
    { type: "job.done", id: "7", payload: { took: 5 } },
    { type: "job.done", id: "7", payload: ["ä", null] },
    { type: "job.done", id: "", payload: "all" },
    { type: "job.done", id: "9", payload: "nine" },
  ];
  for (const [i, { type, id, payload }] of envelopes.entries()) {
    const target = i === 0 ? a : b;
    target.dispatchEvent(createEvent(type, id, payload));
    await target.flush();
  }
  assert.deepEqual(await ofType.count(4), envelopes);
  assert.deepEqual(await atA.count(2), envelopes.slice(0, 2));
  assert.deepEqual(atB.all, envelopes.slice(0, 2));
  assert.ok(others.every(({ all }) => all.length === 0));
  assert.deepEqual([...a.faults.all, ...b.faults.all], []);
});

for (const echo of [undefined, true, false]) {
  testOnRedis(`echo ${echo}: own events`, async (setting) => {
    const target = setting.target({ echo });
    const other = setting.target({ echo });
    const own = envelopesOn(target, "n");
    const ownOfId = envelopesOn(target, "n:1");
    await target.flush();
    target.dispatchEvent(createEvent("n", "1", "own"));
    await target.flush();
    other.dispatchEvent(createEvent("n", "1", "other"));
    await own.find(({ payload }) => payload === "other");
    const expected = echo === false ? ["other"] : ["own", "other"];
    for (const { all } of [own, ownOfId]) {
      assert.deepEqual(all.map(({ payload }) => payload), expected);
    }
  });
}

testOnRedis("10 000 events over topics keep their order", async (setting) => {
  const sender = setting.target();
  const receiver = setting.target();
  const ofType = new Log<number>();
  const ofIds = new Log<number>();
  receiver.addEventListener(
    "n",
    ({ detail }) => ofType.add(detail.payload as number),
  );
  for (let id = 0; id < 10; id++) {
    receiver.addEventListener(
      `n:${id}`,
      ({ detail }) => ofIds.add(detail.payload as number),
    );
  }
  await receiver.flush();
  const numbers = Array.from({ length: 10_000 }, (_, i) => i);
  for (const i of numbers) {
    sender.dispatchEvent(createEvent("n", String(i % 10), i));
  }
  assert.deepEqual(await ofType.count(numbers.length), numbers);
  assert.deepEqual(await ofIds.count(numbers.length), numbers);
  assert.deepEqual(receiver.faults.all, []);
});

testOnRedis("createPubSub runs over it", async (setting) => {
  type Shape = { "job.done": { took: number } };
  const create = () => {
    const client = setting.client();
    const target = createRedisEventTarget<EventsOf<Shape>>({
      publishClient: client, // RESP3: one client is enough.
      subscribeClient: client,
    });
    return { target, pubsub: createPubSub<Shape>({ eventTarget: target }) };
  };
  await using here = create().target;
  const { target: there, pubsub } = create();
  const remote = createPubSub<Shape>({ eventTarget: here });
  const all = remote.subscribe("job.done");
  const seven = remote.subscribe("job.done", "7");
  await here.flush();
  pubsub.publish("job.done", "7", { took: 1 });
  pubsub.publish("job.done", "8", { took: 2 });
  pubsub.publish("job.done", "7", { took: 3 });
  const take = async (events: typeof all) =>
    (await events.next()).value?.payload.took;
  for (const took of [1, 2, 3]) assert.equal(await take(all), took);
  for (const took of [1, 3]) assert.equal(await take(seven), took);
  await all.return();
  await seven.return();
  await there.close();
  await here.flush();
  assert.deepEqual(await setting.channels(), []);
  assert.equal(await setting.patterns(), 0);
});

testOnRedis("what a listener throws harms nobody else", async (setting) => {
  const client = setting.client();
  const target = setting.target({
    publishClient: client,
    subscribeClient: client,
  });
  const error = new Error("listener");
  target.addEventListener("n", () => {
    throw error;
  });
  const heard = envelopesOn(target, "n");
  await target.flush();
  for (const i of [1, 2]) target.dispatchEvent(createEvent("n", "", i));
  await heard.count(2);
  assert.deepEqual(target.faults.all, [
    { error, topic: "n" },
    { error, topic: "n" },
  ]);
});

testOnRedis(
  "RESP2: a client that subscribes cannot publish",
  async (setting) => {
    const client = setting.client({ protocol: 2 });
    const clients: Partial<RedisEventTargetArgs> = {
      publishClient: client,
      subscribeClient: client,
    };
    const target = setting.target(clients);
    const heard = envelopesOn(target, "n");
    await target.flush();
    target.dispatchEvent(createEvent("n", "", 1));
    const { lost, error } = await target.faults.find(({ lost }) => lost === 1);
    assert.equal(lost, 1);
    assert.match(String(error), /^PublishError: Cannot publish 1 event: /);
    // Others are heard all the same.
    setting.target({ publishClient: setting.admin })
      .dispatchEvent(createEvent("n", "", 2));
    await heard.find(({ payload }) => payload === 2);
  },
);
