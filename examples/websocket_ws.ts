// A hub in Node, with the package `ws`: `node websocket_ws.js`

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
import { WebSocketServer } from "ws";

const hub = createWebSocketServerEventTarget({ relay: true });

const server = createServer((_request, response) => {
  response.writeHead(426).end("Here is a WebSocket");
});
// As much as the hub takes; `ws` takes a hundred times as much by itself.
const sockets = new WebSocketServer({ server, maxPayload: 2 ** 20 });
sockets.on("connection", (socket, request) => {
  // A session belongs here: by a name anybody could be anybody.
  const query = new URLSearchParams(request.url?.split("?")[1]);
  hub.addConnection(socket, { id: query.get("name") || undefined });
});
server.listen(Number(process.env.PORT ?? 8000), "127.0.0.1", () => {
  const { address, port } = server.address() as AddressInfo;
  console.log(`ws://${address}:${port}`);
});

async function stop() {
  await hub.close(); // The clients are told, and look for the next server.
  server.close();
}
process.once("SIGINT", stop); // A second one ends the process at once.
process.once("SIGTERM", stop);
