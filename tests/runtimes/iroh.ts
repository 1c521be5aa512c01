// A hub and spokes over iroh, each on an endpoint of its own.

import { ConnectError, ConnectionError } from "@alkdev/pubsub";
import {
  createIrohHubEventTarget,
  type DisconnectReason,
} from "@alkdev/pubsub/event-target-iroh-hub";
import { createIrohSpokeEventTarget } from "@alkdev/pubsub/event-target-iroh-spoke";
import iroh from "@number0/iroh";
import assert from "node:assert/strict";
import process from "node:process";
import { deflateRawSync } from "node:zlib";
import { check, done } from "./_check.ts";
import { assertPrivate, exchange } from "./_exchange.ts";

const ALPN = "alkpubsub/1";
const DEFLATED = "alkpubsub/1+deflate";
const bytesOf = (text: string) => Array.from(new TextEncoder().encode(text));

/** On 127.0.0.1 alone: no relay, no discovery. */
async function endpoint(): Promise<iroh.Endpoint> {
  const builder = iroh.Endpoint.builder();
  iroh.presetMinimal(builder);
  builder.relayMode(iroh.RelayMode.disabled());
  builder.alpns([bytesOf(ALPN), bytesOf(DEFLATED)]);
  builder.bindAddr("127.0.0.1:0");
  return await builder.bind();
}

const atHub = await endpoint();
const atAlice = await endpoint();
const atBob = await endpoint();
const hubNodeId = iroh.EndpointTicket.fromAddr(atHub.addr()).toString();

let onLeft = (_id: string, _reason: DisconnectReason) => {};
const hub = await createIrohHubEventTarget({
  endpoint: atHub,
  relay: true,
  compression: "deflate",
  onDisconnection: ({ id }, reason) => onLeft(id, reason),
});
let onLost = (_error: Error) => {};
const alice = await createIrohSpokeEventTarget({
  endpoint: atAlice,
  hubNodeId,
  compression: "deflate",
});
const bob = await createIrohSpokeEventTarget({
  endpoint: atBob,
  hubNodeId,
  onStatus(status) {
    if (status.type === "reconnecting") onLost(status.error);
  },
});

await check("hub and spokes hear each other", async () => {
  await exchange(hub, alice);
  await exchange(alice, hub);
  await exchange(alice, bob);
});

await check("direct reaches one alone", async () => {
  await assertPrivate(hub, bob, alice, atBob.id().toString());
});

await check("a long event arrives whole", async () => {
  const text = "ä€𝄞".repeat(100_000); // 900 000 bytes
  await exchange(alice, bob, text);
  await exchange(hub, bob, text);
});

await check("compression is for those who ask", () => {
  assert.deepEqual([alice.alpn, bob.alpn], [DEFLATED, ALPN]);
});

await check("what inflates without end is refused", async () => {
  const connection = await atBob.connect(atHub.addr(), bytesOf(DEFLATED));
  const { send } = await connection.openBi();
  const bomb = deflateRawSync(new Uint8Array(200_000_000));
  const prefix = new Uint8Array(4);
  new DataView(prefix.buffer).setUint32(0, bomb.length);
  const before = process.memoryUsage().rss;
  await send.writeAll([...prefix, ...bomb]);
  assert.match(await connection.closed(), /1009/);
  assert(process.memoryUsage().rss - before < 100_000_000);
});

await check("who speaks another protocol is told", async () => {
  const args = { endpoint: atAlice, hubNodeId, alpn: "other/1" };
  await assert.rejects(createIrohSpokeEventTarget(args), ConnectError);
});

await check("who closes is seen to leave", async () => {
  const left = new Promise<[string, DisconnectReason]>((resolve) =>
    onLeft = (...who) => resolve(who)
  );
  await alice.close();
  const [id, { code }] = await left;
  assert.deepEqual({ id, code }, { id: atAlice.id().toString(), code: 1000 });
});

await check("a hub that closes says so", async () => {
  const lost = new Promise<Error>((resolve) => onLost = resolve);
  await hub.close();
  const error = await lost;
  assert(error instanceof ConnectionError, String(error));
  assert.equal(error.closeCode, 1001);
  await bob.close();
});

await Promise.all([atHub, atAlice, atBob].map((one) => one.close()));
done();
