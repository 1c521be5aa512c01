/**
 * Jobs, and how they are doing, on a page: `deno task example:jobs`, then open
 * http://localhost:8001, in several tabs.
 *
 * Pages come over WebSocket, the work is done in a Worker; between them is this.
 */

import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { createEvent, type EventEnvelope } from "@alkdev/pubsub";
import {
  createWebSocketServerEventTarget,
  type HubConnection,
} from "@alkdev/pubsub/event-target-websocket-server";
import * as v from "valibot";
import { onInterrupt } from "../_interrupt.ts";
import { plainText } from "../_plain_text.ts";
import { buildSite, isForeign } from "../_site.ts";
import { isId, type JobEvent, schemas } from "./events.ts";
import { Jobs } from "./_jobs.ts";
import { Workplace } from "./_workplace.ts";

const { values: { file } } = parseArgs({
  options: {
    /** Where the jobs are kept. */
    file: { type: "string" },
  },
});

// It does not relay: what pages send is for the server alone, and what they are
// told comes from nobody else.
const hub = createWebSocketServerEventTarget<JobEvent>({
  maxConnections: 200,
  maxMessagesPerSecond: 50,
  // `direct` is kept to its owner by the hub itself.
  authorizeSubscribe: ({ topic }) =>
    topic === "job.changed" || topic.startsWith("direct:"),
  authorizePublish: ({ connection, envelope }) =>
    mayPublish(connection, envelope),
  onError: ({ error }) => console.warn("Refused:", plainText(error)),
});

const jobs = new Jobs({
  file: file ? pathToFileURL(file) : new URL(".jobs.json", import.meta.url),
  workplace: new Workplace(new URL("worker.ts", import.meta.url)),
  onChange: (job) => {
    hub.dispatchEvent(createEvent("job.changed", job.id, job));
  },
});
hub.addEventListener("job.added", ({ detail: { id, payload } }) => {
  jobs.add(id, payload);
});
hub.addEventListener("job.cancelled", ({ detail: { id } }) => {
  jobs.cancel(id);
});
// What changes from now on comes behind the answer, on the same connection: a
// page that takes the answer and then each change has missed nothing.
hub.addEventListener("jobs.asked", ({ detail: { id } }) => {
  hub.dispatchEvent(createEvent("direct", id, jobs.all));
});

const site = await buildSite(new URL("page/", import.meta.url));
const server = Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.env.get("PORT") ?? 8001),
  onListen: ({ port }) => console.log(`Jobs: http://localhost:${port}`),
}, (request) => {
  if (request.headers.get("upgrade") !== "websocket") return site(request);
  if (isForeign(request)) {
    return new Response("Only for the page of the jobs", { status: 403 });
  }
  // A page makes up its own id. It is told to nobody else, so nobody else can
  // have it, and the answers that go there.
  const id = new URL(request.url).searchParams.get("id");
  if (!isId(id)) return new Response("Bring an id", { status: 400 });
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket, { id });
  return response;
});

function mayPublish(
  connection: HubConnection,
  { type, id, payload }: EventEnvelope,
): boolean {
  switch (type) {
    case "job.added":
    case "job.cancelled":
      return isId(id) && v.is(schemas[type], payload);
    case "jobs.asked":
      // Else anybody could have the answers sent to somebody else.
      return id === connection.id && v.is(schemas[type], payload);
  }
  return false;
}

onInterrupt(async () => {
  await jobs.close();
  void server.shutdown(); // It waits for the sockets, which are closed next.
  await hub.close();
});
