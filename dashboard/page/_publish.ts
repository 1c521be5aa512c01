// A test event of the one who watches, where that is allowed.

import type { FeedPublish, FeedPublished } from "../../_dashboard_feed.ts";
import { create, element, setText } from "./_elements.ts";

/** A form to publish with. */
export class PublishView {
  readonly #form = element<HTMLFormElement>("publish-form");

  constructor(onPublish: (event: FeedPublish) => void) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const data = new FormData(this.#form);
      const text = (name: string) => String(data.get(name) ?? "");
      let payload: unknown;
      try {
        payload = JSON.parse(text("payload"));
      } catch (error) {
        return this.#tell(`This is no JSON: ${(error as Error).message}`, true);
      }
      this.#tell("Publishing…");
      onPublish({
        hub: Number(data.get("hub") ?? 0),
        type: text("type"),
        id: text("id"),
        payload,
      });
    });
  }

  allow(isAllowed: boolean, hubs: number): void {
    element("publish").hidden = !isAllowed;
    const select = element("publish-hub").querySelector("select")!;
    element("publish-hub").hidden = hubs < 2;
    if (select.length === hubs) return;
    select.replaceChildren(...Array.from({ length: hubs }, (_, i) => {
      const option = create("option", "", `${i + 1}`);
      option.value = String(i);
      return option;
    }));
  }

  published({ error }: FeedPublished): void {
    if (error) this.#tell(error, true);
    else this.#tell(`Published at ${new Date().toLocaleTimeString("en-GB")}`);
  }

  fail(error: unknown): void {
    this.#tell(String(error), true);
  }

  #tell(text: string, isWrong = false): void {
    const state = element("publish-state");
    setText(state, text);
    state.classList.toggle("wrong", isWrong);
  }
}
