// A bar for each series, with its median at the end.

import type { CustomSeriesRenderItem, EChartsOption } from "echarts";
import { colourOf, FONT, sideOf, TEXT, titleOf, wrap } from "./_chart_style.ts";
import { quantity } from "./_print.ts";
import { type Result, spreadOf } from "./_result.ts";

const NAME_LINE = 15;
const BOTTOM = 18;
const NAMES = 224;
const VALUES = 124;

/** From the lowest to the highest round, around the middle of a bar. */
const renderWhisker: CustomSeriesRenderItem = (_params, api) => {
  const row = api.value(0);
  const [left = 0, y = 0] = api.coord([api.value(1), row]);
  const [right = 0] = api.coord([api.value(2), row]);
  const line = (x1: number, y1: number, x2: number, y2: number) => ({
    type: "line" as const,
    shape: { x1, y1, x2, y2 },
  });
  const lines = [
    line(left, y, right, y),
    line(left, y - 4, left, y + 4),
    line(right, y - 4, right, y + 4),
  ];
  // On white, so that it is seen on a dark bar too.
  const styles = [
    { stroke: "#ffffff", lineWidth: 3.6 },
    { stroke: TEXT, lineWidth: 1.2 },
  ];
  return {
    type: "group",
    children: styles.flatMap((style) =>
      lines.map((line) => ({ ...line, style }))
    ),
  };
};

export function barChart(
  result: Result,
): EChartsOption & { height: number } {
  const { series, unit } = result;
  const { title, height: top } = titleOf(result);
  const names = series.map(({ name }) => name);
  const labels = names.map((name) => wrap(name, 30));
  // As high as the longest name wants it, and two lines at least.
  const row = 10 +
    NAME_LINE * Math.max(2, ...labels.map(({ length }) => length));
  const spreads = series.map(({ samples }) => spreadOf(samples));
  // Memory that was given back counts as less than none.
  const least = Math.min(0, ...spreads.map(({ min }) => min));
  const most = Math.max(0, ...spreads.map(({ max }) => max));
  return {
    height: top + row * series.length + BOTTOM,
    title,
    grid: {
      left: NAMES,
      right: VALUES,
      top,
      bottom: BOTTOM,
      outerBoundsMode: "none",
    },
    xAxis: { type: "value", show: false, min: least, max: most },
    yAxis: {
      type: "category",
      inverse: true,
      data: labels.map((lines) => lines.join("\n")),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: TEXT } },
      axisLabel: {
        interval: 0,
        margin: 10,
        lineHeight: NAME_LINE,
        fontFamily: FONT,
        fontSize: 12,
        color: TEXT,
      },
    },
    series: [
      {
        type: "bar",
        barWidth: 22,
        barMinHeight: 3,
        data: spreads.map(({ median }, i) => ({
          value: median,
          itemStyle: { color: colourOf(names[i]!) },
        })),
      },
      {
        type: "custom",
        renderItem: renderWhisker,
        silent: true,
        z: 3,
        data: spreads.map(({ min, max }, i) => [i, min, max]),
      },
      {
        // Where the whiskers end: they must not cross the figures.
        type: "scatter",
        symbolSize: 0.01,
        itemStyle: { opacity: 1 },
        z: 4,
        data: spreads.map(({ median, max }, i) => ({
          value: [max, i],
          label: {
            show: true,
            position: "right",
            distance: 6,
            formatter: quantity(median, unit),
            fontFamily: FONT,
            fontSize: 12,
            fontWeight: sideOf(names[i]!) === "ours" ? "bold" : "normal",
            color: TEXT,
          },
        })),
      },
    ],
  };
}
