// What `ratios.ts` prints.

import { median, type Rates } from "./_turns.ts";

/** One line of the table. */
export interface Row {
  what: string;
  bar: string;
  measured: string;
  range: string;
  verdict: string;
  rates: string;
}

const fixed = (value: number) => value.toFixed(value < 10 ? 2 : 1);
const perSecond = (rate: number) =>
  `${Math.round(rate).toLocaleString("en")}/s`;

/** The lines so far. */
export class RatioTable {
  readonly #rows: Row[] = [];

  add(row: Row): void {
    this.#rows.push(row);
  }

  /** How many times as fast ours is, and at least has to be. */
  addRatio(
    what: string,
    bar: number | undefined,
    ours: Rates,
    control: Rates,
  ): void {
    const ratios = ours.map((rate, round) => rate / control[round]!);
    const ratio = median(ratios);
    this.add({
      what,
      bar: bar === undefined ? "" : `>= ${bar}`,
      measured: fixed(ratio),
      range: `${fixed(Math.min(...ratios))}..${fixed(Math.max(...ratios))}`,
      verdict: bar === undefined ? "" : ratio >= bar ? "ok" : "below",
      rates: `${perSecond(median(ours))} : ${perSecond(median(control))}`,
    });
  }

  addSkipped(what: string, why: string): void {
    this.add({
      what,
      bar: "",
      measured: "",
      range: "",
      verdict: "skipped",
      rates: why,
    });
  }

  print(): void {
    const header: Row = {
      what: "ratio",
      bar: "bar",
      measured: "median",
      range: "min..max",
      verdict: "",
      rates: "medians of both sides",
    };
    const rows = [header, ...this.#rows];
    const keys = Object.keys(header) as (keyof Row)[];
    const widths = keys.map((key) =>
      Math.max(...rows.map((row) => row[key].length))
    );
    for (const row of rows) {
      const cells = keys.map((key, i) => row[key].padEnd(widths[i]!));
      console.log(cells.join("  ").trimEnd());
    }
  }
}
