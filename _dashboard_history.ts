// The figures of the last minutes, for a page that opens: its chart is there at
// once.

import {
  type FeedHistory,
  FeedLimit,
  type FeedRates,
} from "./_dashboard_feed.ts";

/** Keeps as much as a welcome holds; about 12 KB. */
export class History {
  readonly #samples: { at: number; rates: FeedRates }[] = [];

  add(at: number, rates: FeedRates): void {
    this.#samples.push({ at, rates });
    if (this.#samples.length > FeedLimit.HISTORY) this.#samples.shift();
  }

  /** Rounded: nobody sees a hundredth of an event in a chart. */
  columns(): FeedHistory {
    const column = (name: keyof FeedRates) =>
      this.#samples.map(({ rates }) => Math.round(rates[name] * 100) / 100);
    return {
      at: this.#samples.map(({ at }) => at),
      eventsIn: column("eventsIn"),
      eventsOut: column("eventsOut"),
      bytesIn: column("bytesIn"),
      bytesOut: column("bytesOut"),
    };
  }
}
