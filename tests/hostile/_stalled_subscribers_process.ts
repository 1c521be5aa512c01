// Healthy subscribers in a process of their own. Arguments: kind of hub, its
// address, how many. Says when all have subscribed; `look` is for what they got.

import process from "node:process";
import { createEvent } from "../../mod.ts";
import { createIrohSpokeEventTarget } from "../../iroh_spoke.ts";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
} from "../../websocket_client.ts";
import { answer, say } from "../_line_process.ts";

const [kind = "", address = "", howMany = ""] = process.argv.slice(2);
const count = Number(howMany);

/** Spokes on one endpoint. */
const PER_ENDPOINT = 20;

const statuses: Record<string, number> = {};
const onStatus = ({ type }: { type: string }) => {
  statuses[type] = (statuses[type] ?? 0) + 1;
};

async function connectAll(): Promise<SpokeEventTarget[]> {
  const targets: SpokeEventTarget[] = [];
  if (kind === "Deno.serve") {
    while (targets.length < count) {
      const options = { onStatus };
      targets.push(await createWebSocketClientEventTarget(address, options));
    }
    return targets;
  }
  const { bindings } = await import("../_iroh.ts");
  const binding = bindings.find(({ name }) => name === kind)!;
  while (targets.length < count) {
    const { endpoint } = await binding.createEndpoint();
    for (let i = 0; i < PER_ENDPOINT && targets.length < count; i++) {
      const args = { endpoint, hubNodeId: address, onStatus };
      targets.push(await createIrohSpokeEventTarget(args));
    }
  }
  return targets;
}

const targets = await connectAll();
const received = targets.map(() => 0);
let outOfOrder = 0;
let marked = 0;
targets.forEach((target, i) => {
  target.addEventListener("tick", ({ detail: { payload } }) => {
    const { number } = payload as { number: number };
    if (number !== received[i]!++) outOfOrder++;
  });
  target.addEventListener("mark", ({ detail: { payload } }) => {
    if (++marked % count > 0) return;
    targets[0]!.dispatchEvent(createEvent("done", "", payload));
  });
});
await Promise.all(targets.map((target) => target.flush()));

say({ ready: true });
await answer({
  look() {
    const [least, most] = [Math.min(...received), Math.max(...received)];
    return { least, most, outOfOrder, statuses };
  },
});
