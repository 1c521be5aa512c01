// A hub in a process of its own, in Deno or Node.js. Argument: the plan as JSON.
// Says where it serves; `look` is for what the operator was told, `memory` for
// what is in use.

import process from "node:process";
import v8 from "node:v8";
import vm from "node:vm";
import { answer, say } from "../_line_process.ts";
import { counting, type HubPlan, openHub, type Told } from "./_crowd_hub.ts";

v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc") as () => void;

const plan: HubPlan = JSON.parse(process.argv[2]!);
const told: Told = { admitted: 0, ended: {}, faults: {}, pressures: [] };
const { hub, address, nodeId, port } = await openHub(plan, counting(told));

say({ address, nodeId, port });

/** Bytes in use; what can be collected is. */
async function memory() {
  for (let i = 0; i < 3; i++) {
    collect();
    // Finalizers run in turns of their own.
    await new Promise((resolve) => setTimeout(resolve));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapUsed, external, rss };
}

await answer({
  look: () => ({ ...told, connections: hub.connections.size }),
  memory,
});
