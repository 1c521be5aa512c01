// A spoke that asks for an event and says so when it has come. Arguments: the
// module of the binding, the hub's address.

import { createEvent } from "../../mod.ts";
import {
  createIrohSpokeEventTarget,
  type IrohEndpoint,
} from "../../iroh_spoke.ts";
import { isNumber0, number0Endpoint, rayhanadevEndpoint } from "./_binding.ts";

const [module = "", hubNodeId = ""] = Deno.args;
const endpoint = isNumber0(module)
  ? (await number0Endpoint(module)).endpoint
  : await rayhanadevEndpoint(module);
const spoke = await createIrohSpokeEventTarget({
  endpoint: endpoint as IrohEndpoint,
  hubNodeId,
});
spoke.addEventListener("first.event", ({ detail }) => {
  console.log(detail.type);
  Deno.exit();
});
spoke.dispatchEvent(createEvent("hello", "", null));
