// A hub for the storm, to be killed: notes when each client arrives. Its
// argument is its port; it answers each line with what it knows.

import { createEvent } from "../../mod.ts";
import { createWebSocketServerEventTarget } from "../../websocket_server.ts";
import { valuesOf } from "./_net_lines.ts";

/** What the hub says. */
export interface HubLine {
  readonly ready?: true;
  readonly report?: {
    /** The topics of each connection. */
    readonly topics: readonly (readonly string[])[];
    /** Milliseconds, on the machine's clock, at which clients arrived. */
    readonly arrivals: readonly number[];
    /** When it began to serve, on the same clock. */
    readonly servedFrom: number;
  };
}

/** What the hub can be told: to report, or to send an event to everybody. */
export type HubCommand = "report" | "send";

const say = (line: HubLine) => console.log(JSON.stringify(line));
const now = () => performance.timeOrigin + performance.now();

if (import.meta.main) {
  const arrivals: number[] = [];
  let servedFrom = 0;
  const hub = createWebSocketServerEventTarget();
  const onListen = () => {
    servedFrom = now();
    say({ ready: true });
  };
  const port = Number(Deno.args[0]);
  Deno.serve({ hostname: "127.0.0.1", port, onListen }, (request) => {
    arrivals.push(now());
    const { socket, response } = Deno.upgradeWebSocket(request);
    hub.addConnection(socket);
    return response;
  });
  for await (const command of valuesOf<HubCommand>(Deno.stdin.readable)) {
    if (command === "send") hub.dispatchEvent(createEvent("all", "", null));
    const topics = Array.from(hub.connections, (one) => [...one.topics].sort());
    say({ report: { topics, arrivals, servedFrom } });
  }
  Deno.exit(); // Nobody is left to be served.
}
