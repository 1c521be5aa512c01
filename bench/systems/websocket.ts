// Our hub over WebSocket, behind `Deno.serve`.

import { createWebSocketClientEventTarget } from "../../websocket_client.ts";
import { createWebSocketServerEventTarget } from "../../websocket_server.ts";
import { hubOptions, spokeClient } from "./_ours.ts";
import type { System } from "./_system.ts";

export const websocket: System = {
  name: "@alkdev/pubsub, WebSocket",
  unavailable: () => undefined,
  serve() {
    const hub = createWebSocketServerEventTarget(hubOptions);
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => {
        const { socket, response } = Deno.upgradeWebSocket(request);
        hub.addConnection(socket);
        return response;
      },
    );
    return Promise.resolve({
      address: `ws://127.0.0.1:${server.addr.port}`,
      async [Symbol.asyncDispose]() {
        await hub.close();
        await server.shutdown();
      },
    });
  },
  connect: async (address) =>
    spokeClient(await createWebSocketClientEventTarget(address)),
};
