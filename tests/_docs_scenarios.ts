// What is done with the snippets of the documentation that come as files.

import assert from "node:assert/strict";
import { ConnectError, createEvent } from "../mod.ts";
import { createIrohSpokeEventTarget } from "../iroh_spoke.ts";
import { createWebSocketClientEventTarget } from "../websocket_client.ts";
import { createWebSocketServerEventTarget } from "../websocket_server.ts";
import { engineScenarios } from "./_docs_engines.ts";
import type { Scenario } from "./_docs_files.ts";
import { run, Snippet } from "./_docs_process.ts";
import { number0 } from "./_iroh.ts";
import { envelopesOn } from "./_waiting.ts";

const { unavailable } = number0;

/** The close code that a refused connection was given. */
async function refusal(connecting: Promise<unknown>): Promise<string> {
  const error = await connecting.then(
    () => assert.fail("It was not refused"),
    (error) => error,
  );
  assert(error instanceof ConnectError, String(error));
  return `${error.closeCode} ${error.message.split(": ").at(-1)}`;
}

/** Two terminals of README.md talk, and a third one hears both. */
async function playTwoTerminals(folder: string): Promise<void> {
  await using hub = new Snippet(`${folder}/hub.ts`);
  const ticket = await hub.printed(/^endpoint\w+$/m);
  const spoke = `${folder}/spoke.ts`;
  await using alice = new Snippet(spoke, ticket, "hello from alice");
  await hub.printed(/^room-1 hello from alice$/m);
  await using bob = new Snippet(spoke, ticket, "hello from bob");
  await alice.printed(/^hello from bob$/m);
  assert(bob);
}

/** Two clients of README.md say hello through its hub. */
async function playWebSocket(folder: string): Promise<void> {
  const [server, client] = [`${folder}/server.ts`, `${folder}/client.ts`];
  // Only the port is another one, which is free.
  const replace = async (file: string, old: string, by: string) => {
    const text = await Deno.readTextFile(file);
    assert(text.includes(old), text);
    await Deno.writeTextFile(file, text.replace(old, by));
  };
  const onListen = "onListen: ({ port }) => console.log(`on ${port}`)";
  await replace(server, "port: 8000", `port: 0, ${onListen}`);
  await using hub = new Snippet(server);
  const port = (await hub.printed(/^on \d+$/m)).slice(3);
  await replace(client, "localhost:8000", `localhost:${port}`);
  await using first = new Snippet(client);
  // Whichever is subscribed first hears the other one.
  await using second = new Snippet(client);
  await Promise.any([first, second].map((one) => one.printed(/^hello$/m)));
}

/** A spoke of the guide says something to its hub, which notes it. */
async function playHubAndSpoke(folder: string): Promise<void> {
  await using hub = new Snippet(`${folder}/hub.ts`);
  const ticket = await hub.printed(/^endpoint\w+$/m);
  assert.deepEqual(
    await run(`${folder}/spoke.ts`, ticket),
    [0, "connecting\nopen\nclosed\n", ""],
  );
  await hub.printed(/^here is [0-9a-f]{64}$/m);
  await hub.printed(/^alice in room-1: hello$/m);
}

async function playAllowList(folder: string): Promise<void> {
  await using alice = await number0.createEndpoint();
  await using bob = await number0.createEndpoint();
  await using mallory = await number0.createEndpoint();
  const team = [alice.nodeId, bob.nodeId];
  await using hub = new Snippet(`${folder}/allow_list.ts`, ...team);
  const hubNodeId = await hub.printed(/^endpoint\w+$/m);
  const connect = ({ endpoint }: typeof alice) =>
    createIrohSpokeEventTarget({ endpoint, hubNodeId });
  assert.equal(await refusal(connect(mallory)), "1008 connection refused");
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
}

async function playTokens(folder: string): Promise<void> {
  await using hub = new Snippet(`${folder}/token.ts`);
  const url = await hub.printed(/^ws:\/\/127\.0\.0\.1:\d+$/m);
  const connect = (...protocols: string[]) =>
    createWebSocketClientEventTarget(url, { protocols });
  for (const protocols of [["alkpubsub"], ["alkpubsub", "guessed"]]) {
    assert.equal(await refusal(connect(...protocols)), "1008 unknown token");
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
}

/** A client without the library hears a hub, and that it closes. */
async function playBareClient(folder: string): Promise<void> {
  await using hub = createWebSocketServerEventTarget();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      hub.addConnection(socket);
      return response;
    },
  );
  await using client = new Snippet(
    `${folder}/bare_client.ts`,
    `ws://127.0.0.1:${server.addr.port}`,
    "message.sent:room-1",
  );
  await client.printed(/^connected$/m);
  for (const room of ["room-1", "room-2", "room-1"]) {
    hub.dispatchEvent(createEvent("message.sent", room, { to: room }));
  }
  await hub.flush(); // It answers pings.
  await hub.close();
  const printed = await client.printed(/^connected[^]*closed.*$/m);
  const line = 'room-1 {"to":"room-1"}';
  assert.equal(printed, `connected\n${line}\n${line}\nclosed 1001 going away`);
}

/** All of them: `docs_files_test.ts` runs each. */
export const scenarios: readonly Scenario[] = [
  {
    name: "two terminals talk to each other",
    page: "README.md",
    files: ["hub.ts", "spoke.ts"],
    unavailable,
    run: playTwoTerminals,
  },
  {
    name: "two clients hear each other",
    page: "README.md",
    files: ["server.ts", "client.ts"],
    run: playWebSocket,
  },
  {
    name: "a hub and a spoke talk to each other",
    page: "docs/guide/iroh.md",
    files: ["hub.ts", "spoke.ts"],
    unavailable,
    run: playHubAndSpoke,
  },
  {
    name: "a worker answers its host, and both end",
    page: "docs/guide/worker.md",
    files: ["worker.ts", "main.ts"],
    async run(folder) {
      assert.deepEqual(await run(`${folder}/main.ts`), [0, "hello!\n", ""]);
    },
  },
  {
    name: "the allow-list knows peers by their keys",
    page: "docs/guide/authorization.md",
    files: ["allow_list.ts"],
    unavailable,
    run: playAllowList,
  },
  {
    name: "tokens name WebSocket clients",
    page: "docs/guide/authorization.md",
    files: ["token.ts"],
    run: playTokens,
  },
  {
    name: "a client needs no library",
    page: "docs/wire-format.md",
    files: ["bare_client.ts"],
    run: playBareClient,
  },
  ...engineScenarios,
];
