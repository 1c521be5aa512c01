// A chart of two lines over the last minutes: what came in, and what went out.
// Each value is of the time since the one before: lines have steps, no slopes.

import uPlot from "uplot";
import { create, element, setText } from "./_elements.ts";
import { time } from "./_format.ts";

/** What a chart shows. */
export interface ChartOptions {
  /** Of its elements: `<id>-chart`, `<id>-legend`. */
  readonly id: string;
  /** How a value reads. */
  format(value: number): string;
  /** How the values of the axis read, all in one way. */
  axis(values: readonly number[]): string[];
}

/** CSS pixels. */
const HEIGHT = 200;
/** Seconds between the times below a chart. */
const STEPS = [1, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600];

/** In the order in which lines are drawn: the thin one above the thick one. */
const LINES = [{ name: "out", width: 4.5 }, { name: "in", width: 1.75 }];

type Columns = [at: number[], outgoing: number[], incoming: number[]];

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
    this.#legend = LINES.map(({ name }) => create("b", name, "–"));
    const [outgoing, incoming] = this.#legend;
    element(`${options.id}-legend`).append(
      this.#when,
      create("span", "key in", "In"),
      incoming!,
      create("span", "key out", "Out"),
      outgoing!,
    );
    this.#plot = new uPlot(this.#plotOptions(), this.#data, this.#place);
    new ResizeObserver(() => this.#fit()).observe(this.#place);
  }

  /** Times are Unix times in milliseconds. */
  show(at: readonly number[], incoming: number[], outgoing: number[]): void {
    this.#data = [at.map((ms) => ms / 1000), outgoing, incoming];
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
    const { axis } = this.#options;
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
          values: (_plot, splits) => axis(splits),
        },
      ],
      series: [
        {},
        ...LINES.map(({ name, width }) => line(name, width)),
      ],
      hooks: { setCursor: [() => this.#tell()] },
    };
  }
}

function line(name: string, width: number): uPlot.Series {
  return {
    // A value holds from the one before on.
    paths: uPlot.paths.stepped!({ align: -1 }),
    stroke: () => color(name),
    fill: () => color(`${name}-fill`),
    width,
    points: { show: false },
  };
}

/** A color of the style, as the theme has it: a canvas knows no variables. */
function color(name: string): string {
  const probe = element(`color-${name}`);
  return getComputedStyle(probe).color;
}
