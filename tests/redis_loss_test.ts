// Redis servers that are killed and come back, and connections that are cut.

import assert from "node:assert/strict";
import { ClosedError, ConnectionError, createEvent } from "../mod.ts";
import type { EngineEventTarget } from "../redis.ts";
import {
  faultLike,
  lostIn,
  next,
  testOnRedis,
  whenGone,
  whenReady,
} from "./_redis.ts";
import { TcpProxy } from "./_tcp_proxy.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const DOWN = /Connection lost: Redis cannot be reached/;

/** The numbers from one to below another. */
const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => from + i);

/** Dispatches numbers; each has a topic of its own, and all the same type. */
function dispatch(target: EngineEventTarget, numbers: readonly number[]): void {
  for (const i of numbers) target.dispatchEvent(createEvent("n", `${i}`, i));
}

/** The numbers that a target hears. */
function numbersOn(target: EngineEventTarget): Log<number> {
  const log = new Log<number>();
  target.addEventListener(
    "n",
    ({ detail }) => log.add(detail.payload as number),
  );
  return log;
}

testOnRedis(
  "one client: what waits for a killed server comes",
  async (setting) => {
    const client = setting.client();
    const target = setting.target({
      publishClient: client,
      subscribeClient: client,
    });
    const heard = numbersOn(target);
    await target.flush();
    dispatch(target, range(0, 100));
    await heard.count(100);
    dispatch(target, range(100, 200)); // Some of them will have got through.
    await setting.server.kill();
    await faultLike(target.faults, DOWN);
    dispatch(target, range(200, 300));
    await setting.server.start();
    await target.flush();
    dispatch(target, range(300, 400));
    await target.flush();
    assert.deepEqual(heard.all, range(0, 400));
    // What was under way may have come when others were not back.
    assert.ok(lostIn(target.faults) <= 100);
    const downs = target.faults.all.filter(({ error }) =>
      DOWN.test(`${error}`)
    );
    assert.equal(downs.length, 1);
  },
);

testOnRedis(
  "what a client does not keep waits in the target",
  async (setting) => {
    const target = setting.target({
      publishClient: setting.client({ enableOfflineQueue: false }),
      subscribeClient: setting.client({ enableOfflineQueue: false }),
    });
    const { publishClient, subscribeClient } = target;
    await Promise.all([publishClient, subscribeClient].map(whenReady));
    const heard = numbersOn(target);
    await target.flush();
    for (const round of [0, 1]) {
      const first = round * 30;
      dispatch(target, range(first, first + 10));
      await target.flush();
      await heard.count(first + 10); // What it has confirmed it may not have sent.
      await setting.server.kill();
      await Promise.all([publishClient, subscribeClient].map(whenGone));
      dispatch(target, range(first + 10, first + 20));
      await setting.server.start();
      await target.flush();
      dispatch(target, range(first + 20, first + 30));
      await target.flush();
      await heard.count(first + 30);
    }
    assert.deepEqual(heard.all, range(0, 60));
    assert.equal(lostIn(target.faults), 0);
    await faultLike(target.faults, DOWN);
  },
);

testOnRedis(
  "what was under way at the kill is heard once, in order, or not",
  async (setting) => {
    const target = setting.target({
      publishClient: setting.client({ maxRetriesPerRequest: 0 }),
      subscribeClient: setting.client(),
    });
    const heard = numbersOn(target);
    await target.flush();
    const { publishClient, subscribeClient } = target;
    for (const round of [0, 1, 2]) {
      dispatch(target, range(1000 * round, 1000 * (round + 1)));
      await heard.find((i) => i >= 1000 * round);
      await setting.server.kill();
      await Promise.all([publishClient, subscribeClient].map(whenGone));
      await setting.server.start();
      await Promise.all([publishClient, subscribeClient].map(whenReady));
      await target.flush();
    }
    dispatch(target, [3000]);
    await heard.find((i) => i === 3000);
    await target.flush();
    const { length } = heard.all;
    assert.equal(new Set(heard.all).size, length);
    assert.deepEqual(heard.all, heard.all.toSorted((a, b) => a - b));
    // What the server had confirmed and not passed on, nobody can count.
    assert.ok(lostIn(target.faults) <= 3000);
  },
);

testOnRedis(
  "one client is cut off often: all once, in order",
  async (setting) => {
    const client = setting.client();
    const target = setting.target({
      publishClient: client,
      subscribeClient: client,
    });
    const heard = numbersOn(target);
    const halves = envelopesOn(target, "n:150");
    await target.flush();
    for (const round of range(0, 10)) {
      await target.flush(); // It has to be there to be cut off.
      dispatch(target, range(round * 200, round * 200 + 150));
      if (round % 2) await heard.find((i) => i >= round * 200);
      const gone = next(client, "close");
      await setting.admin.call("CLIENT", "KILL", "TYPE", "pubsub");
      await gone;
      dispatch(target, range(round * 200 + 150, round * 200 + 200));
    }
    await target.flush();
    assert.deepEqual(heard.all, range(0, 2000));
    assert.equal(halves.all.length, 1);
    // It might as well have been the server, and others not back: what was under
    // way counts.
    assert.ok(lostIn(target.faults) <= 10 * 150);
  },
);

testOnRedis("what a client sends again is heard once", async (setting) => {
  await using proxy = await TcpProxy.open(setting.server.port);
  const target = setting.target({
    publishClient: setting.client({ port: proxy.port }),
  });
  const heard = [envelopesOn(target, "n"), envelopesOn(target, "n:1")];
  const raw = setting.client();
  const onWire = new Log<string>();
  raw.on("message", (_channel, text) => onWire.add(text));
  await raw.subscribe("alkpubsub:n:1");
  await target.flush();
  await whenReady(target.publishClient);
  proxy.passesReplies = false;
  target.dispatchEvent(createEvent("n", "1", "again"));
  await onWire.count(1);
  proxy.cut();
  proxy.passesReplies = true;
  const [first, second] = await onWire.count(2);
  assert.equal(first, second);
  target.dispatchEvent(createEvent("n", "1", "after"));
  for (const log of heard) {
    await log.find(({ payload }) => payload === "after");
    assert.equal(log.all.length, 2);
  }
  await target.flush();
  assert.equal(lostIn(target.faults), 0);
  await faultLike(target.faults, DOWN);
});

for (
  const options of [
    {},
    { autoResubscribe: false },
    { enableOfflineQueue: false },
    { autoResubscribe: false, enableOfflineQueue: false },
    { protocol: 2 },
  ] as const
) {
  const title = `subscriptions are verified ${JSON.stringify(options)}`;
  testOnRedis(title, async (setting) => {
    const subscribeClient = setting.client(options);
    const target = setting.target({ subscribeClient });
    const other = setting.target({ subscribeClient });
    const channels = ["n", "n:1", "later", "gone", "other"].map((topic) =>
      `alkpubsub:${topic}`
    );
    // Before the client has connected, too.
    const heard = [envelopesOn(target, "n"), envelopesOn(target, "n:1")];
    const atOther = envelopesOn(other, "n");
    other.addEventListener("other", () => {});
    const listener = () => {};
    target.addEventListener("gone", listener);
    await whenReady(subscribeClient);
    await target.flush();
    for (const round of [1, 2]) {
      await setting.server.kill();
      await whenGone(subscribeClient);
      target.removeEventListener("gone", listener);
      const later = envelopesOn(target, "later");
      await setting.server.start();
      await whenReady(subscribeClient);
      await Promise.all([target.flush(), other.flush()]);
      assert.deepEqual(
        await setting.subscribers(...channels),
        [1, 1, 1, 0, 1],
      );
      assert.equal(await setting.patterns(), 3);
      // without `from`: nobody would notice that it came twice.
      const payload = round;
      for (const type of ["n", "later"]) {
        const topic = `alkpubsub:${type}:1`;
        await setting.publish(topic, { type, id: "1", payload });
      }
      await later.count(1);
      target.dispatchEvent(createEvent("n", "1", -round));
      for (const log of [...heard, atOther]) {
        await log.find(({ payload }) => payload === -round);
        assert.equal(log.all.length, 2 * round);
      }
      target.addEventListener("gone", listener);
      await target.flush();
    }
    await faultLike(target.faults, DOWN);
    assert.equal(lostIn(target.faults), 0);
  });
}

testOnRedis("a client that ends takes its target along", async (setting) => {
  for (const how of ["gives up", "is ended"]) {
    const options = { retryStrategy: () => null };
    const target = setting.target({
      publishClient: setting.client(options),
      subscribeClient: setting.client(options),
    });
    const { faults, publishClient, subscribeClient } = target;
    target.addEventListener("n", () => {});
    await target.flush();
    if (how === "gives up") await setting.server.kill();
    else publishClient.disconnect();
    const error = await target.closed;
    assert(error instanceof ConnectionError);
    assert.match(
      error.message,
      /^Connection lost: a client of Redis has ended/,
    );
    assert.equal(faults.all.filter((fault) => fault.error === error).length, 1);
    assert.throws(() => dispatch(target, [0]), ClosedError);
    await assert.rejects(target.flush(), ClosedError);
    if (how === "gives up") await setting.server.start();
    else {
      // The other one is as it was.
      await subscribeClient.ping();
      assert.deepEqual(await setting.channels(), []);
      assert.equal(subscribeClient.listenerCount("message"), 0);
    }
  }
});

testOnRedis(
  "a client that is ended loses what waits, and tells",
  async (setting) => {
    const target = setting.target();
    await target.flush();
    await setting.server.kill();
    await faultLike(target.faults, DOWN);
    dispatch(target, range(0, 3));
    const flushed = assert.rejects(target.flush(), ClosedError);
    target.subscribeClient.options.retryStrategy = () => null;
    await flushed;
    assert.equal(lostIn(target.faults), 3);
    await setting.server.start();
  },
);

testOnRedis("close() while the server is down", async (setting) => {
  const target = setting.target();
  target.addEventListener("n", () => {});
  await target.flush();
  await setting.server.kill();
  await faultLike(target.faults, DOWN);
  target.addEventListener("n:1", () => {});
  dispatch(target, range(0, 3));
  await target.close();
  assert.equal(await target.closed, undefined);
  assert.equal(lostIn(target.faults), 3);
  await setting.server.start();
  await whenReady(target.subscribeClient);
  await target.subscribeClient.ping(); // After all that it still had to say.
  assert.deepEqual(await setting.channels(), []);
});
