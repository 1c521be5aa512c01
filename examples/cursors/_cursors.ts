// The hub, who is there, and where the pointers are.

import { createEvent, type EventEnvelope } from "@alkdev/pubsub";
import {
  createWebSocketServerEventTarget,
  type HubConnection,
  type WebSocketServerEventTarget,
} from "@alkdev/pubsub/event-target-websocket-server";
import * as v from "valibot";
import { plainText } from "../_plain_text.ts";
import { type CursorEvent, type Place, schemas } from "./events.ts";

/** Milliseconds: who comes and goes meanwhile is told at once. */
const PAUSE = 20;

/**
 * Makes the hub of the page.
 *
 * @param closing Aborts before the hub is closed: then all go, and nobody is told.
 */
export function createCursorHub(
  closing: AbortSignal,
): WebSocketServerEventTarget<CursorEvent> {
  const places = new Map<string, Place>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const hub = createWebSocketServerEventTarget<CursorEvent>({
    relay: true,
    maxConnections: 100,
    maxMessagesPerSecond: 300, // One for each frame of a fast screen.
    // Whoever does not keep up would see the past: better that the connection
    // ends, and comes back to the present. Others notice nothing.
    backpressureLimit: 64 * 1024,
    pingInterval: 5_000,
    pingTimeout: 3_000,
    authorizeSubscribe: ({ topic }) =>
      topic === "cursor.moved" || topic === "visitors.changed",
    authorizePublish: ({ connection, envelope }) =>
      mayPublish(connection, envelope),
    onDisconnection: tell,
    onBackpressure: ({ connection }) =>
      console.warn(`Too slow: ${connection.id.slice(0, 8)}`),
    onError: ({ error }) => console.warn("Refused:", plainText(error)),
  });
  hub.addEventListener("cursor.moved", ({ detail: { id, payload } }) => {
    places.set(id, payload);
  });
  hub.addEventListener("visitor.came", tell);
  closing.addEventListener("abort", () => clearTimeout(timer));
  return hub;

  /** Tells everybody who is here, and those who are new where the others are. */
  function tell(): void {
    if (closing.aborted) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      // Looked up and not written down: no lost connection can leave a ghost.
      const here = hub.subscribers("cursor.moved");
      for (const id of places.keys()) {
        if (!here.includes(id)) places.delete(id);
      }
      const visitors = here.map((id) => ({
        id,
        place: places.get(id) ?? null,
      }));
      hub.dispatchEvent(createEvent("visitors.changed", "", visitors));
    }, PAUSE);
  }
}

/** One moves one's own pointer alone. */
function mayPublish(
  connection: HubConnection,
  { type, id, payload }: EventEnvelope,
): boolean {
  if (type !== "cursor.moved" && type !== "visitor.came") return false;
  return id === connection.id && v.is(schemas[type], payload);
}
