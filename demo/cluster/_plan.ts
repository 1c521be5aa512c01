// Who is in the cluster, and who is subscribed to what.

import type { EventsOf } from "../../mod.ts";
import type { TopicOf } from "../../typed_event_target.ts";

export const ENGINES = ["nats", "redis"] as const;
export type EngineName = typeof ENGINES[number];

/** The program of an engine, and the package of Debian that has it. */
export const PROGRAMS: Record<EngineName, string> = {
  nats: "nats-server",
  redis: "redis-server",
};

/** Hubs are known by their place here. */
export const HUBS = [0, 1, 2] as const;

export const KINDS = ["iroh", "WebSocket"] as const;
export type Kind = typeof KINDS[number];

export const ROOMS = ["tea", "news", "code", "jobs"] as const;
export type Room = typeof ROOMS[number];

/** The one type of event: its id is the room. */
export const TYPE = "message.sent";

export const topicOf = (room: Room): TopicOf<Events> => `${TYPE}:${room}`;

/** What every event carries: it is known by its sender and its number. */
export interface Payload {
  from: string;
  n: number;
  /** Milliseconds since 1970, as every process of one machine has them. */
  at: number;
  /** The hub that its sender was connected to; -1 when there was none. */
  hub: number;
}
export type Events = EventsOf<{ [TYPE]: Payload }>;

export interface SpokePlan {
  readonly name: string;
  readonly kind: Kind;
  readonly home: number;
  readonly rooms: readonly Room[];
  /** How it goes on from a hub that it lost: some go up, some go down. */
  readonly step: number;
}

const NAMES: Record<Kind, readonly string[]> = {
  iroh: ["alice", "bob", "carol", "dave", "erin", "frank"],
  WebSocket: ["grace", "heidi", "ivan", "judy", "kim", "leo"],
};

/** Each pair of rooms is had by one spoke of each kind. */
const PAIRS: readonly (readonly Room[])[] = [
  ["tea", "news"],
  ["code", "jobs"],
  ["tea", "code"],
  ["news", "jobs"],
  ["tea", "jobs"],
  ["news", "code"],
];

/** Two of each kind on every hub. */
export const SPOKES: readonly SpokePlan[] = KINDS.flatMap((kind, k) =>
  NAMES[kind].map((name, i) => ({
    name,
    kind,
    home: (i + k) % HUBS.length,
    rooms: PAIRS[i]!,
    step: i < HUBS.length ? 1 : HUBS.length - 1,
  }))
);

export const hubName = (hub: number): string => `hub ${hub + 1}`;
