// What a terminal shows of a result, and how numbers read everywhere.

import {
  type Comparison,
  type Result,
  spreadOf,
  type Unit,
  verdictOf,
} from "./_result.ts";

/** Three digits that count, with thousands apart: `1.25`, `12.5`, `125 000`. */
export function number(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) {
    const step = 10 ** (Math.floor(Math.log10(size)) - 2);
    return (Math.round(value / step) * step).toLocaleString("en-US")
      .replaceAll(",", "\u202f");
  }
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

export function quantity(value: number, unit: Unit): string {
  return `${number(value)} ${unit}`;
}

/** A point of an axis: `10 000`, or `64 KiB` where it counts bytes. */
export function point(x: number, axis: string): string {
  if (!axis.startsWith("bytes")) {
    return x.toLocaleString("en-US").replaceAll(",", "\u202f");
  }
  const units = ["B", "KiB", "MiB"];
  const power = Math.min(2, Math.floor(Math.log2(x) / 10));
  return `${+(x / 1024 ** power).toFixed(1)} ${units[power]}`;
}

/** The median of a comparison, and between what its rounds lie. */
export function compared(comparison: Comparison, unit: Unit) {
  const { median, min, max } = spreadOf(comparison.samples);
  const text = (value: number) =>
    comparison.as === "ratio"
      ? number(value)
      : `${value >= 0 ? "+" : "−"}${quantity(Math.abs(value), unit)}`;
  return { median: text(median), range: `${text(min)} to ${text(max)}` };
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

/** Prints a result as a table. */
export function printResult(result: Result): void {
  const { title, unit, better, axis, series, comparisons, skipped } = result;
  const by = axis === undefined ? "" : `, by ${axis}`;
  console.log(`\n${title} (${unit}${by}: ${better} is better)`);
  const rows = series.map(({ name, x, samples }) => {
    const { median, min, max } = spreadOf(samples);
    return [
      x === undefined || axis === undefined
        ? name
        : `${name}, ${point(x, axis)}`,
      quantity(median, unit),
      samples.length > 1 ? `${number(min)} to ${number(max)}` : "",
    ];
  });
  printTable(rows);
  printTable(comparisons.map((comparison) => {
    const { median, range } = compared(comparison, unit);
    return [
      comparison.what,
      median,
      comparison.samples.length > 1 ? range : "",
      barOf(comparison, unit),
      verdictOf(comparison) ?? "",
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
