// A spoke in a process of its own, which answers each event "asked" by one
// "answered". Arguments: the name of its transport, the hub's address, options.

import { createEvent } from "../../mod.ts";
import { answer, say } from "../_line_process.ts";
import { transportNamed } from "./_transport.ts";

const { transport, address, options } = JSON.parse(Deno.args[0]!);
const spoke = await transportNamed(transport).ends().spoke(address, {
  ...options,
  onStatus: ({ type }) => say({ [type]: true }),
});
spoke.addEventListener("asked", ({ detail: { payload } }) => {
  spoke.dispatchEvent(createEvent("answered", "", payload));
});
await spoke.flush();
say({ serving: spoke.id });
await answer({});
