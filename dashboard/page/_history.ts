// The figures that the charts show: those of before the page was opened, and
// those that came since.

import {
  type FeedHistory,
  FeedLimit,
  type FeedSample,
} from "../../_dashboard_feed.ts";

type Columns = { [name in keyof FeedHistory]: number[] };

/** The last samples, a column for each figure. */
export class SampleHistory {
  columns: Columns = {
    at: [],
    eventsIn: [],
    eventsOut: [],
    bytesIn: [],
    bytesOut: [],
  };

  /** The hub knows better: it has what this page missed. */
  replace({ at, eventsIn, eventsOut, bytesIn, bytesOut }: FeedHistory): void {
    this.columns = {
      at: [...at],
      eventsIn: [...eventsIn],
      eventsOut: [...eventsOut],
      bytesIn: [...bytesIn],
      bytesOut: [...bytesOut],
    };
  }

  add({ at, total: { rates } }: FeedSample): void {
    const { columns } = this;
    columns.at.push(at);
    columns.eventsIn.push(rates.eventsIn);
    columns.eventsOut.push(rates.eventsOut);
    columns.bytesIn.push(rates.bytesIn);
    columns.bytesOut.push(rates.bytesOut);
    if (columns.at.length <= FeedLimit.HISTORY) return;
    for (const column of Object.values(columns)) column.shift();
  }
}
