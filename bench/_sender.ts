/**
 * The sending process of `ratios.ts`. Arguments: the binding, the address of
 * the hub, that of the bare endpoint. Every run takes the time from the first
 * message to the peer's word that it has worked off the last one.
 */

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
import { type MessageEvent, messageEvent } from "./_events.ts";
import { questions, say } from "./_process.ts";
import { RAW_ALPN, rawOf } from "./_raw.ts";

/** What is asked: `n` messages in one of these ways. */
export interface Run {
  how: "library" | "library, stop and wait" | "per frame" | "coalesced";
  n: number;
}

const BATCH = 500;
const WINDOW_BYTES = 256 * 1024;
const COALESCED = 1500;

const [name = "", hubAddress = "", rawAddress = ""] = Deno.args;
const raw = rawOf(name);
const binding = bindings.find((binding) => binding.name === name)!;
await using spokeEnd = await binding.createEndpoint();
await using rawEnd = await binding.createEndpoint({ alpns: [RAW_ALPN] });

const spoke = await createIrohSpokeEventTarget<MessageEvent>({
  endpoint: spokeEnd.endpoint as IrohEndpoint,
  hubNodeId: hubAddress,
});
const connection = await raw.connect(rawEnd.endpoint, rawAddress);

say("ready");
for await (const { how, n } of questions<Run>()) {
  say(await rateOf(how, n));
}
await spoke.close();
raw.close(connection, 1000, "");

/** Messages per second. */
async function rateOf(how: Run["how"], n: number): Promise<number> {
  if (how === "library") return n / await seconds(() => pipelined(n));
  if (how === "library, stop and wait") {
    return n / await seconds(() => stopAndWait(n));
  }
  // Encoded before the clock starts: the control carries, and does no more.
  const batches = batchesOf(n, how === "per frame" ? 1 : COALESCED);
  const stream = how === "per frame"
    ? await openStream(raw, connection, PER_FRAME, n)
    : await openStream(raw, connection, LARGE, sizeOf(batches));
  return n / await seconds(() => sendAll(raw, stream, batches));
}

/** Sends on while the hub works off the window before. */
async function pipelined(n: number): Promise<void> {
  let flushed = Promise.resolve();
  for (let i = 0; i < n; i++) {
    spoke.dispatchEvent(messageEvent(i));
    if (i % BATCH !== BATCH - 1) continue;
    await Promise.resolve(); // The outbox writes what waits.
    if (spoke.bufferedBytes > WINDOW_BYTES) {
      await flushed;
      flushed = spoke.flush();
    }
  }
  await spoke.flush();
}

/** Waits for the hub whenever a window is full. */
async function stopAndWait(n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    spoke.dispatchEvent(messageEvent(i));
    if (i % BATCH === BATCH - 1 && spoke.bufferedBytes > WINDOW_BYTES) {
      await spoke.flush();
    }
  }
  await spoke.flush();
}

async function seconds(run: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}
