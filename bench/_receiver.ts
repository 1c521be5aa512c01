/**
 * The receiving process of `ratios.ts`: a hub of this library on one endpoint,
 * the bare binding on another. Argument: the binding.
 */

import { createIrohHubEventTarget, type IrohEndpoint } from "../iroh_hub.ts";
import { bindings } from "../tests/_iroh.ts";
import { serve } from "./_control.ts";
import type { MessageEvent } from "./_events.ts";
import { questions, say } from "./_process.ts";
import { RAW_ALPN, rawOf } from "./_raw.ts";

const [name = ""] = Deno.args;
const raw = rawOf(name);
const binding = bindings.find((binding) => binding.name === name)!;
await using hubEnd = await binding.createEndpoint();
await using rawEnd = await binding.createEndpoint({ alpns: [RAW_ALPN] });

let events = 0;
let characters = 0;
await using hub = await createIrohHubEventTarget<MessageEvent>({
  endpoint: hubEnd.endpoint as IrohEndpoint,
  onError: ({ error }) => console.error(error),
});
hub.addEventListener("message.sent", ({ detail }) => {
  events++;
  characters += detail.payload.text.length;
});
void raw.accept(rawEnd.endpoint).then((one) => serve(raw, one));

say({ hub: hubEnd.address, raw: rawEnd.address });
for await (const question of questions<"counts">()) {
  if (question === "counts") say({ events, characters });
}
