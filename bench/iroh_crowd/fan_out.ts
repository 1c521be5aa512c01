/**
 * A hub and a bare endpoint that send events to all their streams, which are read
 * in a process of their own. Arguments: the binding, how many streams of each.
 */

import { encodeFrame } from "../../framing.ts";
import { createIrohHubEventTarget, type IrohEndpoint } from "../../iroh_hub.ts";
import { bindings } from "../../tests/_iroh.ts";
import { type MessageEvent, messageEvent } from "../_events.ts";
import { Peer, questions, say } from "../_process.ts";
import { RAW_ALPN, rawOf, type RawStream } from "../_raw.ts";
import { inTurns, median } from "../_turns.ts";
import type { Expected } from "./readers.ts";

/** What is asked: so many bursts, of so many events each, both ways. */
export interface Bursts {
  bursts: number;
  events: number;
}

/** What a burst took until all had received it, in milliseconds: medians. */
export type Took = Record<Expected["of"], number>;

const [name = "", count = ""] = Deno.args;
const streamCount = Number(count);
const raw = rawOf(name);
const binding = bindings.find((binding) => binding.name === name)!;
await using hubEnd = await binding.createEndpoint();
await using bareEnd = await binding.createEndpoint({ alpns: [RAW_ALPN] });

let subscribed = 0;
let onSubscribed = () => {};
const allSubscribed = new Promise<void>((resolve) => onSubscribed = resolve);
await using hub = await createIrohHubEventTarget<MessageEvent>({
  endpoint: hubEnd.endpoint as IrohEndpoint,
  pingInterval: 0, // The readers would not answer.
  authorizeSubscribe() {
    if (++subscribed === streamCount) setTimeout(onSubscribed);
    return true;
  },
});

const streams: RawStream[] = [];
async function acceptAll(): Promise<void> {
  for (let i = 0; i < streamCount; i++) {
    const connection = await raw.accept(bareEnd.endpoint);
    const stream = await connection.acceptBi();
    await stream.recv.readExact(1);
    streams.push(stream);
  }
}
const accepted = acceptAll();

await using readers = new Peer("./iroh_crowd/readers.ts", [
  name,
  hubEnd.address,
  bareEnd.address,
  count,
]);
await readers.next();
await Promise.all([accepted, allSubscribed]);

const ways = {
  hub(events: readonly MessageEvent[]) {
    for (const event of events) hub.dispatchEvent(event);
  },
  async loop(events: readonly MessageEvent[]) {
    for (const { detail } of events) {
      const frame = raw.bytes(encodeFrame(detail));
      await Promise.all(streams.map(({ send }) => send.writeAll(frame)));
    }
  },
};
const FRAME_BYTES = encodeFrame(messageEvent(0).detail).length;
const expected = { hub: 0, loop: 0 };
let sent = 0;

/** Sends some events and waits until all have them: nobody is to be behind. */
async function burst(way: Expected["of"], n: number): Promise<number> {
  const events = Array.from({ length: n }, () => messageEvent(sent++));
  expected[way] += FRAME_BYTES * n * streamCount;
  const start = performance.now();
  const sending = ways[way](events);
  const question: Expected = { of: way, bytes: expected[way] };
  const came = await readers.ask<number>(question);
  const took = performance.now() - start;
  await sending;
  if (came !== expected[way]) {
    throw new Error(`${came} of ${expected[way]} bytes came`);
  }
  return took;
}

say("ready");
for await (const { bursts, events } of questions<Bursts>()) {
  // In turns, burst by burst: the machine is not the same for long.
  const took = await inTurns({ rounds: bursts, warmUps: 0 }, {
    hub: () => burst("hub", events),
    loop: () => burst("loop", events),
  });
  const answer: Took = { hub: median(took.hub), loop: median(took.loop) };
  say(answer);
}
