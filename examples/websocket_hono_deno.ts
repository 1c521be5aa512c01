// A hub beside the routes of Hono, in Deno: `deno run -A websocket_hono_deno.ts`

import process from "node:process";
import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
import { Hono } from "hono";
import { upgradeWebSocket } from "hono/deno";

const hub = createWebSocketServerEventTarget({ relay: true });

const events = upgradeWebSocket((context) => ({
  onOpen(_event, { raw }) {
    // A session belongs here: by a name anybody could be anybody.
    hub.addConnection(raw!, { id: context.req.query("name") || undefined });
  },
}));
const app = new Hono()
  .get("/", (context) => context.text("Here is a page"))
  .get("/events", events);

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.env.get("PORT") ?? 8000),
  onListen: ({ hostname, port }) =>
    console.log(`ws://${hostname}:${port}/events`),
}, app.fetch);

async function stop() {
  await hub.close(); // The clients are told, and look for the next server.
  await server.shutdown();
}
process.once("SIGINT", stop); // A second one ends the process at once.
process.once("SIGTERM", stop);
