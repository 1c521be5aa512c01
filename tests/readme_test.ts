// The README's snippets that come as files do what it says.

import assert from "node:assert/strict";
import { ConnectError, createEvent } from "../mod.ts";
import { createIrohSpokeEventTarget } from "../iroh_spoke.ts";
import { createWebSocketClientEventTarget } from "../websocket_client.ts";
import { startNats, startRedis } from "../demo/_servers.ts";
import {
  natsFault,
  redisFault,
  testWithRedis,
  testWithRedisCluster,
  testWithRedisSentinel,
} from "./_engines.ts";
import { number0 } from "./_iroh.ts";
import { inDeno } from "./_line_process.ts";
import { outputOf } from "./_output.ts";
import { onLoopback, Snippet, snippet, withFiles } from "./_readme.ts";
import { envelopesOn } from "./_waiting.ts";

/** What a snippet of one file or two printed until it ended by itself. */
async function run(path: string, ...args: string[]): Promise<unknown[]> {
  const { code, stdout, stderr } = await outputOf(
    [...inDeno("--check"), path, ...args],
  );
  return [code, stdout, stderr];
}

Deno.test({
  name: "README's hub and spoke talk to each other",
  ignore: number0.unavailable !== undefined,
  async fn() {
    const files = {
      "hub.ts": await onLoopback("hub.ts"),
      "spoke.ts": await onLoopback("spoke.ts"),
    };
    await withFiles(files, async (folder) => {
      await using hub = new Snippet(`${folder}/hub.ts`);
      const ticket = await hub.printed(/^endpoint\w+$/m);
      assert.deepEqual(
        await run(`${folder}/spoke.ts`, ticket),
        [0, "connecting\nopen\nclosed\n", ""],
      );
      await hub.printed(/^here is [0-9a-f]{64}$/m);
      await hub.printed(/^alice in room-1: hello$/m);
    });
  },
});

Deno.test("README's worker answers its host, and both end", async () => {
  const files = {
    "worker.ts": await snippet("worker.ts"),
    "main.ts": await snippet("main.ts"),
  };
  await withFiles(files, async (folder) => {
    assert.deepEqual(
      await run(`${folder}/main.ts`),
      [0, "hello!\n", ""],
    );
  });
});

/** The close code that a refused connection was given. */
async function refusal(connecting: Promise<unknown>): Promise<string> {
  const error = await connecting.then(
    () => assert.fail("It was not refused"),
    (error) => error,
  );
  assert(error instanceof ConnectError, String(error));
  return `${error.closeCode} ${error.message.split(": ").at(-1)}`;
}

Deno.test({
  name: "README's allow-list knows peers by their keys",
  ignore: number0.unavailable !== undefined,
  async fn() {
    const file = { "allow_list.ts": await onLoopback("allow_list.ts") };
    await withFiles(file, async (folder) => {
      await using alice = await number0.createEndpoint();
      await using bob = await number0.createEndpoint();
      await using mallory = await number0.createEndpoint();
      const team = [alice.nodeId, bob.nodeId];
      await using hub = new Snippet(`${folder}/allow_list.ts`, ...team);
      const hubNodeId = await hub.printed(/^endpoint\w+$/m);
      const connect = ({ endpoint }: typeof alice) =>
        createIrohSpokeEventTarget({ endpoint, hubNodeId });
      assert.equal(
        await refusal(connect(mallory)),
        "1008 connection refused",
      );
      await using toAlice = await connect(alice);
      await using toBob = await connect(bob);
      const statuses = envelopesOn(toBob, "status.changed");
      const audit = envelopesOn(toBob, "audit.written");
      await toBob.flush();
      for (const { nodeId } of [bob, alice]) {
        toAlice.dispatchEvent(createEvent("status.changed", nodeId, "away"));
      }
      toAlice.dispatchEvent(createEvent("audit.written", "", "all well"));
      toAlice.dispatchEvent(createEvent("status.changed", alice.nodeId, "end"));
      await statuses.find(({ payload }) => payload === "end");
      assert.deepEqual(
        statuses.all.map(({ id }) => id),
        [alice.nodeId, alice.nodeId],
      );
      assert.equal(audit.all.length, 0);
      const told = (await hub.kill()).trim().split("\n");
      assert.equal(told.length, 3, told.join("\n"));
      assert.match(told[0]!, /^RefusedError: Cannot accept connection of /);
      assert.match(told[1]!, /to audit\.written: authorizeSubscribe refused/);
      assert.match(told[2]!, /status\.changed:\w+ of \w+: authorizePublish/);
    });
  },
});

Deno.test("README's tokens name WebSocket clients", async () => {
  const file = { "token.ts": await snippet("token.ts") };
  await withFiles(file, async (folder) => {
    await using hub = new Snippet(`${folder}/token.ts`);
    const url = await hub.printed(/^ws:\/\/127\.0\.0\.1:\d+$/m);
    const connect = (...protocols: string[]) =>
      createWebSocketClientEventTarget(url, { protocols });
    for (const protocols of [["alkpubsub"], ["alkpubsub", "guessed"]]) {
      assert.equal(
        await refusal(connect(...protocols)),
        "1008 unknown token",
      );
    }
    await using alice = await connect("alkpubsub", "token-of-alice");
    await using other = await connect("alkpubsub", "token-of-alice");
    for (const topic of ["inbox.changed:alice", "inbox.changed:bob"]) {
      alice.addEventListener(topic, () => {});
    }
    const messages = envelopesOn(alice, "news.posted");
    await alice.flush();
    other.dispatchEvent(createEvent("news.posted", "", "not allowed"));
    other.dispatchEvent(createEvent("message.sent", "", "allowed"));
    await other.flush();
    assert.equal(messages.all.length, 0);
    const told = (await hub.kill()).trim().split("\n");
    assert.deepEqual(told, [
      "RefusedError: Cannot subscribe alice to inbox.changed:bob: authorizeSubscribe refused it",
      "RefusedError: Cannot publish news.posted of alice: authorizePublish refused it",
    ]);
  });
});

Deno.test({
  name: "README's target on Redis hears itself",
  ignore: redisFault !== undefined,
  async fn() {
    await using server = await startRedis();
    const file = { "redis_target.ts": await snippet("redis_target.ts") };
    await withFiles(file, async (folder) => {
      assert.deepEqual(
        await run(`${folder}/redis_target.ts`, server.url),
        [0, "hello\n", ""],
      );
    });
  },
});

/** What is to be done with clients that `how` gives. */
const useOfClients = (how: string, args: readonly unknown[]) => `
  import { createEvent } from "@alkdev/pubsub";
  import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
  import * as clients from "./redis_clients.ts";

  const target = createRedisEventTarget(
    await clients.${how}(${args.map((arg) => JSON.stringify(arg)).join()}),
  );
  target.addEventListener("said:1", ({ detail }) => {
    console.log(detail.payload);
    Deno.exit();
  });
  await target.flush();
  target.dispatchEvent(createEvent("said", "1", "hello"));
`;

/** The README's clients carry an event. */
async function assertClients(how: string, ...args: unknown[]): Promise<void> {
  const files = {
    "redis_clients.ts": await snippet("redis_clients.ts"),
    "main.ts": useOfClients(how, args),
  };
  await withFiles(files, async (folder) => {
    assert.deepEqual(await run(`${folder}/main.ts`), [0, "hello\n", ""]);
  });
}

testWithRedis(
  "README's clients of the package redis",
  ({ url }) => assertClients("byNodeRedis", url),
);

testWithRedisSentinel(
  "README's clients of Sentinels",
  ({ sentinels, name }) => assertClients("onSentinel", sentinels, name),
);

testWithRedisCluster(
  "README's clients of a cluster",
  ({ nodes }) => assertClients("onCluster", nodes),
);

Deno.test({
  name: "README's hubs share their topics through NATS",
  ignore: natsFault !== undefined,
  async fn() {
    await using server = await startNats();
    const files = {
      "cluster.ts": await snippet("cluster.ts"),
      "client.ts": (await snippet("client.ts")) + 'console.log("ready");',
    };
    await withFiles(files, async (folder) => {
      await using one = new Snippet(`${folder}/cluster.ts`, server.address);
      await using other = new Snippet(`${folder}/cluster.ts`, server.address);
      const urls: string[] = [];
      for (const hub of [one, other]) {
        urls.push(await hub.printed(/^ws:.+$/m));
        await hub.printed(/^\[\]\n\[\]$/m); // Nobody is there.
      }
      const client = `${folder}/client.ts`;
      await using alice = new Snippet(client, `${urls[0]}/alice`);
      await alice.printed(/^ready$/m);
      await using bob = new Snippet(client, `${urls[1]}/bob`);
      await alice.printed(new RegExp(`^hello, ${urls[1]}/bob$`, "m"));
      assert(bob);
    });
  },
});
