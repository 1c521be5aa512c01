// A hub in Bun: `bun websocket_bun.ts`

// An application has `@types/bun` instead.
/// <reference types="./_bun.d.ts" />

import process from "node:process";
import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";

const hub = createWebSocketServerEventTarget({ relay: true });

const server = Bun.serve<{ id: string | undefined }>({
  hostname: "127.0.0.1",
  port: Number(process.env.PORT ?? 8000),
  fetch(request, server) {
    // A session belongs here: by a name anybody could be anybody.
    const id = new URL(request.url).searchParams.get("name") || undefined;
    if (server.upgrade(request, { data: { id } })) return;
    return new Response("Here is a WebSocket", { status: 426 });
  },
  websocket: {
    maxPayloadLength: 2 ** 20, // As the hub's maxFrameBytes.
    open: (socket) => hub.addConnection(socket, { id: socket.data.id }),
    message: (socket, data) => hub.handleMessage(socket, data),
    close: (socket, code, reason) => hub.handleClose(socket, code, reason),
  },
});
console.log(`ws://${server.hostname}:${server.port}`);

async function stop() {
  await hub.close(); // The clients are told, and look for the next server.
  await server.stop();
}
process.once("SIGINT", stop); // A second one ends the process at once.
process.once("SIGTERM", stop);
