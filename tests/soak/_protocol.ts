// What the processes of the soak say to each other: JSON texts, one per line, on
// the standard input and output of those that were started.

import { linesOf } from "../_line_process.ts";
import type { Finding } from "./_received.ts";
import type { Doubt, LastSent } from "./_sent.ts";

/** What a spoke runs on. */
export const KINDS = [
  "@number0/iroh",
  "@rayhanadev/iroh",
  "WebSocket",
] as const;
export type Kind = typeof KINDS[number];

/** Found soon, so that there are many losses in a minute. */
export const LIVENESS = { pingInterval: 1000, pingTimeout: 2000 };

/** What a spoke of each kind dials; a kind that cannot run has none. */
export type Addresses = Partial<Record<Kind, string>>;

/** The argument of the hub's process. */
export interface HubArgs {
  readonly kinds: readonly Kind[];
  /** 64 hex digits. */
  readonly secretKey: string;
  /** Of the hub's former process, so that its addresses hold. */
  readonly ports: Partial<Record<Kind, number>>;
  readonly round: number;
}

/** The argument of a process of spokes. */
export interface SpokesArgs {
  /** Starts the names of its spokes. */
  readonly name: string;
  readonly seed: number;
  readonly addresses: Addresses;
  readonly spokesPerKind: number;
  /** Events a second, of all its spokes together. */
  readonly rate: number;
  readonly round: number;
}

/** What the conductor says. */
export type Order =
  | { say: "round"; round: number }
  /** Send no more, and make sure that the hub has all. */
  | { say: "rest"; no: number; patience: number }
  | { say: "compare"; tables: Tables; marks: string[] }
  | { say: "go" }
  | { say: "gone"; names: string[] }
  /** To the hub: close one connection. */
  | { say: "kick"; pick: number; code: number }
  /** End in good order. */
  | { say: "leave" };

/** What each sender has sent. */
export type Tables = [from: string, table: LastSent[]][];

/** What a process says. */
export type Report =
  | {
    say: "ready";
    addresses?: Addresses;
    ports?: Partial<Record<Kind, number>>;
  }
  | { say: "round"; round: number; figures: Figures }
  | { say: "finding"; finding: Finding }
  | { say: "doubt"; from: string; doubts: Doubt[] }
  /** What became of a spoke's connection. */
  | { say: "status"; name: string; text: string; hasEnded?: boolean }
  /** What must not happen whatever the faults. */
  | { say: "broken"; name: string; why: string }
  | { say: "rested"; spokes: Rested[]; tables: Tables }
  | { say: "compared"; losses: [name: string, losses: number][] }
  | {
    say: "counted";
    topics: [mark: string, topics: string[][]][];
    heap: number;
    connections: number;
  }
  | { say: "left" };

/** A spoke at rest. */
export interface Rested {
  readonly name: string;
  /** Whether the hub has worked off all that it sent. */
  readonly isFlushed: boolean;
  /** How often it has lost its connection. */
  readonly losses: number;
  /** A topic that no other connection has. */
  readonly mark: string;
  readonly topics: string[];
}

/** What a process has counted; all but the last three only grow. */
export interface Figures {
  sent: number;
  received: number;
  inSequence: number;
  compared: number;
  skipped: number;
  lives: number;
  reconnects: number;
  open: number;
  rss: number;
  heap: number;
}

/**
 * Says something to the conductor. It has left this process on return: what is
 * said before an event is sent is known even if the process is killed next.
 */
export function report(message: Report): void {
  let bytes = new TextEncoder().encode(`${JSON.stringify(message)}\n`);
  while (bytes.length > 0) {
    bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  }
}

/** Follows orders in order; ends the process when nobody gives any more. */
export async function followOrders(
  follow: (order: Order) => void,
): Promise<never> {
  // Ctrl-C reaches every process of a terminal; the conductor decides.
  Deno.addSignalListener("SIGINT", () => {});
  for await (const line of linesOf(Deno.stdin.readable)) {
    follow(JSON.parse(line));
  }
  Deno.exit(1);
}
