// The package `ws`, with the loop that its manual shows for a broadcast.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { messageEvent } from "../../_events.ts";
import { type CrowdServer, frameBytes } from "../_server.ts";

export async function serve(): Promise<CrowdServer> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    ways: {
      ws: {
        bytes: frameBytes(JSON.stringify(messageEvent(0).detail)),
        send({ detail }) {
          const text = JSON.stringify(detail);
          for (const client of server.clients) {
            if (client.readyState === WebSocket.OPEN) client.send(text);
          }
        },
      },
    },
  };
}
