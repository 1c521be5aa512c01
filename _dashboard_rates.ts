// Changes a second, between two readings of the same counters.

import type { FeedHub, FeedRates, FeedStats } from "./_dashboard_feed.ts";
import { Hub } from "./_hub.ts";
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
  readonly #traffic: readonly Counters[];
  #readings: readonly Reading[];
  #span = 0;
  #rates: readonly FeedRates[];

  /** @throws {TypeError} When one is no hub of this library. */
  constructor(hubs: readonly HubEventTarget[]) {
    this.#hubs = hubs;
    this.#traffic = hubs.map((hub) => Hub.traffic(hub));
    this.#readings = this.#read(performance.now());
    this.#rates = hubs.map(() => NO_RATES);
  }

  /** Milliseconds since the last {@linkcode count}. */
  get age(): number {
    return performance.now() - this.#readings[0]!.at;
  }

  /**
   * Ends the time that rates are of, and begins the next. It reads a few numbers,
   * however many connections there are.
   */
  count(): { span: number; rates: FeedRates } {
    const now = performance.now();
    const readings = this.#read(now);
    this.#span = now - this.#readings[0]!.at;
    this.#rates = readings.map(({ stats }, i) =>
      ratesBetween(this.#readings[i], now, stats)
    );
    this.#readings = readings;
    return { span: this.#span, rates: sum<FeedRates>(this.#rates) };
  }

  /** Each hub and all together: as they are, with the rates that were counted. */
  look(): { span: number; total: FeedHub; hubs: FeedHub[] } {
    const hubs = this.#hubs.map((hub, i) => {
      const { rtt: _, ...stats } = hub.stats();
      return { stats, rates: this.#rates[i]! };
    });
    const total = {
      stats: sum<FeedStats>(hubs.map(({ stats }) => stats)),
      rates: sum<FeedRates>(this.#rates),
    };
    return { span: this.#span, total, hubs };
  }

  #read(at: number): Reading[] {
    return this.#traffic.map((traffic) => ({ at, stats: { ...traffic } }));
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
