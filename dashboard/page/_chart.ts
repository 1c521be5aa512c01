// A chart of two lines over the last minutes: what came in, and what went out.

import uPlot from "uplot";
import { create, element, setText } from "./_elements.ts";
import { time } from "./_format.ts";

/** What a chart shows. */
export interface ChartOptions {
  /** Of its elements: `<id>-chart`, `<id>-legend`. */
  readonly id: string;
  /** How a value reads. */
  format(value: number): string;
}

/** CSS pixels. */
const HEIGHT = 200;
/** Seconds between the times below a chart. */
const STEPS = [1, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600];

type Columns = [at: number[], incoming: number[], outgoing: number[]];

/** A chart that fits the width of its place. */
export class Chart {
  readonly #options: ChartOptions;
  readonly #place: HTMLElement;
  readonly #plot: uPlot;
  readonly #legend: readonly HTMLElement[];
  readonly #when = create("span", "when");
  #data: Columns = [[], [], []];

  constructor(options: ChartOptions) {
    this.#options = options;
    this.#place = element(`${options.id}-chart`);
    this.#legend = ["in", "out"].map((name) => create("b", name, "–"));
    element(`${options.id}-legend`).append(
      this.#when,
      ...["In", "Out"].flatMap((name, i) => [
        create("span", `key ${name.toLowerCase()}`, name),
        this.#legend[i]!,
      ]),
    );
    this.#plot = new uPlot(this.#plotOptions(), this.#data, this.#place);
    new ResizeObserver(() => this.#fit()).observe(this.#place);
  }

  /** Times are Unix times in milliseconds. */
  show(at: readonly number[], incoming: number[], outgoing: number[]): void {
    this.#data = [at.map((ms) => ms / 1000), incoming, outgoing];
    this.#plot.setData(this.#data);
    this.#tell();
  }

  /** In the colors of now. */
  redraw(): void {
    this.#plot.redraw(false);
  }

  #fit(): void {
    this.#plot.setSize({ width: this.#place.clientWidth, height: HEIGHT });
  }

  /** Says what is below the pointer, or the newest. */
  #tell(): void {
    const last = this.#data[0].length - 1;
    const at = this.#plot.cursor.idx ?? last;
    for (const [i, value] of this.#legend.entries()) {
      const number = this.#data[i + 1]![at];
      setText(
        value,
        number === undefined ? "–" : this.#options.format(number),
      );
    }
    const seconds = this.#data[0][at];
    const isPast = at !== last && seconds !== undefined;
    setText(this.#when, isPast ? time(seconds * 1000) : "");
  }

  #plotOptions(): uPlot.Options {
    const { format } = this.#options;
    const font = "12px system-ui, sans-serif";
    const grid = { stroke: () => color("grid"), width: 1 };
    return {
      width: this.#place.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, points: { size: 7 } },
      padding: [8, 22, 0, 0],
      scales: {
        // From zero, and not from line to line when there is nothing.
        y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] },
      },
      axes: [
        {
          stroke: () => color("dim"),
          font,
          grid: { show: false },
          ticks: { show: false },
          size: 26,
          space: 70,
          incrs: STEPS,
          values: (_plot, splits, _axis, _space, step) =>
            splits.map((seconds) => time(seconds * 1000, step < 60)),
        },
        {
          stroke: () => color("dim"),
          font,
          grid,
          ticks: { show: false },
          size: 58,
          space: 36,
          values: (_plot, splits) => splits.map(format),
        },
      ],
      series: [
        {},
        line("in"),
        line("out"),
      ],
      hooks: { setCursor: [() => this.#tell()] },
    };
  }
}

function line(name: string): uPlot.Series {
  return {
    stroke: () => color(name),
    fill: () => color(`${name}-fill`),
    width: 1.75,
    points: { show: false },
  };
}

/** A color of the style, as the theme has it: a canvas knows no variables. */
function color(name: string): string {
  const probe = element(`color-${name}`);
  return getComputedStyle(probe).color;
}
