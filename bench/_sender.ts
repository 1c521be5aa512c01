/**
 * The sending end of a `Pair`, a process that takes the binding, the
 * address of the hub and that of the bare endpoint as its arguments. The time of
 * a run is from the first message to the peer's word that it has worked off the
 * last one.
 */

import { createPubSub } from "../mod.ts";
import {
  type CompressionOptions,
  createIrohSpokeEventTarget,
  type IrohEndpoint,
  type IrohSpokeEventTarget,
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
import {
  type Message,
  type MessageEvent,
  messageEvent,
  variedEvents,
} from "./_events.ts";
import { questions, say } from "./_process.ts";
import { RAW_ALPN, rawOf } from "./_raw.ts";
import { rate } from "./_turns.ts";

/** What is asked: `n` messages in one of these ways. */
export interface Run {
  readonly how: "library" | "deflate" | "per frame" | "coalesced";
  readonly n: number;
  /** What this library sends: others send those that are alike. */
  readonly events?: keyof typeof details;
}

/** After so many, the sender asks whether they have arrived. */
const BARRIER = 500;
const COALESCED = 1500;

const [name = "", hub = "", bare = ""] = Deno.args;
const raw = rawOf(name);
const binding = bindings.find((binding) => binding.name === name)!;
await using spokeEnd = await binding.createEndpoint();
await using spokes = new AsyncDisposableStack();
await using rawEnd = await binding.createEndpoint({ alpns: [RAW_ALPN] });
const connection = await raw.connect(rawEnd.endpoint, bare);

const spoke = await connect({});
let deflating: IrohSpokeEventTarget<MessageEvent> | undefined;

// Made, and for the bare binding encoded, before the clock starts.
const details = {
  alike: Array.from({ length: 10_000 }, (_, i) => messageEvent(i).detail),
  varied: variedEvents(10_000).map(({ detail }) => detail),
};
const ways: Record<Run["how"], (run: Run) => Promise<number>> = {
  library: (run) => publish(spoke, run),
  // Connected when it is measured, so that nothing else has it beside it.
  deflate: async (run) =>
    publish(deflating ??= await connect({ compression: "deflate" }), run),
  async "per frame"({ n }) {
    const frames = batchesOf(n, 1);
    const stream = await openStream(raw, connection, PER_FRAME, BARRIER);
    return await rate(n, () => sendAll(raw, stream, frames, BARRIER));
  },
  async coalesced({ n }) {
    const batches = batchesOf(n, COALESCED);
    const stream = await openStream(raw, connection, LARGE, sizeOf(batches));
    return await rate(n, () => sendAll(raw, stream, batches));
  },
};

say("ready");
for await (const run of questions<Run>()) say(await ways[run.how](run));
raw.close(connection, 1000, "");

async function connect(
  options: CompressionOptions,
): Promise<IrohSpokeEventTarget<MessageEvent>> {
  const spoke = spokes.use(
    await createIrohSpokeEventTarget<MessageEvent>({
      ...options,
      endpoint: spokeEnd.endpoint as IrohEndpoint,
      hubNodeId: hub,
    }),
  );
  if (options.compression && !spoke.alpn.endsWith("+deflate")) {
    throw new Error(`The hub speaks ${spoke.alpn}`);
  }
  return spoke;
}

function publish(
  spoke: IrohSpokeEventTarget<MessageEvent>,
  { n, events = "alike" }: Run,
): Promise<number> {
  const all = details[events];
  const pubsub = createPubSub<{ "message.sent": Message }>({
    eventTarget: spoke,
  });
  return rate(n, async () => {
    let before = Promise.resolve();
    for (let i = 0; i < n; i++) {
      const { id, payload } = all[i % all.length]!;
      pubsub.publish("message.sent", id, payload);
      if (i % BARRIER !== BARRIER - 1) continue;
      const flushed = spoke.flush();
      await before;
      before = flushed;
    }
    await spoke.flush();
  });
}
