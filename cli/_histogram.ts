// A histogram of latencies, of block characters.

import { barText } from "./_bar.ts";
import type { Latencies } from "./_latencies.ts";
import type { Style } from "./_style.ts";

/** How it is drawn. */
export interface HistogramOptions {
  readonly style: Style;
  readonly columns: number;
}

/** The steps within ten, from coarse to fine. */
const STEPS = [
  [1, 2, 5],
  [1, 1.5, 2, 3, 5, 7],
  [1, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2],
] as const;

/** Rows that are enough to see a shape, and to fit a screen. */
const MIN_ROWS = 8;

const MAX_BAR = 60;

/** Rows of `up to`, a bar, and the part of all. */
export function histogramText(
  latencies: Latencies,
  { style, columns }: HistogramOptions,
): string {
  const bounds = boundsOf(latencies);
  const counts = latencies.between(bounds);
  const most = Math.max(...counts);
  const labels = bounds.map((bound) => `≤ ${boundText(bound)}`);
  const width = Math.max(...labels.map((label) => label.length));
  const room = Math.min(MAX_BAR, Math.max(8, columns - width - 12));
  return counts.map((count, i) => {
    const label = style.paint(labels[i]!.padStart(width), "dim");
    const part = count / latencies.count;
    // What is there is seen, however little it is.
    const bar = count === 0 ? "" : barText(count / most, room) || "▏";
    const percent = count === 0 ? "" : ` ${percentText(part)}`;
    return `  ${label} ${style.paint(bar, "cyan")}${percent}`.trimEnd();
  }).join("\n");
}

/** Upper bounds, of the coarsest steps that show a shape. */
function boundsOf({ min, max }: Latencies): number[] {
  let bounds: number[] = [];
  for (const steps of STEPS) {
    bounds = [];
    const first = Math.floor(Math.log10(Math.max(min, 0.001)));
    for (let decade = first;; decade++) {
      for (const step of steps) {
        const bound = Number((step * 10 ** decade).toPrecision(3));
        if (bound >= min) bounds.push(bound);
        if (bound >= max) break;
      }
      if (bounds.at(-1)! >= max) break;
    }
    if (bounds.length >= MIN_ROWS) break;
  }
  return bounds;
}

/** A bound has two digits: `1.5 ms`, `20 ms`, `2 s`. */
function boundText(milliseconds: number): string {
  if (milliseconds >= 1_000) return `${milliseconds / 1_000} s`;
  if (milliseconds >= 1) return `${milliseconds} ms`;
  return `${Math.round(milliseconds * 1_000)} µs`;
}

function percentText(part: number): string {
  const percent = part * 100;
  if (percent < 0.01) return "<0.01 %";
  return `${percent.toFixed(percent < 1 ? 2 : 1)} %`;
}
