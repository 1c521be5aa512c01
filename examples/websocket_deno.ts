// A hub in Deno: `deno run -A websocket_deno.ts`

import process from "node:process";
import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";

const hub = createWebSocketServerEventTarget({ relay: true });

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.env.get("PORT") ?? 8000),
  onListen: ({ hostname, port }) => console.log(`ws://${hostname}:${port}`),
}, (request) => {
  if (request.headers.get("upgrade") !== "websocket") {
    return new Response("Here is a WebSocket", { status: 426 });
  }
  // A session belongs here: by a name anybody could be anybody.
  const id = new URL(request.url).searchParams.get("name") || undefined;
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket, { id });
  return response;
});

async function stop() {
  await hub.close(); // The clients are told, and look for the next server.
  await server.shutdown();
}
process.once("SIGINT", stop); // A second one ends the process at once.
process.once("SIGTERM", stop);
