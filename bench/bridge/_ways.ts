// Events from spokes of one hub to spokes of another: how many, and what each
// process takes of the processors for it.

import { ENVELOPE_BYTES } from "../_events.ts";
import { processorSeconds } from "../_proc.ts";
import { relayed } from "../_relay.ts";
import type { Plan } from "../_turns.ts";
import type { Publishing } from "../systems/_client_process.ts";
import type { Running } from "../systems/_processes.ts";
import { startClient } from "../systems/_processes.ts";
import type { Fleet } from "./_fleet.ts";

/** A way of events through hubs. */
export interface Way {
  readonly name: string;
  readonly fleet: Fleet;
  /** Whose spokes publish, by the number of the hub. */
  readonly from: readonly number[];
  /** Whose spokes are subscribed. */
  readonly to: readonly number[];
  /** What to; each room alone unless told. */
  readonly topics?: readonly string[];
}

/** What a round comes to. */
export interface Passed {
  /** Published per second, by all together. */
  readonly rate: number;
  /** Microseconds of the processors for each event: of every hub. */
  readonly hubs: readonly number[];
  /** And of the engine's server. */
  readonly engine: number;
}

/** All that events of `messageEvent` have. */
const ROOMS = Array.from(
  { length: 900 },
  (_, n) => `message.sent:room-${100 + n}`,
);

/** The one that stands for all of them. */
export const BY_TYPE = ["message.sent"];

/** What a page says of it. */
export const WAYS_METHOD: string = [
  "Hubs of WebSockets in a process each, linked by `bridge()` over one engine; each spoke is a process, too.",
  `Subscribers are subscribed to ${ROOMS.length} rooms, so that the engine has as many subscriptions of each hub that has subscribers, and the events are of all of them.`,
  "The engine's clients are connected once a hub, of Redis one that publishes, with `enableAutoPipelining`, and one that subscribes.",
  "Publishers ask their hub every 500 events whether it has come so far, and have two such questions at most under way: what a hub has passed on to the engine is not waited for, so that what may wait for the engine was raised to 256 MiB, too.",
].join(" ");

/** How much is published in a round: of less, when each takes more. */
export function publishingOf(
  plan: Plan,
  count: number,
  bytes: number = ENVELOPE_BYTES,
): Publishing {
  return { count: plan.some(count), bytes, perBarrier: 500 };
}

/** Events go a way once. */
export async function pass(
  { name, fleet, from, to, topics = ROOMS }: Way,
  { count, ...how }: Publishing,
): Promise<Passed> {
  const { engine, sites } = fleet;
  const publishers = from.map((n) => sites[n]!.publisher);
  const subscribers = to.map((n) => sites[n]!.subscriber);
  // Sites of one hub share it.
  const hubs = [...new Set(sites.map(({ process }) => process))];
  const settle = () =>
    Promise.all(hubs.map((hub) => hub.ask<number>("settle")));
  await Promise.all(subscribers.map((one) => one.ask("subscribe", topics)));
  await settle();
  const each = Math.ceil(count / from.length);
  const before = taken();
  const rate = await relayed(name, publishers, subscribers, {
    ...how,
    count: each,
  });
  const lost = await settle();
  const after = taken();
  if (lost.some((events) => events > 0)) {
    const errors = hubs.map((hub) => hub.errors).join("\n");
    throw new Error(`${name}: the hubs have lost ${lost}: ${errors}`);
  }
  await Promise.all(subscribers.map((one) => one.ask("unsubscribe", topics)));
  await settle();
  const [ofEngine = 0, ...ofHubs] = after.map((seconds, i) =>
    (seconds - before[i]!) / (each * from.length) * 1e6
  );
  return { rate, engine: ofEngine, hubs: ofHubs };

  function taken(): number[] {
    const pids = [engine, ...hubs].map((one) => one?.pid);
    return pids.map((pid) => pid === undefined ? 0 : processorSeconds(pid));
  }
}

/** Events through an engine alone, from one of its own clients to another. */
export async function bare(
  engine: Running,
  publishing: Publishing,
  started: AsyncDisposableStack,
): Promise<() => Promise<Passed>> {
  const { id, name, address, pid } = engine;
  const client = async () =>
    started.use(await startClient("_client_process.ts", id, address));
  const [publisher, subscriber] = await Promise.all([client(), client()]);
  await subscriber.ask("subscribe");
  return async () => {
    const before = processorSeconds(pid);
    const rate = await relayed(name, [publisher], [subscriber], publishing);
    const seconds = processorSeconds(pid) - before;
    return { rate, hubs: [], engine: seconds / publishing.count * 1e6 };
  };
}
