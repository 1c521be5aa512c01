// A line of the last few values, as small as a word.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 72;
const HEIGHT = 20;
/** Values it shows. */
export const SPARK_POINTS = 30;

/** A sparkline: those who do not see it have the figures beside it. */
export class Sparkline {
  readonly element: SVGSVGElement = document.createElementNS(SVG, "svg");
  /** Where nothing is; the line comes in from the right. */
  readonly #base = document.createElementNS(SVG, "path");
  readonly #line = document.createElementNS(SVG, "path");

  constructor() {
    this.element.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.element.setAttribute("class", "spark");
    this.element.setAttribute("aria-hidden", "true");
    this.#base.setAttribute("class", "base");
    this.#base.setAttribute("d", `M0,${HEIGHT - 0.5}H${WIDTH}`);
    this.element.append(this.#base, this.#line);
  }

  /** Shows values, the newest at the right. */
  show(values: readonly number[]): void {
    const max = Math.max(...values) || 1;
    const step = WIDTH / (SPARK_POINTS - 1);
    const left = WIDTH - (values.length - 1) * step;
    const points = values.map((value, i) => {
      const y = HEIGHT - 1 - value / max * (HEIGHT - 2);
      return `${(left + i * step).toFixed(1)},${y.toFixed(1)}`;
    });
    // One value alone is a dot.
    const rest = points.length > 1 ? points.slice(1).join("L") : points[0];
    this.#line.setAttribute("d", `M${points[0]}L${rest}`);
  }
}
