// The rights that docs/scaling.md gives a hub on an engine are enough for it, and
// for nothing else.

import assert from "node:assert/strict";
import { connect } from "@nats-io/transport-node";
import { Cluster, Redis } from "ioredis";
import { bridge, type BridgeFault } from "../bridge.ts";
import { createEvent } from "../mod.ts";
import { createNatsEventTarget } from "../nats.ts";
import { createRedisEventTarget, type EngineEventTarget } from "../redis.ts";
import { createWebSocketServerEventTarget } from "../websocket_server.ts";
import {
  testWithNats,
  testWithRedis,
  testWithRedisCluster,
} from "./_engines.ts";
import { ending, PERSISTENT } from "./_redis.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const PASSWORD = "secret";

/** The lines of a code block of the page, by how it begins. */
async function block(beginning: string): Promise<string[]> {
  const page = new URL("../docs/scaling.md", import.meta.url);
  const text = await Deno.readTextFile(page);
  const found = text.split("```").find((one) =>
    one.trimStart().startsWith(beginning)
  );
  assert(found, `docs/scaling.md has no block that begins with ${beginning}`);
  return found.replace(/\$?SECRET/, PASSWORD).trim().split("\n");
}

/** What a hub does on an engine works, and nobody complains. */
async function assertEnough(target: EngineEventTarget): Promise<void> {
  const faults = new Log<BridgeFault>();
  const hubs = [1, 2].map(() => createWebSocketServerEventTarget());
  const links = hubs.map((hub) =>
    bridge({ hub, engine: target, onError: faults.add })
  );
  const [ofType, ofOne] = ["message.sent", "message.sent:1"].map((topic) =>
    envelopesOn(target, topic)
  );
  await target.flush();
  hubs[0]!.dispatchEvent(createEvent("message.sent", "1", "hello"));
  await ofType!.count(1);
  await ofOne!.count(1);
  assert.deepEqual(await links[1]!.subscribers("message.sent:1"), []);
  for (const link of links) await link.close();
  for (const hub of hubs) await hub.close();
  await target.close();
  assert.deepEqual(faults.all, []);
}

/** Outside of its prefix a target may neither listen nor speak. */
async function assertLocked(
  create: (onError: (fault: BridgeFault) => void) => EngineEventTarget,
  refusal: RegExp,
): Promise<void> {
  const faults = new Log<BridgeFault>();
  const target = create(faults.add);
  const isRefused = () =>
    faults.find(({ error }) => refusal.test(String(error)));
  target.addEventListener("message.sent:1", () => {});
  await isRefused();
  faults.all.length = 0;
  target.dispatchEvent(createEvent("message.sent", "1", "hello"));
  await isRefused();
  await target.close();
}

const nats = await block("authorization {");
testWithNats("what a hub may is enough, and no more", async (server) => {
  const servers = server.address;
  const connection = await connect({ servers, user: "hub", pass: PASSWORD });
  await assertEnough(createNatsEventTarget({ connection }));
  await assertLocked(
    (onError) =>
      createNatsEventTarget({ connection, subjectPrefix: "other", onError }),
    /Permissions Violation/i,
  );
  await connection.close();
}, { config: nats });

/** The first line takes the rights of everybody else, those of this test too. */
const redis = (await block("user default off")).slice(1);
const user = { username: "hub", password: PASSWORD };

testWithRedis("what a hub may is enough, and no more", async ({ port }) => {
  const clients = [1, 2].map(() => new Redis({ port, ...user, ...PERSISTENT }));
  const [publishClient, subscribeClient] = clients as [Redis, Redis];
  const all = { publishClient, subscribeClient };
  await assertEnough(createRedisEventTarget(all));
  await assertLocked(
    (onError) =>
      createRedisEventTarget({ ...all, channelPrefix: "other:", onError }),
    /NOPERM/,
  );
  await assert.rejects(publishClient.get("key"), /NOPERM/);
  await Promise.all(clients.map(ending));
}, { config: redis });

testWithRedisCluster("what a hub may is enough", async ({ nodes }) => {
  for (const sharded of [false, true]) {
    const clients = [1, 2].map(() =>
      new Cluster([...nodes], {
        shardedSubscribers: sharded,
        redisOptions: user,
      })
    );
    const [publishClient, subscribeClient] = clients as [Cluster, Cluster];
    await assertEnough(
      createRedisEventTarget({ publishClient, subscribeClient, sharded }),
    );
    await Promise.all(clients.map((client) => client.quit()));
  }
}, { config: redis });
