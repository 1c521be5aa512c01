// What a consumer writes in TypeScript, and what its compiler has to refuse. It
// is compiled against the package, and never run.

import {
  type ClosableEventTarget,
  createEvent,
  createInProcessEventTarget,
  createPubSub,
  type EventsOf,
  type Subscription,
  type TypedEventTarget,
} from "@alkdev/pubsub";
import { bridge } from "@alkdev/pubsub/bridge";
import type { IrohHubEventTargetArgs } from "@alkdev/pubsub/event-target-iroh-hub";
import { createIrohSpokeEventTarget } from "@alkdev/pubsub/event-target-iroh-spoke";
import { createNatsEventTarget } from "@alkdev/pubsub/event-target-nats";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import {
  createWebSocketClientEventTarget,
  type SpokeStatus,
} from "@alkdev/pubsub/event-target-websocket-client";
import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
import { createWorkerThreadEventTarget } from "@alkdev/pubsub/event-target-worker";
import {
  type FrameDecoder,
  LengthPrefixDecoderStream,
} from "@alkdev/pubsub/framing";

type Payloads = {
  "message.sent": { text: string };
  "job.done": { took: number };
};
type Events = EventsOf<Payloads>;

const pubsub = createPubSub<Payloads>();
pubsub.publish("message.sent", "room-1", { text: "hello" });
// @ts-expect-error a payload of another type
pubsub.publish("message.sent", "room-1", { took: 1 });
// @ts-expect-error no such type
pubsub.publish("message.lost", "room-1", { text: "hello" });
// @ts-expect-error no such option
pubsub.subscribe("job.done", "", { buffer: 1 });

/** Ends with its scope. */
export async function firstText(): Promise<string> {
  await using messages = pubsub.subscribe("message.sent");
  for await (const { payload } of messages) return payload.text;
  const typed: Subscription<{ type: "message.sent" }> = messages;
  return typed.dropped.toFixed();
}

export const local: ClosableEventTarget<Events> = createInProcessEventTarget<
  Events
>();
local.addEventListener("job.done:7", ({ detail }) => {
  const took: number = detail.payload.took;
  // @ts-expect-error of another type
  const text: string = detail.payload.text;
  return [took, text];
}, { once: true, signal: new AbortController().signal });

/** A hub and a client, and what a spoke tells. */
export async function overWebSocket(url: string): Promise<SpokeStatus["type"]> {
  const hub = createWebSocketServerEventTarget<Events>({ relay: true });
  const client = await createWebSocketClientEventTarget<Events>(url, {
    reconnect: { maxDelay: 1_000 },
  });
  client.dispatchEvent(createEvent("job.done", "7", { took: 1 }));
  // @ts-expect-error a payload of another type
  client.dispatchEvent(createEvent("job.done", "7", { took: "1" }));
  const all: TypedEventTarget<Events>[] = [hub, client];
  await Promise.all([hub.close(), client.close()]);
  return all.length === 2 && client.state === "open" ? "open" : "closed";
}

/** Bytes of a server, as frames. */
export function framesOf(
  bytes: ReadableStream<Uint8Array>,
): ReadableStream<Uint8Array> {
  return bytes.pipeThrough(new LengthPrefixDecoderStream());
}

export const factories = [
  bridge,
  createIrohSpokeEventTarget,
  createNatsEventTarget,
  createRedisEventTarget,
  createWorkerThreadEventTarget,
];
export type { FrameDecoder, IrohHubEventTargetArgs };
