// Small messages from one client to another, through a server.

import { ENVELOPE_BYTES } from "../_events.ts";
import { measureRelays, RELAY_METHOD } from "../_relay.ts";
import type { Workload } from "../_result.ts";

const ours = { name: "@alkdev/pubsub, iroh (@rayhanadev)" };
const oursOnWebSockets = { name: "@alkdev/pubsub, WebSocket" };

export const workload: Workload = {
  title: "Publisher to subscriber through a server, three processes",
  method:
    `Envelopes of ${ENVELOPE_BYTES} bytes as JSON, a barrier every 500. ${RELAY_METHOD}`,
  unit: "msg/s",
  better: "higher",
  async measure(result, plan) {
    await measureRelays(result, plan, {
      bytes: ENVELOPE_BYTES,
      perBarrier: 500,
      counts: {
        "iroh-rayhanadev": plan.some(100_000),
        "iroh-number0": plan.some(20_000),
        "websocket": plan.some(50_000),
        "nats": plan.some(100_000),
        "redis": plan.some(40_000),
        "socket-io": plan.some(20_000),
        "ws": plan.some(50_000),
        "raw-iroh": plan.some(150_000),
      },
    });
    const compare = (
      what: string,
      us: { name: string },
      name: string,
      bar?: { atLeast: number },
    ) => result.compare(what, us, { name }, bar);
    compare("iroh (@rayhanadev) vs NATS", ours, "NATS", { atLeast: 1.5 });
    compare("iroh (@rayhanadev) vs Socket.IO", ours, "Socket.IO", {
      atLeast: 6,
    });
    compare("WebSocket vs Socket.IO", oursOnWebSockets, "Socket.IO", {
      atLeast: 2,
    });
    compare("WebSocket vs ws", oursOnWebSockets, "ws");
    compare(
      "iroh (@rayhanadev) vs the raw binding",
      ours,
      "raw binding (@rayhanadev)",
    );
  },
};
