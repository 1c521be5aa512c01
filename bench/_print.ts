// What a terminal shows of a result, and how numbers read everywhere.

import {
  type Comparison,
  type Result,
  spreadOf,
  type Unit,
  verdictOf,
} from "./_result.ts";

const thousands = (value: number) =>
  value.toLocaleString("en-US", { maximumFractionDigits: 20 })
    .replaceAll(",", "\u202f");

/** Three digits that count, with thousands apart: `1.25`, `12.5`, `125 000`. */
export function number(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) {
    const step = 10 ** (Math.floor(Math.log10(size)) - 2);
    return thousands(Math.round(value / step) * step);
  }
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** The median: what was taken once and is counted, to the last digit. */
export function middle(samples: readonly number[]): string {
  const { median } = spreadOf(samples);
  return samples.length === 1 && Number.isInteger(median)
    ? thousands(median)
    : number(median);
}

/** The lowest and the highest, where there is more than one. */
export function range(samples: readonly number[]): string {
  const { min, max } = spreadOf(samples);
  return samples.length > 1 ? `${number(min)} to ${number(max)}` : "";
}

export function quantity(samples: readonly number[], unit: Unit): string {
  return `${middle(samples)} ${unit}`;
}

/** A point of an axis: `10 000`, `p99.9`, or `64 KiB` where it counts bytes. */
export function point(x: number, axis: string): string {
  if (axis === "percentile") return `p${x}`;
  if (!axis.startsWith("bytes")) return thousands(x);
  const units = ["B", "KiB", "MiB"];
  const power = Math.min(2, Math.floor(Math.log2(x) / 10));
  return `${+(x / 1024 ** power).toFixed(1)} ${units[power]}`;
}

/** `1 spoke` of `1 spokes`. */
export function grammatical(text: string): string {
  return text.replace(/^1 (\p{L}+)s\b/u, "1 $1");
}

/** What is compared, the median, and between what its rounds lie. */
export function compared(comparison: Comparison, unit: Unit) {
  const { samples, as } = comparison;
  const { median, min, max } = spreadOf(samples);
  const text = (value: number) =>
    as === "difference"
      ? `${value >= 0 ? "+" : "−"}${number(Math.abs(value))} ${unit}`
      // What is a hair under a bar of 1 must not read as if it were on it.
      : samples.length === 1
      ? String(Number(value.toPrecision(4)))
      : number(value);
  return {
    what: grammatical(comparison.what),
    median: text(median),
    range: samples.length > 1 ? `${text(min)} to ${text(max)}` : "",
  };
}

/** The bar of a comparison: `≥ 0.9`. */
export function barOf(
  { as, atLeast, atMost }: Comparison,
  unit: Unit,
): string {
  const text = (value: number) =>
    as === "ratio" ? String(value) : `+${value} ${unit}`;
  if (atLeast !== undefined) return `≥ ${text(atLeast)}`;
  return atMost === undefined ? "" : `≤ ${text(atMost)}`;
}

/** Prints a result as a table; in a quick run nothing is held against a bar. */
export function printResult(result: Result, isQuick: boolean): void {
  const { title, unit, better, axis, series, comparisons, skipped } = result;
  const by = axis === undefined ? "" : `, by ${axis}`;
  console.log(`\n${title} (${unit}${by}: ${better} is better)`);
  const rows = series.map(({ name, x, samples }) => {
    return [
      x === undefined || axis === undefined
        ? name
        : `${name}, ${point(x, axis)}`,
      quantity(samples, unit),
      range(samples),
    ];
  });
  printTable(rows);
  printTable(comparisons.map((comparison) => {
    const { what, median, range } = compared(comparison, unit);
    return [
      what,
      median,
      range,
      barOf(comparison, unit),
      isQuick ? "" : verdictOf(comparison) ?? "",
    ];
  }));
  for (const { name, why } of skipped) {
    console.log(`  ${name}: not measured, ${why}`);
  }
}

function printTable(rows: readonly (readonly string[])[]): void {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from(
    { length: columns },
    (_, i) => Math.max(...rows.map((row) => row[i]!.length)),
  );
  for (const row of rows) {
    const cells = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)
    );
    console.log(`  ${cells.join("  ").trimEnd()}`);
  }
}
