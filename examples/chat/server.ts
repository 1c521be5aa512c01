/**
 * The chat's server: `deno task chat`, then open http://localhost:8000.
 *
 * Two hubs, one for browsers over WebSocket and one for terminals over iroh, are
 * joined: whoever is in a room hears all that is said there, by whatever way.
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { createIrohHubEventTarget } from "@alkdev/pubsub/event-target-iroh-hub";
import {
  createWebSocketServerEventTarget,
  type HubOptions,
} from "@alkdev/pubsub/event-target-websocket-server";
import {
  bindEndpoint,
  REACHES,
  readSecretKey,
  ticketOf,
} from "../_endpoint.ts";
import { buildSite, isForeign } from "../_site.ts";
import { visitorId } from "../_visitor_id.ts";
import type { ChatEvent } from "./events.ts";
import { joinHubs } from "./_join.ts";
import { policy } from "./_policy.ts";
import { Rooms } from "./_rooms.ts";

const { values } = parseArgs({
  options: {
    /** The file with the key of the iroh endpoint. */
    key: { type: "string" },
    /** From where terminals can reach it. */
    reach: { type: "string", default: "machine" },
  },
});
const reach = REACHES.find((one) => one === values.reach);
if (!reach) throw new Error(`--reach is one of ${REACHES.join(", ")}`);

const rooms = new Rooms();
const options: HubOptions = {
  ...policy,
  onDisconnection: ({ id }) => rooms.onDisconnection(id),
};

const site = await buildSite(new URL("page/", import.meta.url));
const browsers = createWebSocketServerEventTarget<ChatEvent>(options);
rooms.add(browsers);
const server = Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.env.get("PORT") ?? 8000),
  onListen: () => {}, // It is told below, when all is ready.
}, async (request) => {
  if (request.headers.get("upgrade") !== "websocket") return site(request);
  if (isForeign(request)) {
    return new Response("Only for the page of the chat", { status: 403 });
  }
  const key = new URL(request.url).searchParams.get("key");
  if (!key) return new Response("Bring a key", { status: 400 });
  const id = await visitorId(key);
  const { socket, response } = Deno.upgradeWebSocket(request);
  browsers.addConnection(socket, { id });
  return response;
});

const { port } = server.addr;
const endpoint = await bindEndpoint({
  reach,
  // After a restart the same ones, so that terminals come back by themselves.
  port,
  secretKey: await readSecretKey(
    values.key ?? new URL(".secret-key", import.meta.url),
  ),
});
const terminals = await createIrohHubEventTarget<ChatEvent>({
  endpoint,
  ...options,
});
rooms.add(terminals);

const closing = new AbortController();
joinHubs([browsers, terminals], ["chat.message"], { signal: closing.signal });

const more = reach === "machine" ? "" : ` --reach ${reach}`;
console.log(`The chat is open.

In a browser:   http://localhost:${port}
In a terminal:  npx deno task chat:terminal${more} ${ticketOf(endpoint)}

Ctrl-C closes it.`);

async function close(): Promise<void> {
  if (closing.signal.aborted) process.exit(1); // Asked twice.
  closing.abort();
  rooms.close();
  void server.shutdown(); // It waits for the sockets, which are closed next.
  // Everybody is told at once, and looks for the next server.
  await Promise.all([browsers.close(), terminals.close()]);
  await endpoint.close();
  process.exit();
}
process.on("SIGINT", close);
process.on("SIGTERM", close);
