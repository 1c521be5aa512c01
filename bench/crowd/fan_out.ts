/**
 * A server that sends events to all its clients, which are in a process of their
 * own. Arguments: the server, how many clients.
 */

import { questions, say } from "../_process.ts";
import { inTurns, median } from "../_turns.ts";
import { Clients } from "./_clients.ts";
import type { Bursts, Took } from "./_fan_out.ts";
import {
  FAN_OUT_ROOM,
  fanOutEvent,
  serve,
  type ServerName,
  servers,
  type Way,
} from "./_server.ts";

const [name = "", count = ""] = Deno.args;
const protocol = servers[name as ServerName];
const { port, ways } = await serve(name as ServerName);
await using clients = new Clients(protocol, port);
const connected = await clients.connect(Number(count));
if (protocol !== "bare") {
  const room = { from: 0, subscribe: 1, first: FAN_OUT_ROOM, own: false };
  await clients.subscribe(room);
}
let sent = 0;
let expected = 0;
const names = Object.keys(ways);
say("ready");
for await (const { bursts, events } of questions<Bursts>()) {
  // In turns, burst by burst: the machine is not the same for long.
  const took = await inTurns(
    { rounds: bursts, warmUps: 0 },
    Object.fromEntries(
      names.map((name) => [name, () => burst(ways[name]!, events)]),
    ),
  );
  say(Object.fromEntries(names.map((name) => [name, medians(took[name]!)])));
}
Deno.exit();

/** Sends some events and waits until all have them: nobody is to be behind. */
async function burst({ bytes, send }: Way, count: number): Promise<Took> {
  const events = Array.from({ length: count }, () => fanOutEvent(sent++));
  expected += bytes * count * connected;
  const start = performance.now();
  for (const event of events) send(event);
  const sending = performance.now() - start;
  await clients.receive(expected);
  return { sending, delivering: performance.now() - start };
}

function medians(all: Took[]): Took {
  return {
    sending: median(all.map(({ sending }) => sending)),
    delivering: median(all.map(({ delivering }) => delivering)),
  };
}
