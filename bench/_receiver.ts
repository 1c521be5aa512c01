/**
 * The receiving end of `ratios.ts`: a hub of this library on one endpoint, the
 * bare binding on another. As a process of its own it takes the binding as its
 * argument.
 */

import { createIrohHubEventTarget, type IrohEndpoint } from "../iroh_hub.ts";
import { bindings } from "../tests/_iroh.ts";
import { serve } from "./_control.ts";
import type { MessageEvent } from "./_events.ts";
import { questions, say } from "./_process.ts";
import { RAW_ALPN, rawOf } from "./_raw.ts";

/** How many events came, and a sum that only reading them gives. */
export interface Counts {
  events: number;
  characters: number;
}

/** The receiving end, ready to be dialled. */
export async function startReceiver(name: string) {
  const raw = rawOf(name);
  const binding = bindings.find((binding) => binding.name === name)!;
  const hubEnd = await binding.createEndpoint();
  const rawEnd = await binding.createEndpoint({ alpns: [RAW_ALPN] });
  const counts: Counts = { events: 0, characters: 0 };
  const hub = await createIrohHubEventTarget<MessageEvent>({
    endpoint: hubEnd.endpoint as IrohEndpoint,
    onError: ({ error }) => console.error(error),
  });
  hub.addEventListener("message.sent", ({ detail }) => {
    counts.events++;
    counts.characters += detail.payload.text.length;
  });
  void raw.accept(rawEnd.endpoint).then((one) => serve(raw, one));
  return {
    addresses: { hub: hubEnd.address, raw: rawEnd.address },
    counts,
    async [Symbol.asyncDispose]() {
      await hub.close();
      await Promise.all([hubEnd.close(), rawEnd.close()]);
    },
  };
}

if (import.meta.main) {
  await using receiver = await startReceiver(Deno.args[0] ?? "");
  say(receiver.addresses);
  for await (const question of questions<"counts">()) {
    if (question === "counts") say(receiver.counts);
  }
}
