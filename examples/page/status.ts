// How the connection is doing: a dot and a word, in the element `status`.

import type { SpokeStatus } from "@alkdev/pubsub/event-target-websocket-client";
import { element } from "./elements.ts";

const WORDS = {
  connecting: "Connecting",
  open: "Online",
  reconnecting: "Reconnecting",
  closed: "Closed",
};

/** Shows a change of state. */
export function showStatus(status: SpokeStatus): void {
  if (status.type === "error") return;
  document.body.dataset.state = status.type;
  const why = status.type === "closed" ? status.error?.message : undefined;
  const words = why ? `Closed: ${why}` : WORDS[status.type];
  // What has not changed is not to be read aloud again.
  if (element("status").textContent !== words) {
    element("status").textContent = words;
  }
}

/** Where the server of this page takes sockets. */
export function socketUrl(query: Record<string, string>): URL {
  const url = new URL("/events", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.search = new URLSearchParams(query).toString();
  return url;
}
