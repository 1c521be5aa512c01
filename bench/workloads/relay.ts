// Small messages from one client to another, through a server.

import { ENVELOPE_BYTES } from "../_events.ts";
import { measureRelays, RELAY_METHOD, relayCounts } from "../_relay.ts";
import type { Workload } from "../_result.ts";

const IROH = "@alkdev/pubsub, iroh (@rayhanadev)";
const WEB_SOCKET = "@alkdev/pubsub, WebSocket";
const RAW = "raw binding (@rayhanadev)";

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
      counts: relayCounts(plan),
    });
    const compare = (
      ours: string,
      theirs: string,
      bar?: { atLeast: number },
    ) =>
      result.compare(
        `${ours} vs ${theirs}`,
        { name: ours },
        { name: theirs },
        bar,
      );
    compare(IROH, "NATS", { atLeast: 1.5 });
    compare(IROH, "Socket.IO", { atLeast: 6 });
    compare(WEB_SOCKET, "Socket.IO", { atLeast: 2 });
    compare(WEB_SOCKET, "ws");
    compare("ws", "Socket.IO");
    compare(IROH, RAW);
    compare(RAW, "NATS");
  },
};
