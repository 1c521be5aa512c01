// What hubs, engine and network have to do for so many events: computed from what
// was measured, for `docs/scaling.md`.

import { ENVELOPE_BYTES } from "./_events.ts";
import { point } from "./_print.ts";
import type { Result } from "./_result.ts";
import { median } from "./_turns.ts";

export const ENGINES = ["NATS", "Redis"] as const;
export type EngineName = typeof ENGINES[number];

const OURS = "@alkdev/pubsub";

/** The median of a series. */
export type Figures = (id: string, name: string, x?: number) => number;

export function figuresOf(results: readonly Result[]): Figures {
  return (id, name, x) => {
    const result = results.find((one) => one.id === id);
    const series = result?.series.find((one) =>
      one.name === name && one.x === x
    );
    if (series) return median(series.samples);
    throw new Error(`Cannot find ${name} at ${x} in the results of ${id}`);
  };
}

/** Microseconds of one core for an event. */
export interface Costs {
  /** A hub takes it from a spoke. */
  readonly in: number;
  /** And gives it to one spoke. */
  readonly out: number;
  /** It gives it to the engine as well. */
  readonly pass: number;
  /** It takes it from the engine. */
  readonly recv: number;
  /** And finds that it is its own. */
  readonly echo: number;
  /** The engine takes it. */
  readonly take: number;
  /** And gives it to one hub. */
  readonly give: number;
}

/** What each part takes: differences of what processes take. */
export function costsOf(
  figures: Figures,
  engine: EngineName,
  id: "bridge_processors" | "bridge_processors_large" = "bridge_processors",
): Costs {
  const ours = (name: string) => figures(id, `${OURS}, ${name}`);
  const alone = ours("hub without a bridge");
  const out = (ours("hub without a bridge, 3 are subscribed") - alone) / 2;
  const costs = { in: alone - out, out };
  const pass = ours(`publisher's hub over ${engine}`) - costs.in;
  const one = figures(id, `${engine}, one hub is subscribed`);
  const give = figures(id, `${engine}, two hubs are subscribed`) - one;
  return {
    ...costs,
    pass,
    recv: ours(`subscriber's hub over ${engine}`) - out,
    echo: ours(`only hub with a bridge to ${engine}`) - alone - pass,
    take: one - give,
    give,
  };
}

/** Bytes of the envelopes of `bridge_processors_large`. */
const LARGE_BYTES = 4096;

/** What each KiB more takes of the publisher's hub, of another, of the engine. */
export function costsOfKiB(figures: Figures, engine: EngineName) {
  const [small, large] = [
    costsOf(figures, engine),
    costsOf(figures, engine, "bridge_processors_large"),
  ];
  const kib = (LARGE_BYTES - ENVELOPE_BYTES) / 1024;
  const more = (sum: (costs: Costs) => number) =>
    (sum(large) - sum(small)) / kib;
  return {
    publisher: more((costs) => costs.in + costs.pass),
    subscriber: more((costs) => costs.recv + costs.out),
    engine: more(({ take, give }) => take + give),
  };
}

/** What a delivery takes of a hub that has so many connections. */
export function deliveryOf(figures: Figures, connections: number): number {
  const rate = figures("fan_out_websocket", `${OURS}, WebSocket`, connections);
  return 1e6 / rate;
}

/** Bytes of an event between hub and engine: subject or channel, and number. */
const WIRE_BYTES = ENVELOPE_BYTES + 89;

/** Events a second that 1 Gbit/s carries to so many hubs. */
export const carriedBy = (hubs: number): number => 125e6 / (WIRE_BYTES * hubs);

/** Hubs that have somebody of a room whose people are spread by chance. */
const hubsOf = (people: number, hubs: number): number =>
  hubs * (1 - (1 - 1 / hubs) ** people);

/** What many people in rooms do. */
export interface Load {
  readonly hubs: number;
  readonly people: number;
  /** In each room. */
  readonly each: number;
  /** Seconds between two events of one. */
  readonly every: number;
  /** Whether a room is on one hub, and not spread by chance. */
  readonly isTogether: boolean;
}

/** Cores, unless told otherwise. */
export interface Demand {
  readonly published: number;
  readonly delivered: number;
  readonly connections: number;
  /** Hubs that listen to a room. */
  readonly listening: number;
  readonly publishing: number;
  readonly receiving: number;
  readonly delivering: number;
  readonly engine: number;
  /** Bytes a second out of the engine. */
  readonly network: number;
  /** Bytes of a hub. */
  readonly memory: number;
}

/** What it takes: of each hub, and of the engine. */
export function demandOf(
  { hubs, people, each, every, isTogether }: Load,
  figures: Figures,
  engine: EngineName,
): Demand {
  const costs = costsOf(figures, engine);
  const published = people / every;
  const delivered = published * (each - 1);
  const listening = isTogether ? 1 : hubsOf(each, hubs);
  const cores = (events: number, microseconds: number) =>
    events / hubs * microseconds / 1e6;
  const connections = people / hubs;
  const rooms = people / each * listening / hubs;
  return {
    published,
    delivered,
    connections,
    listening,
    publishing: cores(published, costs.in + costs.pass + costs.echo),
    receiving: cores(published * (listening - 1), costs.recv),
    delivering: cores(delivered, deliveryOf(figures, 10_000)),
    engine: published * (costs.take + listening * costs.give) / 1e6,
    network: published * listening * WIRE_BYTES,
    memory: connections * connectionBytes(figures) +
      rooms * topicBytes(figures, engine),
  };
}

/** Resident bytes of a connection. */
const connectionBytes = (figures: Figures): number =>
  figures("memory_connection", `${OURS}, WebSocket, 10 shared topics`);

/** Resident bytes of a topic, of 100 000, in the process of that name. */
const bytesOfTopic = (figures: Figures, process: string): number =>
  figures("bridge_memory", `${process}, ${point(100_000, "topics")} topics`);

/** Of a hub that listens on it at an engine. */
export const topicBytes = (figures: Figures, engine: EngineName): number =>
  bytesOfTopic(figures, `${OURS}, hub with a bridge to ${engine}`);

/** Of the engine, for each hub. */
export const engineTopicBytes = (figures: Figures, engine: EngineName) =>
  bytesOfTopic(figures, engine);
