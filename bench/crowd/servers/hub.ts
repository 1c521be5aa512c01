// This library's hub; and the bare loop, over the same sockets.

import { createWebSocketServerEventTarget } from "../../../websocket_server.ts";
import { type MessageEvent, messageEvent } from "../../_events.ts";
import { type CrowdServer, frameBytes } from "../_server.ts";

export function serve(): Promise<CrowdServer> {
  const hub = createWebSocketServerEventTarget<MessageEvent>({
    pingInterval: 3_600_000, // The clients would not answer; a timer it is.
    maxTopicsPerConnection: 1_000_000,
  });
  const sockets = new Set<WebSocket>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request, {
        idleTimeout: 0, // The clients would not answer.
      });
      sockets.add(socket);
      hub.addConnection(socket);
      return response;
    },
  );
  const bytes = frameBytes(JSON.stringify(messageEvent(0).detail));
  return Promise.resolve({
    port: server.addr.port,
    ways: {
      hub: { bytes, send: (event) => hub.dispatchEvent(event) },
      loop: {
        bytes,
        send({ detail }) {
          const text = JSON.stringify(detail);
          for (const socket of sockets) socket.send(text);
        },
      },
    },
  });
}
