// A hub on any transport, for Deno and Node.js alike, and a record of what its
// operator is told.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { WebSocketServer } from "ws";
import { createIrohHubEventTarget } from "../../iroh_hub.ts";
import {
  createWebSocketServerEventTarget,
  type HubEventTarget,
  type HubOptions,
} from "../../websocket_server.ts";
import type { WebSocketLike } from "../../websocket_server.ts";

/** Where a hub runs, and on what. */
export type HubKind =
  | "Deno.serve"
  | "ws"
  | "@number0/iroh"
  | "@rayhanadev/iroh";

/** What a hub's process is given. */
export interface HubPlan {
  readonly kind: HubKind;
  readonly options: HubOptions;
}

/** A hub that serves, and what to dial. */
export interface OpenHub {
  readonly hub: HubEventTarget;
  readonly address: string;
  readonly nodeId: string;
  readonly port: number;
}

/** What an operator was told: each kind of notice, and how often. */
export interface Told {
  admitted: number;
  ended: Record<string, number>;
  faults: Record<string, number>;
  pressures: { bufferedBytes: number; limit: number }[];
}

/** Hooks that count what they are told. */
export function counting(told: Told): HubOptions {
  const count = (counts: Record<string, number>, what: string) => {
    // Identities and durations differ each time.
    const kind = what.replaceAll(/[0-9a-f-]{36,}/g, "PEER")
      .replaceAll(/for \d+ ms/g, "for N ms");
    counts[kind] = (counts[kind] ?? 0) + 1;
  };
  return {
    onConnection: () => void told.admitted++,
    onDisconnection: (_connection, { code, reason }) =>
      count(told.ended, `${code ?? "lost"} ${reason}`.trim()),
    onError: ({ error }) => count(told.faults, String(error)),
    onBackpressure: ({ bufferedBytes, limit }) =>
      void told.pressures.push({ bufferedBytes, limit }),
  };
}

/** Opens the hub of a plan. */
export async function openHub(
  { kind, options }: HubPlan,
  hooks: HubOptions,
): Promise<OpenHub> {
  if (kind === "@number0/iroh" || kind === "@rayhanadev/iroh") {
    // Loaded on demand: it starts a name server.
    const { bindings } = await import("../_iroh.ts");
    const binding = bindings.find(({ name }) => name === kind)!;
    const { endpoint, ...on } = await binding.createEndpoint();
    const hub = await createIrohHubEventTarget({
      endpoint,
      ...options,
      ...hooks,
    });
    return { ...on, hub };
  }
  const hub = createWebSocketServerEventTarget({ ...options, ...hooks });
  const add = (socket: WebSocketLike) => hub.addConnection(socket);
  const port = await (kind === "ws" ? serveWs(add) : serveDeno(add));
  return { hub, address: `ws://127.0.0.1:${port}`, nodeId: "", port };
}

type Add = (socket: WebSocketLike) => void;

function serveDeno(add: Add): number {
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
  }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    add(socket);
    return response;
  });
  return server.addr.port;
}

async function serveWs(add: Add): Promise<number> {
  const { WebSocketServer: Server } = await import("ws");
  const server = createServer();
  const sockets: WebSocketServer = new Server({ server });
  sockets.on("connection", add);
  await new Promise<void>((resolve) => {
    server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, resolve);
  });
  return (server.address() as AddressInfo).port;
}
