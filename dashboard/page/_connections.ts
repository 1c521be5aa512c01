// The connections that most waits for, or that most goes through.

import {
  type FeedConnection,
  FeedLimit,
  type FeedSample,
} from "../../_dashboard_feed.ts";
import { create, element, setText } from "./_elements.ts";
import { bytes, count, milliseconds, rate } from "./_format.ts";
import { type Row, Rows } from "./_rows.ts";

/** Shows connections in the order that is chosen. */
export class ConnectionsView {
  readonly #rows = new Rows("connections", rowOf);
  #sample: FeedSample | undefined;
  #byRate = false;

  constructor() {
    for (const input of document.getElementsByName("sort")) {
      input.addEventListener("change", () => {
        this.#byRate = (input as HTMLInputElement).value === "rate";
        if (this.#sample) this.show(this.#sample);
      });
    }
  }

  show(sample: FeedSample): void {
    this.#sample = sample;
    // A column for which hub it is would say nothing of one.
    element("hub-column").hidden = sample.hubs.length < 2;
    const { connections, visited, hubs, total } = sample;
    const order = this.#byRate ? [rateOf, bufferOf] : [bufferOf, rateOf];
    const sorted = connections
      .toSorted((a, b) =>
        order[0]!(b) - order[0]!(a) || order[1]!(b) - order[1]!(a)
      )
      .slice(0, FeedLimit.CONNECTIONS);
    // Several connections may be of one peer.
    const items = new Map<string, FeedConnection>();
    for (const connection of sorted) {
      const hub = hubs.length > 1 ? `${connection.hub + 1}` : "";
      const name = `${hub}\n${connection.id}`;
      let key = name;
      for (let i = 2; items.has(key); i++) key = `${name} (${i})`;
      items.set(key, connection);
    }
    this.#rows.show(items);
    element("no-connections").hidden = total.stats.connections > 0;
    const isPart = visited < total.stats.connections;
    element("visited").hidden = !isPart;
    if (isPart) {
      setText(
        element("visited"),
        `Of ${count(visited)} that were looked at in turn`,
      );
    }
  }
}

const bufferOf = ({ bufferedBytes }: FeedConnection) => bufferedBytes;
const rateOf = ({ rates }: FeedConnection) => rates.eventsIn + rates.eventsOut;

function rowOf(key: string): Row<FeedConnection> {
  const row = create("tr");
  const [hub, ...rest] = key.split("\n");
  const name = rest.join("\n");
  if (hub) row.append(create("td", "number", hub));
  const head = create("th", "wide", name);
  head.scope = "row";
  head.title = name;
  const [topics, buffered, incoming, outgoing, rtt] = [
    "number roomy",
    "number",
    "number",
    "number",
    "number roomy",
  ].map((className) => create("td", className));
  row.append(head, topics!, buffered!, incoming!, outgoing!, rtt!);
  return {
    element: row,
    update(connection) {
      row.classList.toggle("gone", connection === undefined);
      if (!connection) return;
      setText(topics!, count(connection.topics));
      setText(buffered!, bytes(connection.bufferedBytes));
      buffered!.classList.toggle("behind", connection.bufferedBytes > 0);
      setText(incoming!, rate(connection.rates.eventsIn));
      setText(outgoing!, rate(connection.rates.eventsOut));
      setText(
        rtt!,
        connection.rtt === null ? "–" : milliseconds(connection.rtt),
      );
    },
  };
}
