/**
 * The receiving end of a `Pair`, a process that takes the binding as its argument:
 * a hub of this library on one endpoint, the bare binding on another.
 */

import { createIrohHubEventTarget, type IrohEndpoint } from "../iroh_hub.ts";
import { bindings } from "../tests/_iroh.ts";
import { serve } from "./_control.ts";
import { type MessageEvent, messageEvent } from "./_events.ts";
import { questions, say } from "./_process.ts";
import { RAW_ALPN, rawOf } from "./_raw.ts";
import { rate } from "./_turns.ts";

/** What is asked: how many events came, or how fast the texts of `n` are parsed. */
export type Question = "count" | { readonly parse: number };

const [name = ""] = Deno.args;
const raw = rawOf(name);
const binding = bindings.find((binding) => binding.name === name)!;
await using hubEnd = await binding.createEndpoint({
  alpns: ["alkpubsub/1", "alkpubsub/1+deflate"],
});
await using rawEnd = await binding.createEndpoint({ alpns: [RAW_ALPN] });
await using hub = await createIrohHubEventTarget<MessageEvent>({
  endpoint: hubEnd.endpoint as IrohEndpoint,
  compression: "deflate", // Spokes without it are served as by any other hub.
  onError: ({ error }) => console.error(error),
});
let count = 0;
hub.addEventListener("message.sent", ({ detail }) => {
  if (detail.payload.text !== "") count++;
});
void raw.accept(rawEnd.endpoint).then((one) => serve(raw, one));

const texts = Array.from(
  { length: 10_000 },
  (_, i) => JSON.stringify(messageEvent(i).detail),
);
/** All that a receiver cannot do without. */
function parse(n: number): void {
  let parsed = 0;
  for (let i = 0; i < n; i++) {
    const { id } = JSON.parse(texts[i % texts.length]!);
    if (id !== "") parsed++;
  }
  if (parsed !== n) throw new Error(`${parsed} of ${n} texts were parsed`);
}

say({ hub: hubEnd.address, raw: rawEnd.address });
for await (const question of questions<Question>()) {
  if (question === "count") say(count);
  else say(await rate(question.parse, () => parse(question.parse)));
}
