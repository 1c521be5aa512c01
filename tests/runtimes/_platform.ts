// All that differs between the runtimes.

/// <reference types="../../examples/_bun.d.ts" />

import type { WebSocketFactory } from "@alkdev/pubsub/event-target-websocket-client";
import type { WebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
import type { WorkerLike } from "@alkdev/pubsub/event-target-worker";
import { Worker as NodeWorker } from "node:worker_threads";

/** A server whose sockets are a hub's. */
export interface Server {
  readonly port: number;
  close(): Promise<void>;
}

/** A worker of any make. */
export type Thread = WorkerLike & {
  postMessage(message: unknown, transfer: Transferable[]): void;
  terminate(): unknown;
};

interface Platform {
  /** A server on 127.0.0.1; who comes is told by the path. */
  serve(hub: WebSocketServerEventTarget, port: number): Promise<Server>;
  /** Whoever listens to it does so in the same task: its errors come at once. */
  startThread(script: URL): Thread;
}

const hostname = "127.0.0.1";
const idIn = (path: string) => path.slice(1) || undefined;

const startWebWorker = (script: URL): Thread =>
  new Worker(script, { type: "module" });

const deno: Platform = {
  startThread: startWebWorker,
  serve(hub, port) {
    const options = { hostname, port, onListen() {} };
    const server = Deno.serve(options, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      hub.addConnection(socket, { id: idIn(new URL(request.url).pathname) });
      return response;
    });
    const close = () => server.shutdown();
    return Promise.resolve({ port: server.addr.port, close });
  },
};

const bun: Platform = {
  startThread: startWebWorker,
  serve(hub, port) {
    const server = Bun.serve<{ id: string | undefined }>({
      hostname,
      port,
      fetch(request, server) {
        const id = idIn(new URL(request.url).pathname);
        if (server.upgrade(request, { data: { id } })) return;
        return new Response("Here is a WebSocket", { status: 426 });
      },
      websocket: {
        open: (socket) => hub.addConnection(socket, { id: socket.data.id }),
        message: (socket, data) => hub.handleMessage(socket, data),
        close: (socket, code, reason) => hub.handleClose(socket, code, reason),
      },
    });
    return Promise.resolve({ port: server.port, close: () => server.stop() });
  },
};

const node: Platform = {
  // By its types it transfers ports of Node.js alone, which all ports are here.
  startThread: (script) => new NodeWorker(script) as WorkerLike as Thread,
  async serve(hub, port) {
    const { WebSocketServer } = await import("ws");
    const server = new WebSocketServer({ host: hostname, port });
    server.on("connection", (socket, { url = "" }) => {
      hub.addConnection(socket, { id: idIn(url) });
    });
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") {
      throw new Error(`Not on a port: ${address}`);
    }
    const close = () =>
      new Promise<void>((resolve) => server.close(() => resolve()));
    return { port: address.port, close };
  },
};

export const { serve, startThread } = "Deno" in globalThis
  ? deno
  : "Bun" in globalThis
  ? bun
  : node;

/** What a client makes its sockets of. */
export async function socketTo(
  url: string,
): Promise<string | WebSocketFactory> {
  if (typeof WebSocket === "function") return url;
  // Node.js before version 22.
  const { WebSocket: WsSocket } = await import("ws");
  return () => new WsSocket(url);
}
