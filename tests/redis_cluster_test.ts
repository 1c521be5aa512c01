// Targets on a Redis Cluster of three nodes, with plain and with sharded pub/sub,
// and on a master that is replaced.

import assert from "node:assert/strict";
import { Cluster, type ClusterOptions, Redis } from "ioredis";
import type { RedisCluster, RedisSentinel } from "../demo/_servers.ts";
import { createEvent } from "../mod.ts";
import type { EngineEventTarget } from "../redis.ts";
import { testWithRedisCluster, testWithRedisSentinel } from "./_engines.ts";
import {
  faultLike,
  lostIn,
  next,
  RedisSetting,
  type TestTarget,
  whenReady,
} from "./_redis.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Enough for every node to have some. */
const IDS = Array.from({ length: 12 }, (_, i) => String(i));

class ClusterSetting extends RedisSetting {
  readonly cluster: RedisCluster;

  constructor(cluster: RedisCluster) {
    super(cluster.servers[0]!);
    this.cluster = cluster;
  }

  async clusterClient(options: ClusterOptions = {}): Promise<Cluster> {
    const client = new Cluster([...this.cluster.nodes], {
      clusterRetryStrategy: () => 20,
      slotsRefreshTimeout: 2000,
      ...options,
    });
    client.on("error", () => {}); // Nodes that are gone.
    this.closeWith(async () => {
      // A refresh under way, as after MOVED, would outlive it.
      await new Promise<void>((done) => client.refreshSlotsCache(() => done()));
      await client.quit().catch(() => client.disconnect());
    });
    if (client.status !== "ready") await next(client, "ready");
    return client;
  }

  /** A target with clients of its own. */
  async clusterTarget(
    sharded: boolean,
  ): Promise<TestTarget<Cluster, Cluster>> {
    return this.target({
      publishClient: await this.clusterClient(),
      subscribeClient: await this.clusterClient({
        shardedSubscribers: sharded,
      }),
      sharded,
    });
  }

  /** What is subscribed on any node: its channels and the count of its patterns. */
  async everything(): Promise<[channels: string[], patterns: number]> {
    const channels = new Set<string>();
    let patterns = 0;
    for (const node of this.cluster.nodes) {
      const client = this.client(node);
      const names = [
        ...await client.pubsub("CHANNELS"),
        ...await client.pubsub("SHARDCHANNELS"),
      ];
      for (const name of names) channels.add(String(name));
      patterns += Number(await client.pubsub("NUMPAT"));
    }
    return [[...channels].sort(), patterns];
  }
}

/** Dispatches until an event of each id has come by. */
async function untilHeard(
  from: EngineEventTarget,
  heard: Log<unknown>,
  round: string,
): Promise<number> {
  for (let attempt = 0;; attempt++) {
    for (const id of IDS) {
      from.dispatchEvent(createEvent("n", id, `${round} ${attempt} ${id}`));
    }
    await from.flush();
    const isHeard = IDS.every((id) =>
      heard.all.includes(`${round} ${attempt} ${id}`)
    );
    if (isHeard) return (attempt + 1) * IDS.length;
    // What has gone through the other nodes takes a moment.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function payloadsOn(target: EngineEventTarget, ...topics: string[]) {
  const log = new Log<unknown>();
  for (const topic of topics) {
    target.addEventListener(topic, ({ detail }) => log.add(detail.payload));
  }
  return log;
}

for (const sharded of [false, true]) {
  const kind = sharded ? "sharded" : "plain";

  testWithRedisCluster(`${kind} events by id and by type`, async (cluster) => {
    await using setting = new ClusterSetting(cluster);
    const a = await setting.clusterTarget(sharded);
    const b = await setting.clusterTarget(sharded);
    const topics = IDS.map((id) => `n:${id}`);
    const byId = payloadsOn(b, ...topics);
    const byType = payloadsOn(b, "n");
    const own = payloadsOn(a, ...topics, "n");
    const odd = envelopesOn(b, "{n}*:\n😀");
    b.addEventListener("m", () => assert.fail());
    b.addEventListener("n:m", () => assert.fail());
    await Promise.all([a.flush(), b.flush()]);
    const sent: string[] = [];
    for (const round of [1, 2, 3]) {
      for (const id of IDS) {
        sent.push(`${round} ${id}`);
        a.dispatchEvent(createEvent("n", id, `${round} ${id}`));
      }
    }
    a.dispatchEvent(createEvent("n", "", "last"));
    a.dispatchEvent(createEvent("{n}*", "\n😀", "odd"));
    await byId.count(sent.length);
    await byType.count(sent.length + 1);
    await own.count(2 * sent.length + 1);
    await odd.count(1);
    await a.flush();
    // In order for each topic, if not every event goes through another node,
    // and nothing twice.
    for (const log of [byId, byType]) {
      for (const id of IDS) {
        const ofId = log.all.filter((payload) =>
          String(payload).endsWith(` ${id}`)
        );
        assert.deepEqual(
          sharded ? ofId : ofId.toSorted(),
          [1, 2, 3].map((round) => `${round} ${id}`),
        );
      }
    }
    assert.equal(byId.all.length, sent.length);
    assert.equal(byType.all.length, sent.length + 1);
    assert.deepEqual([...a.faults.all, ...b.faults.all], []);
    await Promise.all([a.close(), b.close()]);
    assert.deepEqual(await setting.everything(), [[], 0]);
  });

  testWithRedisCluster(
    `${kind}: a node is killed and back`,
    async (cluster) => {
      await using setting = new ClusterSetting(cluster);
      const a = await setting.clusterTarget(sharded);
      const b = await setting.clusterTarget(sharded);
      const byId = payloadsOn(b, ...IDS.map((id) => `n:${id}`));
      const byType = payloadsOn(b, "n");
      await b.flush();
      await untilHeard(a, byId, "before");
      for (const index of [0, 1, 2]) {
        await cluster.kill(index);
        for (const id of IDS) {
          a.dispatchEvent(createEvent("n", id, `down ${id}`));
        }
        await a.flush();
        await cluster.start(index);
        for (const log of [byId, byType]) {
          await untilHeard(a, log, `after ${index} ${log === byId}`);
        }
      }
      for (const log of [byId, byType]) {
        const once = log.all.filter((payload) =>
          !`${payload}`.startsWith("down")
        );
        assert.equal(new Set(once).size, once.length);
      }
      await Promise.all([a.close(), b.close()]);
      assert.deepEqual(await setting.everything(), [[], 0]);
      await timersOfIoredis();
    },
  );
}

/** It looks at its slots again up to 2.5 s after a node failed, closed or not. */
function timersOfIoredis(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2_600));
}

testWithRedisCluster(
  "sharded on a client that cannot says so",
  async (cluster) => {
    await using setting = new ClusterSetting(cluster);
    const target = setting.target({
      publishClient: await setting.clusterClient(),
      subscribeClient: setting.client(), // Of one node.
      sharded: true,
    });
    for (const id of IDS) target.addEventListener(`n:${id}`, () => {});
    await target.flush();
    const { topic } = await faultLike(target.faults, /MOVED/);
    assert.match(String(topic), /^n:\d+$/);
  },
);

testWithRedisCluster(
  "a plain client of one node hears the cluster",
  async (cluster) => {
    await using setting = new ClusterSetting(cluster);
    const target = setting.target({
      publishClient: await setting.clusterClient(),
      subscribeClient: setting.client(),
    });
    const heard = payloadsOn(target, "n");
    await target.flush();
    await untilHeard(target, heard, "first");
    await cluster.kill(0);
    await faultLike(target.faults, /Connection lost/);
    await cluster.start(0);
    await whenReady(target.subscribeClient);
    await target.flush();
    await untilHeard(target, heard, "second");
    assert.equal(new Set(heard.all).size, heard.all.length);
  },
);

testWithRedisCluster(
  "who publishes through one node keeps the order",
  async (cluster) => {
    await using setting = new ClusterSetting(cluster);
    const sender = setting.target();
    const receiver = setting.target({
      subscribeClient: await setting.clusterClient(),
    });
    const heard = payloadsOn(receiver, "n");
    await receiver.flush();
    const numbers = Array.from({ length: 1000 }, (_, i) => i);
    for (const i of numbers) {
      sender.dispatchEvent(createEvent("n", IDS[i % IDS.length]!, i));
    }
    assert.deepEqual(await heard.count(numbers.length), numbers);
  },
);

testWithRedisSentinel("the replica takes over", async (group) => {
  await using setting = new RedisSetting(group.replica);
  const client = () => sentinelClient(setting, group);
  const one = client();
  const both = setting.target({ publishClient: one, subscribeClient: one });
  const other = setting.target({
    publishClient: client(),
    subscribeClient: client(),
  });
  const heard = payloadsOn(both, "n");
  const heardOfIds = payloadsOn(both, ...IDS.map((id) => `n:${id}`));
  const atOther = payloadsOn(other, "n");
  await Promise.all([both.flush(), other.flush()]);
  await untilHeard(both, heard, "before");
  await untilHeard(other, atOther, "other");
  await group.master.kill();
  await faultLike(both.faults, /Connection lost/);
  const before = heard.all.length;
  // They wait in the client, which is subscribed again before it sends them.
  for (const id of IDS) both.dispatchEvent(createEvent("n", id, `down ${id}`));
  await Promise.all([one, other.subscribeClient].map(whenReady));
  await Promise.all([both.flush(), other.flush()]);
  assert.deepEqual(
    heard.all.slice(before).filter((one) => `${one}`.startsWith("down")),
    IDS.map((id) => `down ${id}`),
  );
  await untilHeard(both, heard, "after");
  await untilHeard(other, atOther, "other after");
  for (const log of [heard, heardOfIds, atOther]) {
    assert.equal(new Set(log.all).size, log.all.length);
  }
  assert.equal(lostIn(both.faults), 0);
  assert.deepEqual(await setting.subscribers("alkpubsub:n"), [2]);
});

function sentinelClient(setting: RedisSetting, group: RedisSentinel): Redis {
  const client = new Redis({
    sentinels: [...group.sentinels],
    name: group.name,
    sentinelRetryStrategy: () => 20,
    retryStrategy: () => 20,
    maxRetriesPerRequest: null,
  });
  client.on("error", () => {}); // A master that is gone.
  setting.closeWith(() => client.quit());
  return client;
}
