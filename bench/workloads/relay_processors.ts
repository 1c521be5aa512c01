// What each message of `relay` takes of the processors.

import { ENVELOPE_BYTES } from "../_events.ts";
import { processorFault } from "../_proc.ts";
import { measureRelays, relayCounts } from "../_relay.ts";
import type { Workload } from "../_result.ts";

const IROH = "@alkdev/pubsub, iroh (@rayhanadev)";
const RAW = "raw binding (@rayhanadev)";

/** Of a whole round each: what varies is when, not how much. */
const ROUNDS = 3;

export const workload: Workload = {
  title: "Processor time of a message through a server, three processes",
  method:
    "The same as the rate above it: what publisher, server and subscriber together have had of the processors (`/proc`, schedstat) for each message. Where they are all busy, as here with two cores, this decides about the rate; what is below the raw binding cannot be reached over it.",
  unit: "µs",
  better: "lower",
  async measure(result, plan) {
    if (processorFault !== undefined) return result.skip("all", processorFault);
    await measureRelays(
      result,
      { ...plan, rounds: Math.min(plan.rounds, ROUNDS) },
      { bytes: ENVELOPE_BYTES, perBarrier: 500, counts: relayCounts(plan) },
      "processors",
    );
    for (const other of ["NATS", "Socket.IO", RAW]) {
      result.compare(`${IROH} vs ${other}`, { name: IROH }, { name: other });
    }
    result.compare(`${RAW} vs NATS`, { name: RAW }, { name: "NATS" });
  },
};
