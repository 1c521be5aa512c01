// Redis and NATS, each alone and between two hubs.

import { bridge } from "@alkdev/pubsub/bridge";
import { createNatsEventTarget } from "@alkdev/pubsub/event-target-nats";
import {
  createRedisEventTarget,
  type EngineEventTarget,
  fromNodeRedis,
} from "@alkdev/pubsub/event-target-redis";
import { createWebSocketClientEventTarget } from "@alkdev/pubsub/event-target-websocket-client";
import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
import { connect } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import assert from "node:assert/strict";
import process from "node:process";
import { createClient } from "redis";
import { check, done } from "./_check.ts";
import { exchange } from "./_exchange.ts";
import { serve, socketTo } from "./_platform.ts";

const { REDIS_URL: url, NATS_ADDRESS: servers } = process.env;

/** Two targets, and what ends their clients. */
interface Pair {
  readonly targets: readonly [EngineEventTarget, EngineEventTarget];
  end(): Promise<void>;
}

function overIoredis(): Pair {
  const clients = [0, 1, 2, 3].map(() => new Redis(url!));
  const [a, b, c, d] = clients as [Redis, Redis, Redis, Redis];
  return {
    targets: [
      createRedisEventTarget({ publishClient: a, subscribeClient: b }),
      createRedisEventTarget({ publishClient: c, subscribeClient: d }),
    ],
    // deno-lint-ignore require-await -- as the other clients end
    async end() {
      for (const client of clients) client.disconnect();
    },
  };
}

async function overNodeRedis(): Promise<Pair> {
  const clients = [0, 1, 2, 3].map(() => {
    const client = createClient({ url });
    client.on("error", console.error);
    return client;
  });
  await Promise.all(clients.map((client) => client.connect()));
  const [a, b, c, d] = clients.map(fromNodeRedis);
  return {
    targets: [
      createRedisEventTarget({ publishClient: a!, subscribeClient: b! }),
      createRedisEventTarget({ publishClient: c!, subscribeClient: d! }),
    ],
    async end() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

async function overNats(): Promise<Pair> {
  const connections = [await connect({ servers }), await connect({ servers })];
  const [a, b] = connections;
  return {
    targets: [
      createNatsEventTarget({ connection: a! }),
      createNatsEventTarget({ connection: b! }),
    ],
    async end() {
      await Promise.all(connections.map((one) => one.close()));
    },
  };
}

async function hubOn(engine: EngineEventTarget, name: string) {
  const hub = createWebSocketServerEventTarget({ relay: true });
  const server = await serve(hub, 0);
  const link = bridge({ hub, engine });
  const client = await createWebSocketClientEventTarget(
    await socketTo(`ws://127.0.0.1:${server.port}/${name}`),
  );
  return {
    client,
    link,
    async close() {
      await client.close();
      await link.close();
      await hub.close();
      await server.close();
    },
  };
}

const engines = { ioredis: overIoredis, redis: overNodeRedis, NATS: overNats };
for (const [name, open] of Object.entries(engines)) {
  const { targets, end } = await open();
  const [here, there] = targets;
  await check(`two targets hear each other through ${name}`, async () => {
    await exchange(here, there);
    await exchange(there, here);
  });
  const alice = await hubOn(here, "alice");
  const bob = await hubOn(there, "bob");
  await check(`two hubs share their topics through ${name}`, async () => {
    await exchange(alice.client, bob.client);
    await exchange(bob.client, alice.client);
  });
  await check(`a hub knows who is on the other through ${name}`, async () => {
    bob.client.addEventListener("room:1", () => {});
    await bob.client.flush();
    assert.deepEqual(await alice.link.subscribers("room:1"), ["bob"]);
  });
  await alice.close();
  await bob.close();
  await Promise.all(targets.map((target) => target.close()));
  await end();
}
done();
