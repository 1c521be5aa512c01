// Whether a hub's heap grows as long as it runs.

/** What a hub's heap held after a collection, at rest. */
export interface HeapSample {
  /** Counts the hub's processes. */
  readonly incarnation: number;
  /** Seconds since the beginning of the run. */
  readonly at: number;
  readonly bytes: number;
  readonly connections: number;
}

/** How the heap of one hub process moved. */
export interface HeapTrend {
  readonly incarnation: number;
  readonly seconds: number;
  /** The smallest of its first minute, and of its last. */
  readonly first: number;
  readonly last: number;
  /** Whether it lasted long enough to be judged, and grew too much. */
  readonly isLeak: boolean;
}

/** A process that ran for less says nothing of growth. */
const JUDGED_SECONDS = 180;
const MIB = 2 ** 20;

/** The trend of each hub process that was looked at twice. */
export function heapTrends(samples: readonly HeapSample[]): HeapTrend[] {
  return [...Map.groupBy(samples, ({ incarnation }) => incarnation)]
    .flatMap(([incarnation, all]) => {
      const [start, end] = [all[0]!, all.at(-1)!];
      if (all.length < 2) return [];
      const smallest = (some: HeapSample[]) =>
        Math.min(...some.map(({ bytes }) => bytes));
      const first = smallest(all.filter(({ at }) => at <= start.at + 60));
      const last = smallest(all.filter(({ at }) => at >= end.at - 60));
      const seconds = end.at - start.at;
      const isLeak = seconds >= JUDGED_SECONDS &&
        start.connections >= end.connections &&
        last > first * 1.2 + 5 * MIB;
      return [{ incarnation, seconds, first, last, isLeak }];
    });
}
