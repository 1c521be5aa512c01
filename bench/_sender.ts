/**
 * The sending end of `ratios.ts`. Every run takes the time from the first
 * message to the peer's word that it has worked off the last one. As a process
 * of its own it takes the binding and the addresses of the hub and of the bare
 * endpoint as its arguments.
 */

import {
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

/** The sending end, connected. */
export async function startSender(
  name: string,
  addresses: { hub: string; raw: string },
) {
  const raw = rawOf(name);
  const binding = bindings.find((binding) => binding.name === name)!;
  const spokeEnd = await binding.createEndpoint();
  const rawEnd = await binding.createEndpoint({ alpns: [RAW_ALPN] });
  const spoke = await createIrohSpokeEventTarget<MessageEvent>({
    endpoint: spokeEnd.endpoint as IrohEndpoint,
    hubNodeId: addresses.hub,
  });
  const connection = await raw.connect(rawEnd.endpoint, addresses.raw);
  const ways = {
    library: (n: number) => seconds(() => pipelined(spoke, n)),
    "library, stop and wait": (n: number) =>
      seconds(() => stopAndWait(spoke, n)),
    // Encoded before the clock starts: the control carries, and does no more.
    async "per frame"(n: number) {
      const frames = batchesOf(n, 1);
      const stream = await openStream(raw, connection, PER_FRAME, n);
      return await seconds(() => sendAll(raw, stream, frames));
    },
    async coalesced(n: number) {
      const batches = batchesOf(n, COALESCED);
      const size = sizeOf(batches);
      const stream = await openStream(raw, connection, LARGE, size);
      return await seconds(() => sendAll(raw, stream, batches));
    },
  };
  return {
    /** Messages per second. */
    rate: async ({ how, n }: Run) => n / await ways[how](n),
    async [Symbol.asyncDispose]() {
      await spoke.close();
      raw.close(connection, 1000, "");
      await Promise.all([spokeEnd.close(), rawEnd.close()]);
    },
  };
}

type Spoke = IrohSpokeEventTarget<MessageEvent>;

/** Sends on while the hub works off the window before. */
async function pipelined(spoke: Spoke, n: number): Promise<void> {
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
async function stopAndWait(spoke: Spoke, n: number): Promise<void> {
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

if (import.meta.main) {
  const [name = "", hub = "", raw = ""] = Deno.args;
  await using sender = await startSender(name, { hub, raw });
  say("ready");
  for await (const run of questions<Run>()) say(await sender.rate(run));
}
