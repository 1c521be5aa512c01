// The package `ws`: servers on Node and Bun, clients on Node 20.

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocketLike } from "../_websocket_types.ts";
import { loadPackage } from "./_module.ts";

/** A class of sockets. */
export type SocketClass = new (
  url: string,
  options?: { headers: Record<string, string> },
) => WebSocketLike;

/** What is used of it. */
export interface Ws {
  readonly WebSocket: SocketClass;
  readonly WebSocketServer: new (options: { noServer: true }) => {
    handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Uint8Array,
      callback: (socket: WebSocketLike) => void,
    ): void;
  };
}

/** @throws {Failure} When it is not installed. */
export function loadWs(purpose: string): Promise<Ws> {
  return loadPackage<Ws>({ name: "ws", version: "^8.18.0", purpose });
}
