// The servers under examples/ as a person starts them, each in its runtime; the
// clients are here.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createEvent } from "../envelope.ts";
import { ConnectionError } from "../errors.ts";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
  type SpokeStatus,
} from "../websocket_client.ts";
import { install, type Installation } from "./_installation.ts";
import { type Runtime, runtimes, Script } from "./_runtimes.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** The scripts, and what each says to somebody who only looks at its page. */
const examples: Record<Runtime["name"], Record<string, number>> = {
  "Deno": { websocket_deno: 426, websocket_hono_deno: 200 },
  "Node.js": {
    websocket_ws: 426,
    websocket_express: 200,
    websocket_hono_node: 200,
  },
  "Bun": { websocket_bun: 426 },
};

const source = (name: string) =>
  new URL(`../examples/${name}.ts`, import.meta.url);

let installation: Installation;
Deno.test.beforeAll(async () => {
  installation = await install(
    [examples["Node.js"], examples["Bun"]].flatMap(Object.keys).map(source),
  );
});
Deno.test.afterAll(async () => await installation[Symbol.asyncDispose]());

for (const runtime of runtimes) {
  for (const [name, status] of Object.entries(examples[runtime.name])) {
    Deno.test({
      name: `examples/${name}.ts is a hub in ${runtime.name}`,
      ignore: runtime.unavailable !== undefined,
      fn: () => visit(runtime, name, status),
    });
  }
}

async function visit(runtime: Runtime, name: string, status: number) {
  await using server = new Script(
    runtime,
    runtime.name === "Deno"
      ? fileURLToPath(source(name))
      : installation.path(`${name}.js`),
    { PORT: "0" },
  );
  const url = await server.line((line) => line.startsWith("ws://"));

  const page = await fetch(new URL("/", url.replace("ws:", "http:")));
  assert.equal(page.status, status);
  assert.match(await page.text(), /^Here is a (page|WebSocket)$/);

  const statuses = new Log<SpokeStatus>();
  await using alice = await connect(`${url}?name=alice`);
  await using bob = await connect(`${url}?name=bob`, statuses);
  await using stranger = await connect(`${url}?name=`);
  await assertRelays(alice, bob);
  await assertPrivate(bob, alice);
  await assertRelays(stranger, alice);

  server.kill("SIGTERM");
  const end = { code: 0, stdout: `${url}\n`, stderr: "" };
  assert.deepEqual(await server.end(), end);
  const left = await statuses.find(({ type }) => type === "reconnecting");
  assert(left.type === "reconnecting");
  assert(left.error instanceof ConnectionError, String(left.error));
  assert.equal(left.error.closeCode, 1001);
}

async function connect(
  url: string,
  statuses?: Log<SpokeStatus>,
): Promise<SpokeEventTarget> {
  return await createWebSocketClientEventTarget(url, {
    // The server is not coming back.
    reconnect: { minDelay: 60_000, maxDelay: 60_000 },
    onStatus: statuses?.add,
  });
}

/** What one publishes the other receives, and nobody hears himself. */
async function assertRelays(from: SpokeEventTarget, to: SpokeEventTarget) {
  const echoes = envelopesOn(from, "message.sent");
  const arrived = envelopesOn(to, "message.sent:room-1");
  await to.flush();
  from.dispatchEvent(createEvent("message.sent", "room-1", { text: "hello" }));
  from.dispatchEvent(createEvent("message.sent", "room-2", { text: "else" }));
  await from.flush(); // The hub has passed it on,
  await to.flush(); // and it is here.
  await from.flush();
  assert.deepEqual(arrived.all, [
    { type: "message.sent", id: "room-1", payload: { text: "hello" } },
  ]);
  assert.deepEqual(echoes.all, []);
}

/** What goes to one by name reaches him, and nobody else who listens for it. */
async function assertPrivate(bob: SpokeEventTarget, alice: SpokeEventTarget) {
  const forBob = envelopesOn(bob, "direct:bob");
  const overheard = envelopesOn(alice, "direct:bob");
  await bob.flush();
  alice.dispatchEvent(createEvent("direct", "bob", "from alice"));
  // What Bob sends goes to all others, if they are let.
  bob.dispatchEvent(createEvent("direct", "bob", "from himself"));
  await alice.flush(); // The hub has passed it on,
  await bob.flush(); // and Bob has it.
  await alice.flush();
  assert.deepEqual(forBob.all, [
    { type: "direct", id: "bob", payload: "from alice" },
  ]);
  assert.deepEqual(overheard.all, []);
}
