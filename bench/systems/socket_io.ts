// Socket.IO: a room for each topic, over WebSocket from the start.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server as SocketServer } from "socket.io";
import { io } from "socket.io-client";
import type { EventEnvelope } from "../../mod.ts";
import { BACKLOG_BYTES, type System } from "./_system.ts";

export const socketIo: System = {
  name: "Socket.IO",
  unavailable: () => undefined,
  async serve() {
    const http = createServer();
    const server = new SocketServer(http, {
      transports: ["websocket"],
      perMessageDeflate: false,
      maxHttpBufferSize: BACKLOG_BYTES,
    });
    server.on("connection", (socket) => {
      socket.on("subscribe", (topic: string, done: () => void) => {
        void socket.join(topic);
        done();
      });
      socket.on("publish", (envelope: EventEnvelope) => {
        socket.to(envelope.type).emit("event", envelope);
      });
      socket.on("flush", (done: () => void) => done());
    });
    await new Promise<void>((resolve) =>
      http.listen(0, "127.0.0.1", () => resolve())
    );
    const { port } = http.address() as AddressInfo;
    return {
      address: `http://127.0.0.1:${port}`,
      [Symbol.asyncDispose]: () => server.close(),
    };
  },
  async connect(address) {
    const socket = io(address, { transports: ["websocket"], forceNew: true });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    return {
      publish: (envelope) => void socket.emit("publish", envelope),
      async subscribe(topic, onEvent) {
        socket.on("event", (envelope: EventEnvelope) => {
          if (envelope.type === topic) onEvent(envelope);
        });
        await socket.emitWithAck("subscribe", topic);
      },
      barrier: () => socket.emitWithAck("flush"),
      [Symbol.asyncDispose]() {
        socket.disconnect();
        return Promise.resolve();
      },
    };
  },
};
