/**
 * This library beside its peers, all measured in one run: `deno task bench:peers`
 * writes `results/*.json`, a chart of each, and the tables of `README.md`, where
 * the method stands.
 *
 * - `deno task bench:peers relay latency` measures these alone, and only prints.
 * - `--quick` takes a minute, shows that everything runs, and keeps nothing.
 * - `--render` draws charts and tables anew from what was measured last.
 *
 * Nothing here fails because something is slow.
 */

import { parseArgs } from "node:util";
import { printResult } from "./_print.ts";
import { Measured, type Result, type Workload } from "./_result.ts";
import { readRun, renderRun, writeRun } from "./_run_files.ts";
import { machine, peerVersions } from "./_machine.ts";
import { FULL, QUICK } from "./_turns.ts";

/** In the order of the page. */
const WORKLOADS = [
  "decode",
  "encode",
  "in_process_iterator",
  "in_process_listener",
  "spoke_to_hub",
  "compression",
  "relay",
  "relay_processors",
  "bridge_relay",
  "bridge_processors",
  "bridge_processors_large",
  "bridge_latency",
  "bridge_memory",
  "bridge_subscribe",
  "large",
  "latency",
  "fan_out_iroh",
  "fan_out_websocket",
  "topics",
  "resubscribe",
  "memory_connection",
  "memory_subscription",
  "memory_stalled",
  "start_up",
  "client_size",
];

const { values, positionals } = parseArgs({
  options: { quick: { type: "boolean" }, render: { type: "boolean" } },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !WORKLOADS.includes(name));
if (unknown !== undefined) {
  throw new TypeError(
    `Cannot measure ${unknown}: there are ${WORKLOADS.join(", ")}`,
  );
}
if (values.render) {
  await renderRun(await readRun());
} else {
  const plan = values.quick ? QUICK : FULL;
  if (plan.quick) console.log("A quick run: its figures mean nothing.");
  const start = performance.now();
  const at = new Date().toISOString();
  const results: Result[] = [];
  for (const id of positionals.length > 0 ? positionals : WORKLOADS) {
    // Loaded when it is measured: peers and bindings need not be there.
    const { workload } = await import(`./workloads/${id}.ts`) as {
      workload: Workload;
    };
    const result = new Measured(id, workload);
    await workload.measure(result, plan);
    printResult(result, plan.quick);
    results.push(result);
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  const run = {
    at,
    seconds,
    rounds: plan.rounds,
    machine: machine(),
    versions: await peerVersions(),
    results,
  };
  // A page shows one run of the whole suite, or it would compare what met
  // different machines.
  if (positionals.length === 0) await writeRun(run, values.quick === true);
}
