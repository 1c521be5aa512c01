// Messages from one client to another through a server, in three processes: what
// `relay` and `large` measure, with messages of different sizes.

import { within } from "../_deferred.ts";
import type { LineProcess } from "../tests/_line_process.ts";
import { processorSeconds } from "./_proc.ts";
import type { Measured } from "./_result.ts";
import type { Came, Publishing } from "./systems/_client_process.ts";
import { startClient, startServers } from "./systems/_processes.ts";
import { SYSTEM_IDS, type SystemId } from "./systems/_systems.ts";
import { inTurns, type Plan } from "./_turns.ts";

/** How it is measured. */
export interface Relaying {
  /** What the JSON of one envelope takes. */
  readonly bytes: number;
  readonly perBarrier: number;
  /** How many messages a round has: about half a second's. */
  readonly counts: Readonly<Record<SystemId, number>>;
}

/** What a page says of it. */
export const RELAY_METHOD: string = [
  "The publisher, the server and the subscriber each are a process of their own; a fourth one waits for them and holds the clock, from the first message until the subscriber says that it has parsed the last one.",
  "The objects are there when the clock starts: each library makes JSON of them, and JSON into objects again, on the clock.",
  "A barrier is the system's own way to ask the server whether it has come so far: `flush()` here and in NATS, the reply to the last `PUBLISH` of Redis, an acknowledgement of Socket.IO, a ping of `ws`. The publisher goes on while one is under way, and waits for it when it comes to the next one: never more than two barriers' worth is under way.",
  "All clients, and the servers that are JavaScript, run in Deno. Redis pipelines by itself (`enableAutoPipelining`), Socket.IO starts with WebSocket, nothing is compressed.",
  "The `ws` server knows no topics and looks at nothing: it sends each message on to the other sockets. Nor does the relay on the raw binding, which reads 256 KiB and writes them; its clients write as many frames at once as wait.",
  "What may wait on a server for a subscriber that lags was raised to 256 MiB (`backpressureLimit` here, `max_pending` of NATS, `client-output-buffer-limit` of Redis), and what a message may have (`maxHttpBufferSize` of Socket.IO).",
].join(" ");

/** How many small messages take each about as long. */
export const relayCounts = (plan: Plan): Relaying["counts"] => ({
  "iroh-rayhanadev": plan.some(100_000),
  "iroh-number0": plan.some(20_000),
  "websocket": plan.some(50_000),
  "nats": plan.some(100_000),
  "redis": plan.some(40_000),
  "socket-io": plan.some(20_000),
  "ws": plan.some(50_000),
  "raw-iroh": plan.some(150_000),
});

/** Longer than any round takes that ends. */
const PATIENCE = 60_000;

/** What is taken of a round: messages per second, or µs of processors each. */
export type Taken = "rate" | "processors";

/** Measures all systems that are there, in turns. */
export async function measureRelays(
  result: Measured,
  plan: Plan,
  { bytes, perBarrier, counts }: Relaying,
  taken: Taken = "rate",
): Promise<void> {
  await using started = new AsyncDisposableStack();
  const rounds: Record<string, () => Promise<number>> = {};
  const servers = await startServers(result, SYSTEM_IDS, started);
  for (const { id, name, address, pid } of servers) {
    const [publisher, subscriber] = await Promise.all([
      startClient("_client_process.ts", id, address),
      startClient("_client_process.ts", id, address),
    ]);
    started.use(publisher);
    started.use(subscriber);
    await subscriber.ask("subscribe");
    const publishing = { count: counts[id], bytes, perBarrier };
    const pids = [publisher.pid, pid, subscriber.pid];
    rounds[name] = async () => {
      const before = taken === "rate" ? 0 : secondsOf(pids);
      const rate = await relayed(name, [publisher], [subscriber], publishing);
      return taken === "rate"
        ? rate
        : (secondsOf(pids) - before) / publishing.count * 1e6;
    };
  }
  result.add(await inTurns(plan, rounds));
}

function secondsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + processorSeconds(pid), 0);
}

/**
 * Has all publishers publish at once, until every subscriber has all of it.
 *
 * @param publishing What each of them publishes.
 * @returns Messages published per second, by all together.
 * @throws {Error} When something else came than was sent.
 */
export async function relayed(
  name: string,
  publishers: readonly LineProcess[],
  subscribers: readonly LineProcess[],
  publishing: Publishing,
): Promise<number> {
  const ask = <T>(processes: readonly LineProcess[], command: string) =>
    Promise.all(processes.map((one) => one.ask<T>(command, publishing)));
  const count = publishing.count * publishers.length;
  const sent: Came = { events: 0, sum: 0 };
  for (const { events, sum } of await ask<Came>(publishers, "prepare")) {
    sent.events += events;
    sent.sum += sum;
  }
  const receiving = Promise.all(
    subscribers.map((one) => one.ask<Came>("receive", count)),
  );
  const start = performance.now();
  const published = ask(publishers, "publish");
  const came = await within(
    Promise.race([receiving, published.then(() => receiving)]),
    PATIENCE,
    () => {
      throw new Error(`${name}: not all of ${count} messages came`);
    },
  );
  const seconds = (performance.now() - start) / 1000;
  await published;
  for (const one of came) {
    if (one.events === sent.events && one.sum === sent.sum) continue;
    throw new Error(
      `${name}: ${JSON.stringify(one)} came of ${JSON.stringify(sent)}`,
    );
  }
  return count / seconds;
}
