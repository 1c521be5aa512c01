// The topics with most events.

import type { FeedTopic } from "../../_dashboard_feed.ts";
import { create, element, setText } from "./_elements.ts";
import { bytes, rate } from "./_format.ts";
import { type Row, Rows } from "./_rows.ts";
import { SPARK_POINTS, Sparkline } from "./_sparkline.ts";

/** Topics whose values are remembered, those on the page included. */
const MAX_REMEMBERED = 100;

/** Shows topics, and tells which is chosen. */
export class TopicsView {
  readonly #rows: Rows<FeedTopic>;
  /** A topic that leaves the page for a while comes back with its line. */
  readonly #values = new Map<string, number[]>();

  constructor(onChosen: (topic: string, chosen: HTMLElement) => void) {
    this.#rows = new Rows(
      "topics",
      (key) => rowOf(key, onChosen, () => this.#values.get(key) ?? []),
    );
  }

  show(topics: readonly FeedTopic[]): void {
    element("no-topics").hidden = topics.length > 0;
    for (const { topic, rate } of topics) {
      const values = this.#values.get(topic) ?? [];
      values.push(rate);
      if (values.length > SPARK_POINTS) values.shift();
      // Behind all others: the first one is what nobody has seen for longest.
      this.#values.delete(topic);
      this.#values.set(topic, values);
    }
    for (const topic of this.#values.keys()) {
      if (this.#values.size <= MAX_REMEMBERED) break;
      this.#values.delete(topic);
    }
    this.#rows.show(new Map(topics.map((topic) => [topic.topic, topic])));
  }
}

function rowOf(
  topic: string,
  onChosen: (topic: string, chosen: HTMLElement) => void,
  values: () => readonly number[],
): Row<FeedTopic> {
  const row = create("tr");
  const name = create("button", "link", topic);
  name.type = "button";
  name.title = topic;
  name.addEventListener("click", () => onChosen(topic, name));
  const head = create("th", "wide");
  head.scope = "row";
  head.append(name);
  const spark = new Sparkline();
  const sparkCell = create("td", "roomy");
  sparkCell.append(spark.element);
  const [events, sent, size] = ["number", "number", "number roomy"]
    .map((className) => create("td", className));
  row.append(head, sparkCell, events!, sent!, size!);
  return {
    element: row,
    update(topic) {
      // A topic that is cut is the name of none.
      if (topic?.isCut) name.disabled = true;
      const about = topic && topic.error > 0 ? "≤ " : "";
      setText(events!, `${about}${rate(topic?.rate ?? 0)}`);
      setText(sent!, rate(topic?.deliveryRate ?? 0));
      setText(size!, bytes(topic?.bytesRate ?? 0));
      row.classList.toggle("gone", !topic?.rate);
      if (topic) spark.show(values());
    },
  };
}
