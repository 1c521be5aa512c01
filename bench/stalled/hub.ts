/**
 * A hub whose spokes never read, and what it costs at its worst. Arguments: the
 * binding, how many spokes, the topic they subscribe.
 */

import {
  createIrohHubEventTarget,
  type HubConnection,
  type IrohEndpoint,
} from "../../iroh_hub.ts";
import { DEFAULT_MAX_FRAME_BYTES, FrameEncoder } from "../../framing.ts";
import { bindings } from "../../tests/_iroh.ts";
import { type MessageEvent, messageEvent } from "../_events.ts";
import { say } from "../_process.ts";

/** What is said at the end; bytes, per connection. */
export interface MemoryReport {
  limit: number;
  /** The longest frame there may be. */
  maxFrameBytes: number;
  /** `bufferedBytes` when `onBackpressure` told of it. */
  buffered: number;
  /** What QUIC took off our hands. */
  window: number;
  /** Buffers and the JavaScript heap, after a collection. */
  held: number;
  /** The process, everything included. */
  rss: number;
  overflows: number;
  seconds: number;
}

const STEP_BYTES = 32 * 1024;
const LIMIT = 1024 * 1024;
const gc = (globalThis as { gc?: () => void }).gc!;

const [name = "", count = "", topic = ""] = Deno.args;
const spokes = Number(count);
const binding = bindings.find((binding) => binding.name === name)!;
await using end = await binding.createEndpoint();

let overflows = 0;
let buffered = 0;
await using hub = await createIrohHubEventTarget<MessageEvent>({
  endpoint: end.endpoint as IrohEndpoint,
  backpressureLimit: LIMIT,
  pingInterval: 0, // They would not answer.
  onBackpressure(pressure) {
    overflows++;
    buffered = Math.max(buffered, pressure.bufferedBytes);
  },
});
say({ address: end.address });
const started = performance.now();
while (subscribed().length < spokes) await pause();

const frame = new FrameEncoder().add(messageEvent(0).detail) + 4;
// Once through all code, so that what it compiles to is not counted.
for (let i = 0; i < 200; i++) hub.dispatchEvent(messageEvent(i));
await settled();
const before = memory();
let sent = 200 * frame;
let window = 0;
let held = 0;
let rss = 0;
while (overflows < spokes) {
  for (let left = STEP_BYTES; left > 0; left -= frame) {
    hub.dispatchEvent(messageEvent(sent));
    sent += frame;
  }
  if (overflows > 0) continue; // The peak is behind: let the others go.
  await settled();
  const waiting = average(subscribed());
  window = sent - waiting;
  const now = memory();
  held = Math.max(held, (now.held - before.held) / spokes);
  rss = Math.max(rss, (now.rss - before.rss) / spokes);
}
const report: MemoryReport = {
  limit: LIMIT,
  maxFrameBytes: DEFAULT_MAX_FRAME_BYTES,
  buffered,
  window,
  held,
  rss,
  overflows,
  seconds: (performance.now() - started) / 1000,
};
say(report);

function subscribed(): HubConnection[] {
  return [...hub.connections].filter(({ topics }) => topics.has(topic));
}

function average(connections: HubConnection[]): number {
  return connections.reduce((sum, one) => sum + one.bufferedBytes, 0) /
    connections.length;
}

/** Waits until QUIC takes no more. */
async function settled(): Promise<void> {
  for (let last = NaN, calm = 0; calm < 3;) {
    await pause();
    const now = average(subscribed());
    calm = now === last ? calm + 1 : 0;
    last = now;
  }
}

function memory(): { held: number; rss: number } {
  gc();
  const { heapUsed, external, rss } = Deno.memoryUsage();
  return { held: heapUsed + external, rss };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
