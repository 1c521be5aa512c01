// A spoke in a process of its own, to be stopped. Arguments: binding, address
// of the hub. Prints a line when it is open.

import { createIrohSpokeEventTarget } from "../iroh_spoke.ts";
import { bindings } from "./_iroh.ts";

const [name, hubNodeId = ""] = Deno.args;
const on = await bindings.find((one) => one.name === name)!.createEndpoint();
const spoke = await createIrohSpokeEventTarget({
  endpoint: on.endpoint,
  hubNodeId,
});
console.log(JSON.stringify({ state: spoke.state }));
