// This library's hub; and the bare loop, over the same sockets.

import { createWebSocketServerEventTarget } from "../../../websocket_server.ts";
import { type MessageEvent, messageEvent } from "../../_events.ts";
import { type CrowdServer, frameBytes } from "../_server.ts";
import { serveSockets } from "./_sockets.ts";

export function serve(): Promise<CrowdServer> {
  const hub = createWebSocketServerEventTarget<MessageEvent>({
    pingInterval: 3_600_000, // The clients would not answer; a timer it is.
    maxTopicsPerConnection: 1_000_000,
  });
  const { port, sockets } = serveSockets((socket) => hub.addConnection(socket));
  const bytes = frameBytes(JSON.stringify(messageEvent(0).detail));
  return Promise.resolve({
    port,
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
