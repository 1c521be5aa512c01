// A server that many clients connect to, of one make or another: each in a
// module of its own, so that a process loads nothing of the others.

import { type MessageEvent, messageEvent } from "../_events.ts";
import type { ProtocolName } from "./_protocols.ts";

/** How one event gets to everybody. */
export interface Way {
  send(event: MessageEvent): void;
  /** What one client gets of it, in bytes; all events have the same length. */
  readonly bytes: number;
}

/** A server, ready to be connected to; it lasts as long as its process. */
export interface CrowdServer {
  readonly port: number;
  readonly ways: Readonly<Record<string, Way>>;
}

/** What modules in `servers/` export. */
export interface ServerModule {
  serve(): Promise<CrowdServer>;
}

/** Those that run in Deno, and how a client speaks to them. */
export const servers = {
  hub: "pubsub",
  bare: "bare",
  ws: "bare",
  "socket.io": "socket.io",
} as const satisfies Record<string, ProtocolName>;

export type ServerName = keyof typeof servers;

export async function serve(name: ServerName): Promise<CrowdServer> {
  const file = name.replace(".", "_");
  const module: ServerModule = await import(`./servers/${file}.ts`);
  return await module.serve();
}

/** Where all clients are, when every event goes to all. */
export const FAN_OUT_ROOM = 100;

/** The `n`th event of that room. */
export function fanOutEvent(n: number): MessageEvent {
  return messageEvent(n * 900);
}

/** A text frame of 126 to 65535 bytes has so much before it (RFC 6455, 5.2). */
const HEAD_BYTES = 4;

/** What a text takes on the way to a client, in bytes. */
export function frameBytes(text: string): number {
  return HEAD_BYTES + text.length;
}
