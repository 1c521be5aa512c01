/**
 * The sending end of the fan-out in `ratios.ts`: sockets of `Deno.serve`, one
 * half in a bare set, the other half subscribed to one topic of a hub, and for
 * each half a process that reads. Argument: how many sockets get each event.
 */

import { createWebSocketServerEventTarget } from "../websocket_server.ts";
import { type MessageEvent, messageEvent } from "./_events.ts";
import { Peer, questions, say } from "./_process.ts";
import { median } from "./_turns.ts";

/** What one event took, in milliseconds. */
export interface Took {
  /** Until it had been handed to every socket. */
  sending: number;
  /** Until it had been received by all. */
  delivering: number;
}

/** What is said of a round: the medians over its events. */
export type Round = Record<"hub" | "loop", Took>;

const sockets = Number(Deno.args[0]);
const HOWS = ["hub", "loop"] as const;
const TOPIC = "message.sent";
/** A text frame of 126 to 65535 bytes has so much before it (RFC 6455, 5.2). */
const HEAD_BYTES = 4;
const eventBytes = (event: MessageEvent) =>
  sockets * (HEAD_BYTES + JSON.stringify(event.detail).length);

let subscribed = 0;
const hub = createWebSocketServerEventTarget<MessageEvent>({
  pingInterval: 0, // The readers would not answer.
  authorizeSubscribe: () => ++subscribed > 0,
});
const bare = new Set<WebSocket>();
const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, {
      idleTimeout: 0, // As above.
    });
    if (new URL(request.url).pathname === "/hub") hub.addConnection(socket);
    else socket.addEventListener("open", () => bare.add(socket));
    return response;
  },
);

function readers(path: string, first = ""): Peer {
  const { port } = server.addr;
  const args = [String(port), path, String(sockets), first];
  return new Peer("./_fan_out_readers.ts", args);
}

const ways = {
  loop: {
    readers: readers("/loop"),
    expected: 0,
    send(event: MessageEvent) {
      const text = JSON.stringify(event.detail);
      for (const socket of bare) socket.send(text);
    },
  },
  hub: {
    readers: readers(
      "/hub",
      `{"type":"__subscribe","id":"","payload":{"topic":"${TOPIC}"}}`,
    ),
    expected: 0,
    send(event: MessageEvent) {
      hub.dispatchEvent(event);
    },
  },
};
for (const { readers } of Object.values(ways)) await readers.next();
while (bare.size < sockets || subscribed < sockets) {
  await new Promise((resolve) => setTimeout(resolve, 5));
}
say("ready");

let sent = 0;
for await (const events of questions<number>()) {
  const took: Record<keyof Round, Took[]> = { hub: [], loop: [] };
  for (let i = 0; i < events; i++) {
    const event = messageEvent(sent++);
    // In turns, event by event: the machine is not the same for long.
    for (const how of i % 2 === 0 ? HOWS : HOWS.toReversed()) {
      took[how].push(await fanOut(ways[how], event));
    }
  }
  say({ hub: medians(took.hub), loop: medians(took.loop) } satisfies Round);
}
for (const { readers } of Object.values(ways)) {
  await readers[Symbol.asyncDispose]();
}
await hub.close();
await server.shutdown();

/** Sends one event and waits until all have it: nobody is to be behind. */
async function fanOut(
  way: (typeof ways)[keyof Round],
  event: MessageEvent,
): Promise<Took> {
  way.expected += eventBytes(event);
  const start = performance.now();
  way.send(event);
  const sending = performance.now() - start;
  const came = await way.readers.ask<number>(way.expected);
  const delivering = performance.now() - start;
  if (came !== way.expected) {
    throw new Error(`${came} of ${way.expected} bytes came`);
  }
  return { sending, delivering };
}

function medians(all: Took[]): Took {
  return {
    sending: median(all.map(({ sending }) => sending)),
    delivering: median(all.map(({ delivering }) => delivering)),
  };
}
