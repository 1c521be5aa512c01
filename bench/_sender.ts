/**
 * The sending end of `spoke_to_hub`, a process that takes the binding, the
 * address of the hub and that of the bare endpoint as its arguments. The time of
 * a run is from the first message to the peer's word that it has worked off the
 * last one.
 */

import { createPubSub } from "../mod.ts";
import {
  createIrohSpokeEventTarget,
  type IrohEndpoint,
} from "../iroh_spoke.ts";
import { bindings } from "../tests/_iroh.ts";
import {
  batchesOf,
  LARGE,
  openStream,
  PER_FRAME,
  sendAll,
  sizeOf,
} from "./_control.ts";
import { type Message, type MessageEvent, messageEvent } from "./_events.ts";
import { questions, say } from "./_process.ts";
import { RAW_ALPN, rawOf } from "./_raw.ts";
import { rate } from "./_turns.ts";

/** What is asked: `n` messages in one of these ways. */
export interface Run {
  readonly how: "library" | "per frame" | "coalesced";
  readonly n: number;
}

/** After so many, the sender asks whether they have arrived. */
const BARRIER = 500;
const COALESCED = 1500;

const [name = "", hub = "", bare = ""] = Deno.args;
const raw = rawOf(name);
const binding = bindings.find((binding) => binding.name === name)!;
await using spokeEnd = await binding.createEndpoint();
await using rawEnd = await binding.createEndpoint({ alpns: [RAW_ALPN] });
await using spoke = await createIrohSpokeEventTarget<MessageEvent>({
  endpoint: spokeEnd.endpoint as IrohEndpoint,
  hubNodeId: hub,
});
const pubsub = createPubSub<{ "message.sent": Message }>({
  eventTarget: spoke,
});
const connection = await raw.connect(rawEnd.endpoint, bare);

// Made, and for the bare binding encoded, before the clock starts.
const details = Array.from(
  { length: 10_000 },
  (_, i) => messageEvent(i).detail,
);
const ways: Record<Run["how"], (n: number) => Promise<number>> = {
  library: (n) =>
    rate(n, async () => {
      let before = Promise.resolve();
      for (let i = 0; i < n; i++) {
        const { id, payload } = details[i % details.length]!;
        pubsub.publish("message.sent", id, payload);
        if (i % BARRIER !== BARRIER - 1) continue;
        const flushed = spoke.flush();
        await before;
        before = flushed;
      }
      await spoke.flush();
    }),
  async "per frame"(n) {
    const frames = batchesOf(n, 1);
    const stream = await openStream(raw, connection, PER_FRAME, BARRIER);
    return await rate(n, () => sendAll(raw, stream, frames, BARRIER));
  },
  async coalesced(n) {
    const batches = batchesOf(n, COALESCED);
    const stream = await openStream(raw, connection, LARGE, sizeOf(batches));
    return await rate(n, () => sendAll(raw, stream, batches));
  },
};

say("ready");
for await (const { how, n } of questions<Run>()) say(await ways[how](n));
raw.close(connection, 1000, "");
