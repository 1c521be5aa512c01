// Socket.IO: topics are rooms.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { messageEvent } from "../../_events.ts";
import { roomTopic } from "../_clients.ts";
import { type CrowdServer, FAN_OUT_ROOM, frameBytes } from "../_server.ts";

export async function serve(): Promise<CrowdServer> {
  const http = createServer();
  const io = new Server(http, {
    transports: ["websocket"],
    pingInterval: 3_600_000, // The clients would not answer; a timer it is.
  });
  io.on("connection", (socket) => {
    socket.on("join", async (rooms: string[], done: () => void) => {
      await socket.join(rooms);
      done();
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const packet = JSON.stringify(["message.sent", messageEvent(0).detail]);
  const room = roomTopic(FAN_OUT_ROOM);
  return {
    port,
    ways: {
      "socket.io": {
        bytes: frameBytes(`42${packet}`),
        send: ({ detail }) => void io.to(room).emit("message.sent", detail),
      },
    },
  };
}
