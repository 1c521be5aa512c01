// A hub for the storm, to be killed: notes when each client arrives. Its
// argument is its port.

import { createEvent } from "../../mod.ts";
import { createWebSocketServerEventTarget } from "../../websocket_server.ts";
import { answer, say } from "../_line_process.ts";

/** What the hub knows. */
export interface HubReport {
  /** The topics of each connection. */
  readonly topics: readonly (readonly string[])[];
  /** Milliseconds, on the machine's clock, at which clients arrived. */
  readonly arrivals: readonly number[];
  /** When it began to serve, on the same clock. */
  readonly servedFrom: number;
}

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
  await answer({
    /** Sends an event to everybody, and reports. */
    send(): HubReport {
      hub.dispatchEvent(createEvent("all", "", null));
      const topics = Array.from(
        hub.connections,
        (one) => [...one.topics].sort(),
      );
      return { topics, arrivals, servedFrom };
    },
  });
}
