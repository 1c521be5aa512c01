// How long a message takes from one client to another, through a server.

import { ENVELOPE_BYTES } from "../_events.ts";
import type { Workload } from "../_result.ts";
import type { Pace } from "../systems/_latency_process.ts";
import { startClient, startServers } from "../systems/_processes.ts";
import { SYSTEM_IDS } from "../systems/_systems.ts";
import { inTurns } from "../_turns.ts";

const PER_SECOND = 1000;
const PERCENTILES = [50, 99, 99.9];
/** Each takes everybody 2.3 s: it is the clock that sets the pace. */
const MAX_ROUNDS = 5;
/** Of a round: the second longest is its 99.9th percentile. */
const MESSAGES = 2000;
/** Who comes after others finds caches, cores and threads of theirs. */
const LEAD_IN = 300;

export const workload: Workload = {
  title: "Latency through a server at 1 000 messages per second",
  method: [
    `Envelopes of ${ENVELOPE_BYTES} bytes as JSON, from \`publish\` until the listener of another client is called with the parsed object.`,
    "Both clients are in one process, which has one clock, and the server is in another.",
    `What is due by the clock is published every time a timer of one millisecond fires; what is due together leaves together. ${MAX_ROUNDS} rounds of ${MESSAGES} messages, of which the second longest is p99.9; ${LEAD_IN} before each are not counted, since the others had the machine meanwhile.`,
    "The limit is two hops of the raw binding: a process that writes on what it reads.",
  ].join(" "),
  unit: "µs",
  better: "lower",
  axis: "percentile",
  async measure(result, plan) {
    await using started = new AsyncDisposableStack();
    const rounds: Record<string, () => Promise<number[]>> = {};
    const servers = await startServers(result, SYSTEM_IDS, started);
    for (const { id, name, address } of servers) {
      const clients = started.use(
        await startClient("_latency_process.ts", id, address),
      );
      const measure = (count: number) => {
        const pace: Pace = { count, perSecond: PER_SECOND };
        return clients.ask<number[]>("measure", pace);
      };
      await measure(plan.some(1000)); // What runs for long is compiled by then.
      rounds[name] = async () => {
        await measure(plan.some(LEAD_IN));
        return await measure(plan.some(MESSAGES));
      };
    }
    const samples = await inTurns(
      { ...plan, warmUps: 0, rounds: Math.min(plan.rounds, MAX_ROUNDS) },
      rounds,
    );
    for (const percentile of PERCENTILES) {
      const values = Object.entries(samples).map(([name, rounds]) =>
        [name, rounds.map((took) => at(took, percentile))] as const
      );
      result.add(Object.fromEntries(values), percentile);
    }
    result.compare(
      "iroh (@rayhanadev) vs two hops of the raw binding, p50",
      { name: "@alkdev/pubsub, iroh (@rayhanadev)", x: 50 },
      { name: "raw binding (@rayhanadev)", x: 50 },
      { atMost: 1.25 },
    );
  },
};

/** @param took In ascending order. */
function at(took: readonly number[], percentile: number): number {
  return took[Math.ceil(percentile / 100 * took.length) - 1]!;
}
