// Changes a second, between two readings of the same counters.

import type { FeedHub, FeedRates, FeedStats } from "./_dashboard_feed.ts";
import type { HubEventTarget } from "./_hub_options.ts";
import type { TargetStats } from "./typed_event_target.ts";

type Counters = Pick<
  TargetStats,
  "sentEvents" | "sentBytes" | "receivedEvents" | "receivedBytes"
>;

/** What counters said at a time, in milliseconds of `performance.now`. */
export interface Reading<TStats extends Counters = Counters> {
  readonly at: number;
  readonly stats: TStats;
}

/** None before there is a reading. */
export function ratesBetween(
  before: Reading | undefined,
  now: number,
  stats: Counters,
): FeedRates {
  const seconds = before ? (now - before.at) / 1000 : 0;
  if (!before || seconds <= 0) return NO_RATES;
  const perSecond = (name: keyof Counters) =>
    (stats[name] - before.stats[name]) / seconds;
  return {
    eventsIn: perSecond("receivedEvents"),
    eventsOut: perSecond("sentEvents"),
    bytesIn: perSecond("receivedBytes"),
    bytesOut: perSecond("sentBytes"),
  };
}

const NO_RATES: FeedRates = {
  eventsIn: 0,
  eventsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
};

/** The figures of hubs, read again and again. */
export class HubRates {
  readonly #hubs: readonly HubEventTarget[];
  #readings: readonly Reading[];
  #at = performance.now();

  constructor(hubs: readonly HubEventTarget[]) {
    this.#hubs = hubs;
    this.#readings = hubs.map((hub) => ({ at: this.#at, stats: hub.stats() }));
  }

  /** Each hub and all together, since the last time. */
  next(): { span: number; total: FeedHub; hubs: FeedHub[] } {
    const at = performance.now();
    const span = at - this.#at;
    const hubs = this.#hubs.map((hub, i) => {
      const { rtt: _, ...stats } = hub.stats();
      return { stats, rates: ratesBetween(this.#readings[i], at, stats) };
    });
    this.#readings = hubs.map(({ stats }) => ({ at, stats }));
    this.#at = at;
    const total = {
      stats: sum<FeedStats>(hubs.map(({ stats }) => stats)),
      rates: sum<FeedRates>(hubs.map(({ rates }) => rates)),
    };
    return { span, total, hubs };
  }
}

/** Field by field. */
function sum<T extends { readonly [name in keyof T]: number }>(
  all: readonly T[],
): T {
  const [first, ...others] = all;
  const total = { ...first! } as { [name in keyof T]: number };
  for (const one of others) {
    for (const name in total) total[name] += one[name];
  }
  return total as T;
}
