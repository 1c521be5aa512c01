// Slow consumers and errors, the newest first.

import type { FeedFault } from "../../_dashboard_feed.ts";
import { create, element, setText } from "./_elements.ts";
import { count, time } from "./_format.ts";

const MAX_SHOWN = 100;

/** Shows what goes wrong as it comes. */
export class ProblemsView {
  readonly #list = element("problems");
  #omitted = 0;

  add(fault: FeedFault): void {
    const item = create("li");
    const head = create("p", "meta");
    head.append(
      create(
        "span",
        `badge ${fault.kind}`,
        fault.kind === "slow" ? "slow consumer" : "error",
      ),
      create("time", "", time(fault.at)),
    );
    if (fault.topic) head.append(create("code", "topic", fault.topic));
    if (fault.connection) {
      head.append(create("span", "from", `of ${fault.connection}`));
    }
    item.append(head, create("p", "message", fault.message));
    this.#list.prepend(item);
    if (this.#list.children.length > MAX_SHOWN) {
      this.#list.lastElementChild!.remove();
    }
    element("no-problems").hidden = true;
  }

  omit(omitted: number): void {
    if (omitted === 0) return;
    this.#omitted += omitted;
    setText(element("omitted"), `${count(this.#omitted)} more not shown`);
  }
}
