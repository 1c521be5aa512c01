// A hub behind the runtime's own server, and clients of its own sockets.

import { ConnectError, ConnectionError, createEvent } from "@alkdev/pubsub";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
  type SpokeStatus,
} from "@alkdev/pubsub/event-target-websocket-client";
import {
  createWebSocketServerEventTarget,
  type DisconnectReason,
  type WebSocketServerEventTarget,
} from "@alkdev/pubsub/event-target-websocket-server";
import assert from "node:assert/strict";
import { check, done } from "./_check.ts";
import { assertPrivate, exchange, next } from "./_exchange.ts";
import { serve, type Server, socketTo } from "./_platform.ts";

let hub: WebSocketServerEventTarget;
let server: Server;

async function open(port: number): Promise<void> {
  hub = createWebSocketServerEventTarget({
    relay: true,
    authorizeConnection: ({ id }) => id !== "mallory",
    onDisconnection: ({ id }, reason) => onLeft(id, reason),
  });
  server = await serve(hub, port);
}

async function connect(
  name: string,
  onStatus?: (status: SpokeStatus) => void,
): Promise<SpokeEventTarget> {
  return await createWebSocketClientEventTarget(
    await socketTo(`ws://127.0.0.1:${server.port}/${name}`),
    { reconnect: { minDelay: 1, maxDelay: 20 }, onStatus },
  );
}

let onLost = (_why: Error) => {};
let onOpen = () => {};
let onLeft = (_id: string, _reason: DisconnectReason) => {};

await open(0);
const alice = await connect("alice");
const bob = await connect("bob", (status) => {
  if (status.type === "reconnecting") onLost(status.error);
  if (status.type === "open") onOpen();
});

await check("hub and clients hear each other", async () => {
  await exchange(hub, alice);
  await exchange(alice, hub);
  await exchange(alice, bob);
});

await check("direct reaches one alone", () => assertPrivate(hub, bob, alice));

await check("a long event arrives whole", async () => {
  const text = "ä€𝄞".repeat(100_000); // 900 000 bytes
  await exchange(alice, bob, text);
  await exchange(hub, bob, text);
});

await check("a hub takes many", async () => {
  const many = await Promise.all(
    Array.from({ length: 20 }, (_, index) => connect(`one-${index}`)),
  );
  await Promise.all(many.map((one) => exchange(alice, one)));
  await Promise.all(many.map((one) => one.close()));
});

await check("who is refused is told", async () => {
  await assert.rejects(
    () => connect("mallory"),
    (error) => error instanceof ConnectError && error.closeCode === 1008,
  );
});

await check("a hub that restarts is found again", async () => {
  const received = next(bob, "hub.back");
  const lost = new Promise<Error>((resolve) => onLost = resolve);
  const reopened = new Promise<void>((resolve) => onOpen = resolve);
  await hub.close();
  const error = await lost;
  assert(error instanceof ConnectionError, String(error));
  assert.equal(error.closeCode, 1001);
  await server.close();
  await open(server.port);
  await reopened;
  await bob.flush();
  hub.dispatchEvent(createEvent("hub.back", "", "here"));
  assert.equal(await received, "here");
});

await check("who closes is seen to leave", async () => {
  const left = new Promise<[string, DisconnectReason]>((resolve) =>
    onLeft = (...who) => resolve(who)
  );
  await alice.close();
  const [id, { code }] = await left;
  assert.deepEqual({ id, code }, { id: "alice", code: 1000 });
});

await check("nobody is found where no hub is", async () => {
  await hub.close();
  await server.close();
  await assert.rejects(() => connect("late"), ConnectError);
  await bob.close();
});

done();
