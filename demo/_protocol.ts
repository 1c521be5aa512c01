// What the processes of the demo say to each other: JSON texts, one per line.
// The conductor calls on a party's stdin; replies and reports come back on the
// party's stdout, in the order in which things happened there.

import type { EventsOf } from "../mod.ts";

export const SPOKES = ["alice", "bob", "carol"] as const;
export type SpokeName = typeof SPOKES[number];
export type PartyName = SpokeName | "hub";

export const BINDINGS = ["number0", "rayhanadev"] as const;
export type BindingName = typeof BINDINGS[number];

/** What every event carries: a number that finds it again, and a time. */
export interface Payload {
  n: number;
  /** Milliseconds since 1970, as every process of one machine has them. */
  sentAt: number;
}

export interface EventMap {
  "announcement.made": Payload;
  "task.assigned": Payload;
  "question.asked": Payload;
  "direct": Payload;
}
export type Events = EventsOf<EventMap>;
export type EventType = keyof EventMap;

/** Chosen short, so that the loss of the hub is found within one second. */
export const LIVENESS = { pingInterval: 500, pingTimeout: 500 };

/** Milliseconds that one attempt to connect may take. */
export const CONNECT_TIMEOUT: Record<BindingName, number> = {
  number0: 400,
  // Its iroh 0.95 may leave an address that gave no answer alone for 5 s. More
  // attempts do not help then, and a first one takes a second at times.
  rayhanadev: 1500,
};

/** What a process can be asked, by name. */
export type CallTable<TCalls> = {
  [TName in keyof TCalls]: { args: unknown; result: unknown };
};

/** What a process says: an answer, or something unasked. */
export interface Told {
  say: string;
}

/** What the conductor can ask of a party. */
export interface Calls {
  /** The hub takes `secretKey` and `port`, a spoke `name` and `hub`. */
  start: {
    args: {
      binding: BindingName;
      secretKey?: number[];
      port?: number;
      name?: SpokeName;
      hub?: string;
    };
    result: Started;
  };
  publish: {
    args: { n: number; type: EventType; id: string };
    /** `waits`: there is no connection, so it waits in the spoke for one. */
    result: { waits: boolean };
  };
  flush: { args: unknown; result: unknown };
  /** Nothing: its reply comes after all that was reported before. */
  sync: { args: unknown; result: unknown };
  stop: { args: unknown; result: unknown };
}

/** What a party says of itself once it runs. */
export interface Started {
  nodeId: string;
  /** What a spoke dials: a ticket, or a node id. */
  address: string;
  port: number;
  topics: string[];
}

/** What a party says unasked. */
export type Report =
  | { say: "received"; n: number; ms: number }
  | { say: "open" }
  | { say: "reconnecting"; attempt: number; delay: number; why: string }
  | { say: "fault"; why: string };

export type Call = { request: number; call: string; args: unknown };
export type Reply = {
  say: "reply";
  request: number;
  result?: unknown;
  error?: string;
};

/** Reads JSON texts, one per line. */
export async function* readMessages<T>(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}

/** Milliseconds since 1970 with a fraction, comparable between processes. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** The first line of an error, without what the reader of the screen knows. */
export function briefly(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0]!
    .replace(/^Cannot connect to hub \w+ \([^)]*\): /, "")
    .replace(/^Cannot reach peer: it has been /, "");
}
