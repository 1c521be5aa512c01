// The servers that tests are given: each runs, ends when it is killed, and comes
// back to the clients that it had.

import assert from "node:assert/strict";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { connect } from "@nats-io/transport-node";
import { Cluster, Redis } from "ioredis";
import { programFault, startNats, startRedis } from "../demo/_servers.ts";
import {
  natsFault,
  redisFault,
  testWithNats,
  testWithRedis,
  testWithRedisCluster,
  testWithRedisSentinel,
} from "./_engines.ts";
import { outputOf } from "./_output.ts";
import { Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** How soon a client that lost its server dials again. */
const retryStrategy = () => 20;

/** A client of Redis that has ended once it is disposed of. */
function closing<TClient extends Redis | Cluster>(
  client: TClient,
): AsyncDisposable & { readonly client: TClient } {
  client.on("error", () => {}); // Servers that are gone.
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client.quit().catch(() => client.disconnect());
    },
  };
}

testWithRedis("comes back on its port after it was killed", async (server) => {
  await using one = closing(
    new Redis(server.url, { retryStrategy, maxRetriesPerRequest: null }),
  );
  const { client } = one;
  assert.equal(await client.ping(), "PONG");
  const { pid, port } = server;
  const lost = once(client, "close");
  await server.kill();
  await lost;
  assert.throws(() => server.pid, /does not run/);
  await server.start();
  assert.equal(await client.ping(), "PONG");
  assert.equal(server.port, port);
  assert.notEqual(server.pid, pid);
});

testWithRedis("answers only when it is not paused", async (server) => {
  await using one = closing(new Redis(server.url));
  assert.equal(await one.client.ping(), "PONG");
  server.pause();
  const order: string[] = [];
  const pong = one.client.ping().then(() => order.push("paused"));
  // Longer than an answer takes, and it ends although it is paused.
  await using other = await startRedis();
  other.pause();
  order.push("other");
  server.resume();
  await pong;
  assert.deepEqual(order, ["other", "paused"]);
});

testWithRedis("obeys further lines of configuration", async (server) => {
  await using one = closing(
    new Redis(server.url, { username: "alice", password: "secret" }),
  );
  await assert.rejects(one.client.publish("other", ""), /NOPERM/);
  assert.equal(await one.client.publish("ours:tea", ""), 0);
}, { config: ["user alice on >secret resetchannels &ours:* +@all"] });

testWithRedisCluster("goes on without one of its masters", async (cluster) => {
  await using one = closing(
    new Cluster([...cluster.nodes], { clusterRetryStrategy: retryStrategy }),
  );
  const { client } = one;
  // Their slots are those of the first, the second and the third master.
  for (const key of ["b", "c", "a"]) {
    assert.equal(await client.set(key, 1), "OK");
  }
  await cluster.kill(1);
  for (const key of ["b", "a"]) assert.equal(await client.get(key), "1");
  await cluster.start(1);
  assert.equal(await client.get("c"), null);
  for (const { port } of cluster.nodes) {
    await using node = closing(new Redis({ port }));
    assert.match(await node.client.cluster("INFO"), /cluster_slots_ok:16384/);
  }
});

testWithRedisSentinel("makes the replica the master", async (group) => {
  await using one = closing(
    new Redis({
      sentinels: [...group.sentinels],
      name: group.name,
      sentinelRetryStrategy: retryStrategy,
      retryStrategy,
      maxRetriesPerRequest: null,
    }),
  );
  const { client } = one;
  const port = async () => Number((await client.config("GET", "port"))[1]);
  assert.equal(await port(), group.master.port);
  const lost = once(client, "close");
  await group.master.kill();
  await lost;
  assert.equal(await port(), group.replica.port);
  assert.equal((await client.role())[0], "master");
});

testWithNats("comes back on its port after it was killed", async (server) => {
  const client = await connect({
    servers: server.address,
    reconnectTimeWait: 20,
    maxReconnectAttempts: -1,
  });
  try {
    const changes = new Log<string>();
    (async () => {
      for await (const { type } of client.status()) changes.add(type);
    })();
    await client.flush();
    await server.kill();
    await changes.find((type) => type === "disconnect");
    await server.start();
    await changes.find((type) => type === "reconnect");
    await client.flush();
  } finally {
    await client.close();
  }
});

testWithNats("obeys further lines of configuration", async (server) => {
  const client = await connect({ servers: server.address });
  try {
    assert.equal(client.info?.max_payload, 1000);
  } finally {
    await client.close();
  }
}, { config: ["max_payload: 1000"] });

for (
  const [name, fault, start] of [
    ["Redis", redisFault, startRedis],
    ["NATS", natsFault, startNats],
  ] as const
) {
  Deno.test({
    name: `${name} does not start with what it does not know, and says why`,
    ignore: fault !== undefined,
    async fn() {
      await assert.rejects(
        start({ config: ["no_such_thing: 1"] }),
        / has ended: [^]*no_such_thing/,
      );
    },
  });
}

Deno.test("a program that is not installed is at fault", async () => {
  assert.equal(
    await programFault("no-such-program"),
    "no-such-program is not installed",
  );
});

Deno.test("tests whose server is missing are ignored, aloud", async () => {
  const files = ["redis_test.ts", "nats_test.ts"]
    .map((file) => fileURLToPath(new URL(file, import.meta.url)));
  const { code, stdout, stderr } = await outputOf(
    [Deno.execPath(), "test", "-A", "--no-check", ...files],
    { env: { PATH: "", NO_COLOR: "1" } },
  );
  const said = stdout + stderr;
  assert.equal(code, 0, said);
  for (
    const [name, program] of [["Redis", "redis-server"], [
      "NATS",
      "nats-server",
    ]]
  ) {
    assert.match(
      said,
      new RegExp(
        `Skipping the tests with ${name}: ${program} is not installed`,
      ),
    );
    assert.match(said, new RegExp(`^${name}: .* ignored`, "m"));
  }
  assert.match(said, /ok \| \d+ passed .* \d+ ignored/);
});
