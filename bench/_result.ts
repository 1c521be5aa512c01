// What a workload measured, as it is written to `results/`.

import { median, type Plan } from "./_turns.ts";

/** What a number of a result is. */
export type Unit =
  | "msg/s"
  | "deliveries/s"
  | "MB/s"
  | "µs"
  | "ms"
  | "bytes";

/** One thing that was measured, round by round. */
export interface Series {
  /** Who: `@alkdev/pubsub, iroh`, `NATS`. */
  readonly name: string;
  /** Where on the axis of the result, if it has one. */
  readonly x?: number | undefined;
  readonly samples: readonly number[];
}

/** One thing as a multiple of another, or by how much it is more. */
export interface Comparison {
  readonly what: string;
  readonly as: "ratio" | "difference";
  /** Round by round. */
  readonly samples: readonly number[];
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
}

/** What a workload is. */
export interface Description {
  readonly title: string;
  /** Markdown: what is measured, and how. */
  readonly method: string;
  readonly unit: Unit;
  readonly better: "higher" | "lower";
  /** What its points differ in, where they make lines: `connections`. */
  readonly axis?: string | undefined;
}

/** One thing to measure: what every file in `workloads/` exports. */
export interface Workload extends Description {
  /** Measures everybody in turns and puts it into the result. */
  measure(result: Measured, plan: Plan): Promise<void>;
}

/** What a workload measured. */
export interface Result extends Description {
  /** The name of its files and on the command line: `relay`. */
  readonly id: string;
  readonly series: readonly Series[];
  readonly comparisons: readonly Comparison[];
  /** What could not be measured here, and why. */
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
}

/** Which of a result's series. */
export interface Which {
  readonly name: string;
  readonly x?: number | undefined;
}

/** A result that is being measured. */
export class Measured implements Result {
  readonly id: string;
  readonly title: string;
  readonly method: string;
  readonly unit: Unit;
  readonly better: "higher" | "lower";
  readonly axis: string | undefined;
  readonly series: Series[] = [];
  readonly comparisons: Comparison[] = [];
  readonly skipped: { name: string; why: string }[] = [];

  constructor(id: string, workload: Description) {
    this.id = id;
    this.title = workload.title;
    this.method = workload.method;
    this.unit = workload.unit;
    this.better = workload.better;
    this.axis = workload.axis;
  }

  /** Takes in what was measured in turns. */
  add(samples: Readonly<Record<string, readonly number[]>>, x?: number): void {
    for (const [name, values] of Object.entries(samples)) {
      this.series.push({ name, x, samples: values });
    }
  }

  skip(name: string, why: string): void {
    this.skipped.push({ name, why });
  }

  /**
   * Says how two series compare, round by round; nothing when one of them could
   * not be measured.
   *
   * @param bar How many times as much `ours` has to be at least or at most, or
   * by how much it may be more.
   */
  compare(
    what: string,
    ours: Which,
    theirs: Which,
    bar: { atLeast?: number; atMost?: number; as?: "ratio" | "difference" } =
      {},
  ): void {
    const a = this.#samplesOf(ours);
    const b = this.#samplesOf(theirs);
    if (a === undefined || b === undefined) return;
    const { as = "ratio", atLeast, atMost } = bar;
    const samples = a.map((value, round) =>
      as === "ratio" ? value / b[round]! : value - b[round]!
    );
    this.comparisons.push({ what, as, samples, atLeast, atMost });
  }

  #samplesOf({ name, x }: Which): readonly number[] | undefined {
    return this.series.find((one) => one.name === name && one.x === x)?.samples;
  }
}

/** Whether the median keeps to the bar; `undefined` without one. */
export function verdictOf(
  { samples, atLeast, atMost }: Comparison,
): "met" | "not met" | undefined {
  if (atLeast === undefined && atMost === undefined) return undefined;
  const value = median(samples);
  const isMet = value >= (atLeast ?? -Infinity) &&
    value <= (atMost ?? Infinity);
  return isMet ? "met" : "not met";
}

/** The middle of some samples, and between what they lie. */
export function spreadOf(samples: readonly number[]) {
  return {
    median: median(samples),
    min: Math.min(...samples),
    max: Math.max(...samples),
  };
}

/** In how many rounds it was measured; some take fewer than the others. */
export function roundsOf({ series }: Result): number {
  return Math.max(0, ...series.map(({ samples }) => samples.length));
}
