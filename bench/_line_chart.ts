// A line for each name along the axis of a result, named at its end.

import type { CustomSeriesRenderItem, EChartsOption } from "echarts";
import {
  colourOf,
  FAINT,
  FONT,
  GRID,
  sideOf,
  symbolOf,
  TEXT,
  titleOf,
  WIDTH,
  wrap,
} from "./_chart_style.ts";
import { number, point } from "./_print.ts";
import { type Result, spreadOf } from "./_result.ts";

const BOTTOM = 50;
const LEFT = 84;
const NAMES = 250;
const LINE_HEIGHT = 15;
const CHARACTERS = 28;
const MIN_PLOT_HEIGHT = 280;

/** Logarithms of round steps over all values: 1, 2, 5, or 1 alone. */
function stepsOver(low: number, high: number): number[] {
  const digits = high / low > 200 ? [1] : [1, 2, 5];
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power < 18; power++) {
    for (const digit of digits) all.push(digit * 10 ** power);
  }
  const first = all.findLastIndex((step) => step <= low);
  const last = all.findIndex((step) => step >= high && step > all[first]!);
  return all.slice(first, last + 1).map(Math.log10);
}

/** Moved apart, so that each has its room, and kept within the plot. */
function spreadOut(
  labels: readonly { readonly y: number; readonly height: number }[],
  top: number,
  bottom: number,
): number[] {
  const order = labels.map((_, i) => i).sort((a, b) =>
    labels[a]!.y - labels[b]!.y
  );
  const ys = labels.map(({ y }) => y);
  let free = top - 8;
  for (const i of order) {
    const half = labels[i]!.height / 2;
    ys[i] = Math.max(ys[i]!, free + half);
    free = ys[i]! + half;
  }
  free = bottom + 8;
  for (const i of order.toReversed()) {
    const half = labels[i]!.height / 2;
    ys[i] = Math.min(ys[i]!, free - half);
    free = ys[i]! - half;
  }
  return ys;
}

const renderWhisker: CustomSeriesRenderItem = (_params, api) => {
  const [x1 = 0, y1 = 0] = api.coord([api.value(0), api.value(1)]);
  const [, y2 = 0] = api.coord([api.value(0), api.value(2)]);
  return {
    type: "line",
    shape: { x1, y1, x2: x1, y2 },
    style: {
      stroke: String(api.visual("color")),
      lineWidth: 1.2,
      opacity: 0.7,
    },
  };
};

/** What two lines of one colour are told apart by, and limits from all. */
function styleOf(
  name: string,
  isSecond: boolean,
): "dashed" | "dotted" | "solid" {
  return sideOf(name) === "limit" ? "dashed" : isSecond ? "dotted" : "solid";
}

export function lineChart(
  result: Result,
  axis: string,
): EChartsOption & { height: number } {
  const { title, height: head } = titleOf(
    result,
    `, log scale, by ${axis}`,
  );
  const top = head + 12;
  const names = [...new Set(result.series.map(({ name }) => name))];
  const limits = names.filter((name) => sideOf(name) === "limit");
  const xs = [...new Set(result.series.map(({ x }) => x!))]
    .sort((a, b) => a - b);
  const colours = names.map((name) => colourOf(name, limits.indexOf(name)));
  const lines = names.map((name, i) => ({
    name,
    colour: colours[i]!,
    style: styleOf(name, colours.indexOf(colours[i]!) < i),
    texts: wrap(name, CHARACTERS),
    points: result.series.filter((one) => one.name === name)
      .map(({ x, samples }) => ({
        x: x!,
        rounds: samples.length,
        ...spreadOf(samples),
      }))
      .sort((a, b) => a.x - b.x),
  }));
  const all = lines.flatMap(({ points }) => [
    ...points.map(({ min }) => min),
    ...points.map(({ max }) => max),
  ]);
  // What is not more than nothing has no logarithm: it lies at the bottom.
  const least = Math.min(...all.filter((value) => value > 0));
  const log = (value: number) => Math.log10(Math.max(value, least));
  // One step from each point to the next: what is measured grows tenfold, or is
  // a percentile.
  const along = (x: number) => xs.indexOf(x);
  const steps = stepsOver(least, Math.max(...all));
  const [low = 0, high = 1] = [steps[0], steps.at(-1)];

  const heights = lines.map(({ texts }) => (texts.length + 1) * LINE_HEIGHT);
  const plot = Math.max(
    MIN_PLOT_HEIGHT,
    heights.reduce((sum, height) => sum + height, 0),
  );
  const height = top + plot + BOTTOM;
  /** Where on the picture what has that logarithm is. */
  const y = (logarithm: number) =>
    top + (high - logarithm) / (high - low) * plot;
  const ends = lines.map(({ points }, i) => ({
    y: y(log(points.at(-1)!.median)),
    height: heights[i]! + 4,
  }));
  const labelYs = spreadOut(ends, top, top + plot);
  const right = WIDTH - NAMES;
  const font = { fontFamily: FONT, fontSize: 12 };

  return {
    height,
    title,
    grid: {
      left: LEFT,
      right: NAMES,
      top,
      bottom: BOTTOM,
      outerBoundsMode: "none",
    },
    xAxis: {
      type: "value",
      min: 0,
      max: Math.max(1, xs.length - 1),
      name: axis,
      nameLocation: "middle",
      nameGap: 28,
      nameTextStyle: { ...font, color: FAINT },
      splitLine: { show: false },
      axisLine: { onZero: false, lineStyle: { color: TEXT } },
      axisTick: { show: true, customValues: xs.map(along) },
      axisLabel: {
        ...font,
        color: TEXT,
        customValues: xs.map(along),
        formatter: (value) => point(xs[value]!, axis),
      },
    },
    yAxis: {
      type: "value",
      min: low,
      max: high,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: {
        ...font,
        color: FAINT,
        customValues: steps,
        formatter: (value) => number(10 ** value).replace(/\.0+$/, ""),
      },
    },
    series: [
      ...lines.map(({ name, colour, style, points }) => ({
        type: "line" as const,
        name,
        data: points.map(({ x, median }) => [along(x), log(median)]),
        symbol: symbolOf(name),
        symbolSize: symbolOf(name) === "circle" ? 7 : 9,
        z: sideOf(name) === "ours" ? 4 : 3,
        itemStyle: { color: colour },
        lineStyle: {
          color: colour,
          width: sideOf(name) === "ours" ? 3 : 2,
          type: style,
        },
      })),
      ...lines.map(({ colour, points }) => ({
        type: "custom" as const,
        renderItem: renderWhisker,
        itemStyle: { color: colour },
        data: points.filter(({ rounds }) => rounds > 1)
          .map(({ x, min, max }) => [along(x), log(min), log(max)]),
      })),
    ],
    graphic: [
      ...steps.map((step) => ({
        type: "line" as const,
        shape: { x1: LEFT, x2: right, y1: y(step), y2: y(step) },
        style: { stroke: GRID, lineWidth: 1 },
        z: -1,
        silent: true,
      })),
      ...lines.flatMap(({ name, colour, texts, points }, i) => {
        const last = points.at(-1)!;
        const isAtEnd = last.x === xs.at(-1);
        const at = labelYs[i]!;
        const value = `${number(last.median)} ${result.unit}`;
        return [
          ...(isAtEnd
            ? [{
              type: "line" as const,
              shape: { x1: right + 6, y1: ends[i]!.y, x2: right + 22, y2: at },
              style: { stroke: colour, lineWidth: 1 },
            }]
            : []),
          {
            type: "text" as const,
            x: right + 26,
            y: at,
            style: {
              text: [
                ...texts,
                isAtEnd ? value : `${value} at ${point(last.x, axis)}`,
              ].join("\n"),
              font: `${sideOf(name) === "ours" ? "bold " : ""}12px ${FONT}`,
              fill: sideOf(name) === "limit" ? FAINT : colour,
              lineHeight: LINE_HEIGHT,
              verticalAlign: "middle" as const,
            },
          },
        ];
      }),
    ],
  };
}
