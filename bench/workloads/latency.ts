// How long a message takes from one client to another, through a server.

import { ENVELOPE_BYTES } from "../_events.ts";
import {
  addLatencies,
  type LatencyRound,
  latencyRound,
  LEAD_IN,
  MAX_ROUNDS,
} from "../_latency.ts";
import type { Workload } from "../_result.ts";
import { startClient, startServers } from "../systems/_processes.ts";
import { SYSTEM_IDS } from "../systems/_systems.ts";

const PERCENTILES = [50, 99, 99.9];
/** Of a round: the second longest is its 99.9th percentile. */
const MESSAGES = 2000;

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
    const rounds: Record<string, LatencyRound> = {};
    const servers = await startServers(result, SYSTEM_IDS, started);
    for (const { id, name, address } of servers) {
      const clients = started.use(
        await startClient("_latency_process.ts", id, address),
      );
      rounds[name] = await latencyRound(clients, MESSAGES, plan);
    }
    await addLatencies(result, plan, rounds, PERCENTILES);
    result.compare(
      "iroh (@rayhanadev) vs two hops of the raw binding, p50",
      { name: "@alkdev/pubsub, iroh (@rayhanadev)", x: 50 },
      { name: "raw binding (@rayhanadev)", x: 50 },
      { atMost: 1.25 },
    );
  },
};
