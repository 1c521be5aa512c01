// A dashboard in a Hono app in Node.js, beside a hub, as an application has it;
// says its address, and ends when it is killed.

import { createDashboard } from "@alkdev/pubsub/dashboard";
import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
import { serve, upgradeWebSocket } from "@hono/node-server";
import { Hono } from "hono";
import process from "node:process";
import { type WebSocket, WebSocketServer } from "ws";

const hub = createWebSocketServerEventTarget({ relay: true });
const dashboard = createDashboard(hub, {
  interval: 100,
  title: "in Node.js",
  token: process.env.TOKEN,
});

const app = new Hono()
  .get(
    "/events",
    upgradeWebSocket(() => ({
      onOpen(_event, { raw }) {
        hub.addConnection(raw as WebSocket, { id: "somebody" });
      },
    })),
  )
  .get(
    "/admin/dashboard/feed",
    upgradeWebSocket(({ req, env }) => ({
      onOpen(_event, { raw }) {
        dashboard.addConnection(raw as WebSocket, req.raw, env);
      },
    })),
  )
  .mount("/admin/dashboard", dashboard.fetch);

serve({
  fetch: app.fetch,
  websocket: { server: new WebSocketServer({ noServer: true }) },
  hostname: "127.0.0.1",
  port: 0,
}, ({ port }) => console.log(`http://127.0.0.1:${port}`));
