// The snippets with Redis and NATS do what their pages say.

import assert from "node:assert/strict";
import {
  startNats,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from "../demo/_servers.ts";
import type { Scenario } from "./_docs_files.ts";
import { run, Snippet } from "./_docs_process.ts";
import { natsFault, redisFault } from "./_engines.ts";

const HELLO = [0, "hello\n", ""];

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

/** Clients of the page carry an event. */
async function assertClients(
  folder: string,
  how: string,
  ...args: unknown[]
): Promise<void> {
  const main = `${folder}/main.ts`;
  await Deno.writeTextFile(main, useOfClients(how, args));
  assert.deepEqual(await run(main), HELLO);
}

const clients = (name: string, use: Scenario["run"]): Scenario => ({
  name,
  page: "docs/guide/engines.md",
  files: ["redis_clients.ts"],
  unavailable: redisFault,
  run: use,
});

export const engineScenarios: readonly Scenario[] = [
  {
    name: "a target on Redis hears itself",
    page: "docs/guide/engines.md",
    files: ["redis_target.ts"],
    unavailable: redisFault,
    async run(folder) {
      await using server = await startRedis();
      assert.deepEqual(
        await run(`${folder}/redis_target.ts`, server.url),
        HELLO,
      );
    },
  },
  {
    name: "a pub/sub on Redis hears itself",
    page: "docs/migration-from-graphql-yoga.md",
    files: ["redis_pubsub.ts"],
    unavailable: redisFault,
    async run(folder) {
      await using server = await startRedis();
      assert.deepEqual(
        await run(`${folder}/redis_pubsub.ts`, server.url),
        HELLO,
      );
    },
  },
  {
    name: "a target on NATS hears itself",
    page: "docs/guide/engines.md",
    files: ["nats_target.ts"],
    unavailable: natsFault,
    async run(folder) {
      await using server = await startNats();
      assert.deepEqual(
        await run(`${folder}/nats_target.ts`, server.address),
        HELLO,
      );
    },
  },
  clients("clients of the package redis", async (folder) => {
    await using server = await startRedis();
    await assertClients(folder, "byNodeRedis", server.url);
  }),
  clients("clients of Sentinels", async (folder) => {
    await using server = await startRedisSentinel();
    await assertClients(folder, "onSentinel", server.sentinels, server.name);
  }),
  clients("clients of a cluster", async (folder) => {
    await using server = await startRedisCluster();
    await assertClients(folder, "onCluster", server.nodes);
  }),
  {
    name: "hubs share their topics through NATS",
    page: "docs/guide/several-hubs.md",
    files: ["cluster.ts", "client.ts"],
    unavailable: natsFault,
    async run(folder) {
      await using server = await startNats();
      await using one = new Snippet(`${folder}/cluster.ts`, server.address);
      await using other = new Snippet(`${folder}/cluster.ts`, server.address);
      const urls: string[] = [];
      for (const hub of [one, other]) {
        urls.push(await hub.printed(/^ws:.+$/m));
        await hub.printed(/^\[\]\n\[\]$/m); // Nobody is there.
      }
      const client = `${folder}/client.ts`;
      const ready = `${await Deno.readTextFile(client)}console.log("ready");`;
      await Deno.writeTextFile(client, ready);
      await using alice = new Snippet(client, `${urls[0]}/alice`);
      await alice.printed(/^ready$/m);
      await using bob = new Snippet(client, `${urls[1]}/bob`);
      await alice.printed(new RegExp(`^hello, ${urls[1]}/bob$`, "m"));
      assert(bob);
      for (const hub of [one, other]) {
        assert.equal(await hub.kill("SIGINT"), "");
      }
    },
  },
];
