/**
 * A client with many subscriptions, whose memory is measured. Arguments: `pubsub`
 * or `nats`, the port of the server. Asked for a number, it subscribes to so many
 * topics more, and says the bytes of its heap.
 */

import { createWebSocketClientEventTarget } from "../../websocket_client.ts";
import type { MessageEvent } from "../_events.ts";
import { questions, say } from "../_process.ts";
import { roomTopic } from "./_clients.ts";
import { heapBytes } from "./_heap.ts";

const [name = "", port = ""] = Deno.args;
const listener = () => {};
const client = name === "nats" ? await nats() : await pubsub();
say({ pid: Deno.pid });
let next = 1_000_000;
for await (const count of questions<number>()) {
  for (const end = next + count; next < end; next++) {
    client.subscribe(roomTopic(next));
  }
  await client.flush();
  say(await heapBytes());
}
Deno.exit();

async function pubsub() {
  const spoke = await createWebSocketClientEventTarget<MessageEvent>(
    `ws://127.0.0.1:${port}`,
  );
  return {
    subscribe: (topic: string) =>
      spoke.addEventListener(topic as `message.sent:${string}`, listener),
    flush: () => spoke.flush(),
  };
}

async function nats() {
  const { connect } = await import("@nats-io/transport-node");
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  return {
    subscribe: (topic: string) =>
      void connection.subscribe(topic, { callback: listener }),
    flush: () => connection.flush(),
  };
}
