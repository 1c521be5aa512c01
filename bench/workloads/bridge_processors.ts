// What each message of `bridge_relay` takes of the processors.

import { measureProcessors } from "../bridge/_processors.ts";
import { publishingOf } from "../bridge/_ways.ts";
import { ENVELOPE_BYTES } from "../_events.ts";
import { processorFault } from "../_proc.ts";
import type { Workload } from "../_result.ts";

export const workload: Workload = {
  title: "Processor time of a message through hubs and an engine",
  method: `
The same ways as in the chart above it, envelopes of ${ENVELOPE_BYTES} bytes: what
each process has had of the processors (\`/proc\`, schedstat) for each message. A
capacity model adds these up; rates on two cores that all processes share do not.

- **Hub without a bridge**, **only hub with a bridge**: one spoke publishes, another
  is subscribed, or three are. The second one gives each message to the engine, too.
- **Publisher's hub**: takes it from a spoke and gives it to the engine.
- **Subscriber's hub**: takes it from the engine and gives it to one spoke.
- **NATS**, **Redis**: the server, by how many hubs are subscribed to the message's
  topic; to the type alone, a pattern of Redis and a wildcard of NATS; and with its own
  clients on one subject or channel.`,
  unit: "µs",
  better: "lower",
  async measure(result, plan) {
    if (processorFault !== undefined) return result.skip("all", processorFault);
    await measureProcessors(result, plan, publishingOf(plan, 40_000), true);
    for (const over of ["NATS", "Redis"]) {
      result.compare(
        `publisher's hub over ${over} vs a hub without a bridge`,
        { name: `@alkdev/pubsub, publisher's hub over ${over}` },
        { name: "@alkdev/pubsub, hub without a bridge" },
      );
      result.compare(
        `a hub with a bridge to ${over}, nobody elsewhere, vs without`,
        { name: `@alkdev/pubsub, only hub with a bridge to ${over}` },
        { name: "@alkdev/pubsub, hub without a bridge" },
      );
    }
  },
};
