// The jobs in a browser, over a WebSocket.

import { createEvent } from "@alkdev/pubsub";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
} from "@alkdev/pubsub/event-target-websocket-client";
import { element } from "../../page/elements.ts";
import { showStatus, socketUrl } from "../../page/status.ts";
import type { JobEvent, Wish } from "../events.ts";
import { keepJobs, onCancel, showJob, type ShownJob } from "./_list.ts";

const me = crypto.randomUUID();
/** Jobs that the server may not have yet. */
const unsent = new Map<string, ShownJob>();

let server: SpokeEventTarget<JobEvent> | undefined = undefined;
server = await createWebSocketClientEventTarget<JobEvent>(
  socketUrl({ id: me }),
  {
    reconnect: { maxDelay: 3_000 },
    waitOnFirstConnect: true,
    onStatus(status) {
      showStatus(status);
      if (status.type === "open") ask(server);
    },
  },
);
server.addEventListener("job.changed", ({ detail }) => showJob(detail.payload));
server.addEventListener(`direct:${me}`, ({ detail }) => {
  for (const job of detail.payload) showJob(job);
  keepJobs(new Set([...unsent.keys(), ...detail.payload.map(({ id }) => id)]));
});
ask(server);
obey(server);

/**
 * Asks what there is, whenever the connection is new: meanwhile things changed,
 * and the server may be another one.
 */
function ask(server: SpokeEventTarget<JobEvent> | undefined): void {
  server?.dispatchEvent(createEvent("jobs.asked", me, null));
}

function obey(server: SpokeEventTarget<JobEvent>): void {
  const below = element<HTMLInputElement>("below");
  element("new").addEventListener("submit", (event) => {
    event.preventDefault();
    void add(server, { below: below.valueAsNumber });
  });
  onCancel((id) => {
    server.dispatchEvent(createEvent("job.cancelled", id, null));
  });
}

/**
 * Adds a job. While there is no connection it waits in the target; what was on
 * its way when one broke is sent again, which is harmless, as it has an id.
 */
async function add(
  server: SpokeEventTarget<JobEvent>,
  wish: Wish,
): Promise<void> {
  const id = crypto.randomUUID();
  const job: ShownJob = { id, ...wish, state: "unsent", progress: 0 };
  unsent.set(id, job);
  showJob(job);
  do {
    if (server.state === "closed") return;
    server.dispatchEvent(createEvent("job.added", id, wish));
  } while (!await server.flush().then(() => true, () => false));
  unsent.delete(id);
}
