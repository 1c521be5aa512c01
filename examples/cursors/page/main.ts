// The pointers of all who are here, over a WebSocket.

import { createEvent } from "@alkdev/pubsub";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
} from "@alkdev/pubsub/event-target-websocket-client";
import { create, element } from "../../page/elements.ts";
import { showStatus, socketUrl } from "../../page/status.ts";
import type { CursorEvent, Place, Visitor } from "../events.ts";
import { nameOf, paint } from "./_faces.ts";
import { keepCursors, moveCursor } from "./_stage.ts";

// Each tab is a visitor with a key of its own, which outlives a reload.
const key = sessionStorage.getItem("key") ?? newKey();
sessionStorage.setItem("key", key);
const me = await askId();

const stage = element("stage");
/** Where the pointer of this page is, and where the others think it is. */
let place: Place = null;
let told: Place = null;
let frame = 0;

let server: SpokeEventTarget<CursorEvent> | undefined = undefined;
server = await createWebSocketClientEventTarget<CursorEvent>(
  socketUrl({ key }),
  {
    reconnect: { maxDelay: 3_000 },
    waitOnFirstConnect: true,
    pingInterval: 5_000,
    pingTimeout: 3_000,
    onStatus(status) {
      showStatus(status);
      if (status.type === "open") greet();
    },
  },
);
server.addEventListener("cursor.moved", ({ detail: { id, payload } }) => {
  if (id !== me) moveCursor(id, payload);
});
server.addEventListener("visitors.changed", ({ detail: { payload } }) => {
  showVisitors(payload);
  for (const { id, place } of payload) if (id !== me) moveCursor(id, place);
  keepCursors(new Set(payload.map(({ id }) => id)));
});
greet();

// A mouse, a pen or a finger. One that is lifted, or leaves, is nowhere.
for (const type of ["pointermove", "pointerdown", "pointerup"] as const) {
  stage.addEventListener(type, (event) => {
    if (!event.isPrimary) return;
    const isLifted = type === "pointerup" && event.pointerType === "touch";
    element("hint").hidden = true;
    move(isLifted ? null : placeOf(event));
  });
}
for (const type of ["pointerleave", "pointercancel"] as const) {
  stage.addEventListener(type, () => move(null));
}

function placeOf({ clientX, clientY, buttons }: PointerEvent): Place {
  const { left, top, width, height } = stage.getBoundingClientRect();
  const within = (fraction: number) =>
    Math.round(Math.min(Math.max(fraction, 0), 1) * 10_000) / 10_000;
  return {
    x: within((clientX - left) / width),
    y: within((clientY - top) / height),
    isDown: buttons > 0,
  };
}

/** A pointer may move a thousand times a second: once for each frame is told. */
function move(now: Place): void {
  place = now;
  frame ||= requestAnimationFrame(tell);
}

function tell(): void {
  frame = 0;
  if (place === told || server?.state !== "open") return;
  if (server.bufferedBytes > 0) {
    // The network does not keep up: later, and then where it is by then.
    frame = requestAnimationFrame(tell);
    return;
  }
  told = place;
  server.dispatchEvent(createEvent("cursor.moved", me, place));
}

/** Says hello on a new connection: the server may be another one. */
function greet(): void {
  if (!server) return;
  server.dispatchEvent(createEvent("visitor.came", me, null));
  told = null;
  move(place);
}

function showVisitors(visitors: readonly Visitor[]): void {
  element("visitors").replaceChildren(...visitors.map(({ id }) => {
    const isMe = id === me;
    const item = create("li", isMe ? "me" : "", nameOf(id));
    if (isMe) item.append(" (you)");
    paint(item, id);
    return item;
  }));
}

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

/**
 * The id that goes with the key. The server computes it, as a page that came
 * over a network without TLS cannot.
 */
async function askId(): Promise<string> {
  for (;;) {
    const answer = await fetch(`/visitor?key=${key}`).catch(() => undefined);
    if (answer?.ok) return await answer.text();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}
