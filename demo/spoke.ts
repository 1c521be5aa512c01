// A spoke process: dials the hub, subscribes, and never mentions reconnecting
// again. That is the library's work.

import { createEvent } from "../mod.ts";
import {
  createIrohSpokeEventTarget,
  type IrohSpokeEventTarget,
  type SpokeStatus,
} from "../iroh_spoke.ts";
import { ConnectionError } from "../errors.ts";
import type { TopicOf } from "../typed_event_target.ts";
import { createEndpoint, type LoopbackEndpoint } from "./_endpoint.ts";
import { answerCalls, report } from "./_party_side.ts";
import {
  briefly,
  type Calls,
  CONNECT_TIMEOUT,
  type Events,
  LIVENESS,
  now,
  type Report,
} from "./_protocol.ts";

let loopback: LoopbackEndpoint;
let spoke: IrohSpokeEventTarget<Events>;

function onStatus(status: SpokeStatus): void {
  if (status.type === "open") {
    report<Report>({ say: "open" });
  } else if (status.type === "reconnecting") {
    const { attempt, delay, error } = status;
    report<Report>({
      say: "reconnecting",
      attempt,
      delay,
      why: briefly(error),
    });
  } else if (status.type === "error") {
    // What ends the connection is told again by "reconnecting".
    if (status.error instanceof ConnectionError) return;
    report<Report>({ say: "fault", why: briefly(status.error) });
  } else if (status.type === "closed" && status.error) {
    report<Report>({ say: "fault", why: briefly(status.error) });
  }
}

await answerCalls<Calls>({
  async start({ binding, name, hub }) {
    loopback = await createEndpoint(binding);
    const { endpoint, nodeId, address, port } = loopback;
    spoke = await createIrohSpokeEventTarget<Events>({
      endpoint,
      hubNodeId: hub!,
      ...LIVENESS,
      reconnect: { minDelay: 50, maxDelay: 400 },
      connectTimeout: CONNECT_TIMEOUT[binding],
      waitOnFirstConnect: true,
      onStatus,
    });
    const topics: TopicOf<Events>[] = [
      `task.assigned:${name}`,
      `question.asked:${name}`,
      "announcement.made",
      `direct:${nodeId}`,
    ];
    for (const topic of topics) {
      spoke.addEventListener(topic, ({ detail: { payload } }) => {
        const ms = now() - payload.sentAt;
        report<Report>({ say: "received", n: payload.n, ms });
      });
    }
    await spoke.flush(); // The hub knows the subscriptions now.
    return { nodeId, address, port, topics };
  },
  publish({ n, type, id }) {
    const waits = spoke.state !== "open";
    const event = createEvent(type, id, { n, sentAt: now() });
    spoke.dispatchEvent(event as Events);
    return { waits };
  },
  flush: () => spoke.flush(),
  async stop() {
    await spoke.close();
    await loopback.close();
  },
});
