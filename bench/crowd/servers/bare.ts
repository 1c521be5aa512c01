// Sockets of `Deno.serve` in a set, and nothing else.

import type { CrowdServer } from "../_server.ts";

export function serve(): Promise<CrowdServer> {
  const sockets = new Set<WebSocket>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request, {
        idleTimeout: 0, // The clients would not answer.
      });
      sockets.add(socket);
      socket.addEventListener("close", () => sockets.delete(socket));
      return response;
    },
  );
  return Promise.resolve({ port: server.addr.port, ways: {} });
}
