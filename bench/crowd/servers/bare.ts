// Sockets of `Deno.serve` in a set, and nothing else.

import type { CrowdServer } from "../_server.ts";
import { serveSockets } from "./_sockets.ts";

export function serve(): Promise<CrowdServer> {
  const { port, sockets } = serveSockets((socket) =>
    socket.addEventListener("close", () => sockets.delete(socket))
  );
  return Promise.resolve({ port, ways: {} });
}
