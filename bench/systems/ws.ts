// `ws`: a bare server that sends each message on to the other sockets as it came,
// and knows no topics.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { BACKLOG_BYTES, type System } from "./_system.ts";

export const ws: System = {
  name: "ws",
  unavailable: () => undefined,
  async serve() {
    const server = new WebSocketServer({
      host: "127.0.0.1",
      port: 0,
      perMessageDeflate: false,
      maxPayload: BACKLOG_BYTES,
    });
    server.on("connection", (socket) => {
      socket.on("message", (data, isBinary) => {
        for (const other of server.clients) {
          if (other !== socket) other.send(data, { binary: isBinary });
        }
      });
    });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return {
      address: `ws://127.0.0.1:${port}`,
      [Symbol.asyncDispose]() {
        for (const socket of server.clients) socket.terminate();
        return new Promise<void>((resolve) => server.close(() => resolve()));
      },
    };
  },
  async connect(address) {
    const socket = new WebSocket(address, { perMessageDeflate: false });
    await once(socket, "open");
    const pongs: (() => void)[] = [];
    socket.on("pong", () => pongs.shift()?.());
    const barrier = () =>
      new Promise<void>((resolve) => {
        pongs.push(resolve);
        socket.ping();
      });
    return {
      publish: (envelope) => socket.send(JSON.stringify(envelope)),
      subscribe(topic, onEvent) {
        socket.on("message", (data) => {
          const envelope = JSON.parse(String(data));
          if (envelope.type === topic) onEvent(envelope);
        });
        return barrier();
      },
      barrier,
      async [Symbol.asyncDispose]() {
        const closed = once(socket, "close");
        socket.close();
        await closed;
      },
    };
  },
};
