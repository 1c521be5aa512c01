// How the connection is doing: a dot and a word, and a notice when it is bad.

import type { SpokeStatus } from "@alkdev/pubsub/event-target-websocket-client";
import { element } from "./_elements.ts";

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
  const words = element("status");
  // What has not changed is not to be read aloud again.
  if (words.textContent !== WORDS[status.type]) {
    words.textContent = WORDS[status.type];
  }
  if (status.type === "open") {
    hideNotice();
  } else if (status.type === "reconnecting") {
    showNotice(
      "The connection is lost. What you write is sent when it is back.",
      "Try now",
    );
  } else if (status.type === "closed") {
    const why = status.error?.message ?? "The connection was closed";
    showNotice(why, "Reload");
  }
}

/** Shows what is wrong, and what can be done about it. */
export function showNotice(text: string, action = ""): void {
  const notice = element("notice");
  const button = notice.querySelector("button")!;
  const words = notice.querySelector("p")!;
  if (words.textContent !== text) words.textContent = text;
  button.textContent = action;
  button.hidden = action === "";
  notice.hidden = false;
}

export function hideNotice(): void {
  element("notice").hidden = true;
}
