// A hub in a process of its own, in Deno or Node.js. Argument: the plan as JSON.
// Prints a line of JSON when it serves, and one for each line that it is given:
// `look` for what the operator was told, `memory` for what is in use.

import process from "node:process";
import { createInterface } from "node:readline";
import v8 from "node:v8";
import vm from "node:vm";
import { counting, type HubPlan, openHub, type Told } from "./_crowd_hub.ts";

v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc") as () => void;

const plan: HubPlan = JSON.parse(process.argv[2]!);
const told: Told = { admitted: 0, ended: {}, faults: {}, pressures: [] };
const { hub, address, nodeId, port } = await openHub(plan, counting(told));

const say = (what: unknown) => console.log(JSON.stringify(what));
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

for await (const line of createInterface({ input: process.stdin })) {
  if (line === "memory") say(await memory());
  else say({ ...told, connections: hub.connections.size });
}
process.exit();
