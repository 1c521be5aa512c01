// The worker of the browser tests: answers what its host asks of it.

import { createEvent, type EventsOf } from "../../mod.ts";
import { createWorkerThreadEventTarget } from "../../worker.ts";

/** What goes between the page and its worker. */
export type ThreadEvents = EventsOf<{
  "value.sent": unknown;
  "value.back": unknown;
  "close.ordered": null;
  "throw.ordered": null;
}>;

const target = createWorkerThreadEventTarget<ThreadEvents>();

target.addEventListener("value.sent", ({ detail: { id, payload } }) => {
  target.dispatchEvent(createEvent("value.back", id, payload));
});

target.addEventListener("close.ordered", () => self.close());

target.addEventListener("throw.ordered", () => {
  // Not in the listener, where the target would catch it.
  setTimeout(() => {
    throw new Error("thrown on order");
  });
});
