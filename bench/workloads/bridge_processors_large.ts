// What longer messages than those of `bridge_processors` take.

import { measureProcessors } from "../bridge/_processors.ts";
import { publishingOf } from "../bridge/_ways.ts";
import { processorFault } from "../_proc.ts";
import type { Workload } from "../_result.ts";

const BYTES = 4096;

export const workload: Workload = {
  title: "Processor time of a message of 4 KiB through hubs and an engine",
  method:
    `The same with envelopes of ${BYTES} bytes: what it is more is what bytes take.`,
  unit: "µs",
  better: "lower",
  async measure(result, plan) {
    if (processorFault !== undefined) return result.skip("all", processorFault);
    const publishing = publishingOf(plan, 15_000, BYTES);
    await measureProcessors(result, plan, publishing, false);
  },
};
