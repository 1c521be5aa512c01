// Large messages from one client to another, through a server.

import { measureRelays, RELAY_METHOD } from "../_relay.ts";
import type { Workload } from "../_result.ts";

const MEBIBYTE = 1024 * 1024;

export const workload: Workload = {
  title: "Messages of 1 MiB through a server, three processes",
  method:
    `Envelopes of exactly 1 MiB (1 048 576 bytes) as JSON, the longest that this library and NATS take by default, so messages per second are MiB/s as well. A barrier every 4. ${RELAY_METHOD}`,
  unit: "msg/s",
  better: "higher",
  async measure(result, plan) {
    await measureRelays(result, plan, {
      bytes: MEBIBYTE,
      perBarrier: 4,
      counts: {
        "iroh-rayhanadev": plan.some(80),
        "iroh-number0": plan.some(4),
        "websocket": plan.some(80),
        "nats": plan.some(80),
        "redis": plan.some(80),
        "socket-io": plan.some(40),
        "ws": plan.some(80),
        "raw-iroh": plan.some(80),
      },
    });
    for (
      const [ours, theirs] of [
        ["@alkdev/pubsub, iroh (@rayhanadev)", "NATS"],
        ["@alkdev/pubsub, iroh (@rayhanadev)", "Socket.IO"],
        [
          "@alkdev/pubsub, iroh (@rayhanadev)",
          "raw binding (@rayhanadev)",
        ],
        ["@alkdev/pubsub, WebSocket", "Socket.IO"],
        ["@alkdev/pubsub, WebSocket", "ws"],
      ] as const
    ) {
      result.compare(`${ours} vs ${theirs}`, { name: ours }, { name: theirs });
    }
  },
};
