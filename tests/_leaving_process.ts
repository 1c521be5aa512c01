// A hub and a spoke in one process that ends by itself: nothing may hold it, and
// no rejection may go unhandled. Argument: binding.

import { createEvent } from "../mod.ts";
import { createIrohHubEventTarget } from "../iroh_hub.ts";
import { createIrohSpokeEventTarget } from "../iroh_spoke.ts";
import { bindings } from "./_iroh.ts";

const binding = bindings.find(({ name }) => name === Deno.args[0])!;
const [at, on] = [
  await binding.createEndpoint(),
  await binding.createEndpoint(),
];
const hub = await createIrohHubEventTarget({ endpoint: at.endpoint });
const spoke = await createIrohSpokeEventTarget({
  endpoint: on.endpoint,
  hubNodeId: at.address,
});
hub.addEventListener("last.words", ({ detail }) => console.log(detail.payload));
spoke.dispatchEvent(createEvent("last.words", "", "goodbye"));
const stranger = createIrohSpokeEventTarget({
  endpoint: on.endpoint,
  hubNodeId: at.address,
  alpn: "other/1",
  waitOnFirstConnect: true,
  signal: AbortSignal.timeout(20),
});
await stranger.catch(() => {});
if (Deno.args[1] === "hub first") await hub.close();
await spoke.close();
await hub.close();
await Promise.all([at.close(), on.close()]);
