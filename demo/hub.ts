// The hub process. It relays between its spokes and hears every event itself.

import { createEvent } from "../mod.ts";
import {
  createIrohHubEventTarget,
  type IrohHubEventTarget,
} from "../iroh_hub.ts";
import { createEndpoint, type LoopbackEndpoint } from "./_endpoint.ts";
import { answerCalls, report } from "./_party_side.ts";
import {
  briefly,
  type Calls,
  type Events,
  type EventType,
  LIVENESS,
  now,
  type Report,
} from "./_protocol.ts";

const TYPES: EventType[] = [
  "announcement.made",
  "task.assigned",
  "question.asked",
  "direct",
];

let loopback: LoopbackEndpoint;
let hub: IrohHubEventTarget<Events>;

await answerCalls<Calls>({
  async start({ binding, secretKey, port }) {
    loopback = await createEndpoint(binding, { secretKey, port });
    const { endpoint, nodeId, address } = loopback;
    hub = await createIrohHubEventTarget<Events>({
      endpoint,
      relay: true,
      ...LIVENESS,
      onError({ error, connection }) {
        // What a spoke dialled in vain, and gave up, arrives all the same once
        // the hub is back: such connections end before they are admitted.
        if (!connection || !hub.connections.has(connection)) return;
        report<Report>({ say: "fault", why: briefly(error) });
      },
    });
    for (const type of TYPES) {
      hub.addEventListener(type, ({ detail: { payload } }) => {
        const ms = now() - payload.sentAt;
        report<Report>({ say: "received", n: payload.n, ms });
      });
    }
    return { nodeId, address, port: loopback.port, topics: TYPES };
  },
  publish({ n, type, id }) {
    const event = createEvent(type, id, { n, sentAt: now() });
    hub.dispatchEvent(event as Events);
    return { waits: false };
  },
  flush: () => hub.flush(),
  async stop() {
    await hub.close();
    await loopback.close();
  },
});
