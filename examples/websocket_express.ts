// A hub beside the routes of express: `node websocket_express.js`

import type { AddressInfo } from "node:net";
import process from "node:process";
import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
import express from "express";
import { WebSocketServer } from "ws";

const hub = createWebSocketServerEventTarget({ relay: true });

const app = express();
app.get("/", (_request, response) => void response.send("Here is a page"));
const server = app.listen(Number(process.env.PORT ?? 8000), "127.0.0.1", () => {
  const { address, port } = server.address() as AddressInfo;
  console.log(`ws://${address}:${port}/events`);
});

// As much as the hub takes; `ws` takes a hundred times as much by itself.
const sockets = new WebSocketServer({ noServer: true, maxPayload: 2 ** 20 });
server.on("upgrade", (request, stream, head) => {
  const [path, query] = request.url!.split("?");
  if (path !== "/events") return void stream.destroy();
  // A session belongs here: by a name anybody could be anybody.
  const id = new URLSearchParams(query).get("name") || undefined;
  sockets.handleUpgrade(request, stream, head, (socket) => {
    hub.addConnection(socket, { id });
  });
});

async function stop() {
  await hub.close(); // The clients are told, and look for the next server.
  server.close();
}
process.once("SIGINT", stop); // A second one ends the process at once.
process.once("SIGTERM", stop);
