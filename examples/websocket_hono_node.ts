// A hub beside the routes of Hono, in Node: `node websocket_hono_node.js`

import process from "node:process";
import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
import { serve, upgradeWebSocket } from "@hono/node-server";
import { Hono } from "hono";
import { type WebSocket, WebSocketServer } from "ws";

const hub = createWebSocketServerEventTarget({ relay: true });

const events = upgradeWebSocket((context) => ({
  onOpen(_event, { raw }) {
    // A session belongs here: by a name anybody could be anybody.
    const id = context.req.query("name") || undefined;
    // It is a socket of `ws`: Hono's type leaves most of it out.
    hub.addConnection(raw as WebSocket, { id });
  },
}));
const app = new Hono()
  .get("/", (context) => context.text("Here is a page"))
  .get("/events", events);

// As much as the hub takes; `ws` takes a hundred times as much by itself.
const sockets = new WebSocketServer({ noServer: true, maxPayload: 2 ** 20 });
const server = serve({
  fetch: app.fetch,
  websocket: { server: sockets },
  hostname: "127.0.0.1",
  port: Number(process.env.PORT ?? 8000),
}, ({ address, port }) => console.log(`ws://${address}:${port}/events`));

async function stop() {
  await hub.close(); // The clients are told, and look for the next server.
  server.close();
}
process.once("SIGINT", stop); // A second one ends the process at once.
process.once("SIGTERM", stop);
