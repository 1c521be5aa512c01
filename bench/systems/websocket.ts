// Our hub over WebSocket, behind `Deno.serve`.

import { createWebSocketClientEventTarget } from "../../websocket_client.ts";
import { createWebSocketServerEventTarget } from "../../websocket_server.ts";
import type { HubEventTarget, HubOptions } from "../../websocket_server.ts";
import { hubOptions, spokeClient } from "./_ours.ts";
import type { Server, System } from "./_system.ts";

/** A hub that sockets can connect to. */
export function serveWebSocketHub(
  options: HubOptions,
): Server & { readonly hub: HubEventTarget } {
  const hub = createWebSocketServerEventTarget(options);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      hub.addConnection(socket);
      return response;
    },
  );
  return {
    hub,
    address: `ws://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      await hub.close();
      await server.shutdown();
    },
  };
}

export const websocket: System = {
  name: "@alkdev/pubsub, WebSocket",
  unavailable: () => undefined,
  serve: () => Promise.resolve(serveWebSocketHub(hubOptions)),
  connect: async (address) =>
    spokeClient(await createWebSocketClientEventTarget(address)),
};
