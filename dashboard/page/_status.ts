// How the connection to the feed is doing, and what can be done about it.

import type { SpokeStatus } from "@alkdev/pubsub/event-target-websocket-client";
import { element, setText } from "./_elements.ts";
import { time } from "./_format.ts";

const WORDS = {
  connecting: "Connecting",
  open: "Live",
  reconnecting: "Reconnecting",
  closed: "Closed",
};

/** Attempts after which it may be the login that is over. */
const SUSPICIOUS = 2;

/** Shows the state. */
export class StatusView {
  /** When the last sample came. */
  #seen = 0;

  /** @param tryNow Makes the connection again, at once. */
  constructor(tryNow: () => void) {
    element("notice").querySelector("button")!.addEventListener("click", () => {
      if (document.body.dataset.state === "closed") location.reload();
      else tryNow();
    });
  }

  saw(at: number): void {
    this.#seen = at;
  }

  show(status: SpokeStatus): void {
    if (status.type === "error") return;
    document.body.dataset.state = status.type;
    setText(element("status"), WORDS[status.type]);
    if (status.type === "open") element("notice").hidden = true;
    else if (status.type === "reconnecting") {
      const seen = this.#seen ? ` The figures are of ${time(this.#seen)}.` : "";
      this.#notice(`The connection to the hub is lost.${seen}`, "Try now");
      if (status.attempt > SUSPICIOUS) void reloadWhenLoggedOut();
    } else if (status.type === "closed") {
      const why = status.error?.message ?? "The connection was closed";
      this.#notice(why, "Reload");
    }
  }

  #notice(text: string, action: string): void {
    const notice = element("notice");
    setText(notice.querySelector("p")!, text);
    setText(notice.querySelector("button")!, action);
    notice.hidden = false;
  }
}

/** A socket that is refused does not say why. */
async function reloadWhenLoggedOut(): Promise<void> {
  try {
    const { status } = await fetch(location.href, { method: "HEAD" });
    if (status === 401) location.reload();
  } catch {
    // The server is away; the feed tries again.
  }
}
