// A bar for each series, the best first, with its median at the end.

import type { CustomSeriesRenderItem, EChartsOption } from "echarts";
import {
  colourOf,
  FAINT,
  FONT,
  GRID,
  kindOf,
  sideOf,
  systemOf,
  TEXT,
  titleOf,
  WIDTH,
  wrap,
} from "./_chart_style.ts";
import { number, quantity } from "./_print.ts";
import { type Result, type Series, spreadOf } from "./_result.ts";

const NAME_LINE = 15;
const BOTTOM = 18;
const SCALE = 24;
/** From where on the shortest bar would hardly be seen beside the longest. */
const WIDE = 20;
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

const RESIDENT = /, resident$/;
const HEAP = /, JavaScript heap$/;

/**
 * What is drawn: bytes of resident memory and bytes of heap are not to be
 * compared, and only the first are measured of everybody.
 */
function drawnOf({ series }: Result): { series: Series[]; of: string } {
  const resident = series.filter(({ name }) => RESIDENT.test(name));
  if (resident.length > 0) {
    return {
      series: resident.map((one) => ({
        ...one,
        name: one.name.replace(RESIDENT, ""),
      })),
      of: " of resident memory",
    };
  }
  const rest = series.filter(({ name }) => !HEAP.test(name));
  return {
    series: rest,
    of: rest.length < series.length ? " of resident memory" : "",
  };
}

/** One line of the picture: a bar and its name, or what the next ones are. */
interface Row {
  readonly heading?: string;
  readonly label: string;
  readonly one?: Series;
}

/** By binding or by kind where that makes groups that can be compared. */
function rowsOf(series: readonly Series[], { better }: Result): Row[] {
  const median = ({ samples }: Series) => spreadOf(samples).median;
  const bestFirst = (group: readonly Series[]) =>
    group.toSorted((a, b) =>
      better === "higher" ? median(b) - median(a) : median(a) - median(b)
    );
  const bindings = Map.groupBy(
    series,
    ({ name }) => /@(?:rayhanadev|number0)\b/.exec(name)?.[0] ?? "",
  );
  if (isGrouping(bindings) && !bindings.has("")) {
    return [...bindings].flatMap(([binding, group]): Row[] => [
      { heading: `On ${binding}/iroh`, label: "" },
      ...bestFirst(group).map((one) => ({ label: one.name, one })),
    ]);
  }
  const kinds = Map.groupBy(series, ({ name }) => kindOf(name));
  if (!isGrouping(kinds)) {
    return bestFirst(series).map((one) => ({ label: one.name, one }));
  }
  // Those of no kind come before the first heading.
  const inOrder = [...kinds].sort(([a], [b]) =>
    Number(b === "") - Number(a === "")
  );
  return inOrder.flatMap(([kind, group]): Row[] => [
    ...kind === "" ? [] : [{ heading: headed(kind), label: "" }],
    ...bestFirst(group).map((one) => ({ label: systemOf(one.name), one })),
  ]);
}

/** Whether there are several groups, of more than one each; or of no kind. */
function isGrouping(groups: ReadonlyMap<string, readonly Series[]>): boolean {
  return groups.size > 1 &&
    [...groups].every(([key, { length }]) => key === "" || length > 1);
}

const headed = (kind: string) => kind.charAt(0).toUpperCase() + kind.slice(1);

/** Where a value lies along the bars, and which steps are written there. */
function scaleOf(series: readonly Series[]) {
  const spreads = series.map(({ samples }) => spreadOf(samples));
  const medians = spreads.map(({ median }) => median);
  const least = Math.min(...spreads.map(({ min }) => min));
  const most = Math.max(0, ...spreads.map(({ max }) => max));
  const isLog = least > 0 &&
    Math.max(...medians) / Math.min(...medians) > WIDE;
  if (!isLog) {
    // Memory that was given back counts as less than none.
    const along = (value: number) => value;
    return {
      isLog,
      along,
      low: Math.min(0, least),
      high: most,
      base: 0,
      steps: [] as number[],
    };
  }
  const base = Math.floor(Math.log10(least));
  const along = (value: number) => Math.log10(value) - base;
  const high = along(most);
  const steps = Array.from({ length: Math.floor(high) + 1 }, (_, i) => i);
  return { isLog, along, low: 0, high, steps, base };
}

export function barChart(
  result: Result,
): EChartsOption & { height: number } {
  const { series, of } = drawnOf(result);
  const { isLog, along, low, high, steps, base } = scaleOf(series);
  const { title, height: top } = titleOf(
    result,
    `${of}${isLog ? ", log scale" : ""}`,
  );
  const rows = rowsOf(series, result);
  const labels = rows.map(({ label }) => wrap(label, 30));
  // As high as the longest name wants it.
  const lines = Math.max(...labels.map(({ length }) => length));
  const row = Math.max(32, 10 + NAME_LINE * lines);
  const bottom = isLog ? BOTTOM + SCALE : BOTTOM;
  const font = { fontFamily: FONT, fontSize: 12 };
  const bars = rows.flatMap(({ one }, i) =>
    one === undefined ? [] : [{ i, ...one, ...spreadOf(one.samples) }]
  );
  return {
    height: top + row * rows.length + bottom,
    title,
    grid: {
      left: NAMES,
      right: VALUES,
      top,
      bottom,
      outerBoundsMode: "none",
    },
    xAxis: {
      type: "value",
      show: isLog,
      min: low,
      max: high,
      axisLine: { show: false },
      axisTick: { show: false, customValues: steps },
      splitLine: { show: false },
      axisLabel: {
        ...font,
        color: FAINT,
        customValues: steps,
        formatter: (step) => number(10 ** (base + step)).replace(/\.0+$/, ""),
      },
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: labels.map((lines) => lines.join("\n")),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: TEXT } },
      axisLabel: {
        ...font,
        interval: 0,
        margin: 10,
        lineHeight: NAME_LINE,
        color: TEXT,
      },
    },
    series: [
      {
        type: "bar",
        barWidth: 22,
        barMinHeight: 3,
        data: bars.map(({ i, name, median }) => ({
          value: [along(median), i],
          itemStyle: { color: colourOf(name) },
        })),
      },
      {
        type: "custom",
        renderItem: renderWhisker,
        silent: true,
        z: 3,
        data: bars.filter(({ samples }) => samples.length > 1)
          .map(({ i, min, max }) => [i, along(min), along(max)]),
      },
      {
        // Where the whiskers end: they must not cross the figures.
        type: "scatter",
        symbolSize: 0.01,
        itemStyle: { opacity: 1 },
        z: 4,
        data: bars.map(({ i, name, samples, max }) => ({
          value: [along(max), i],
          label: {
            ...font,
            show: true,
            position: "right",
            distance: 6,
            formatter: quantity(samples, result.unit),
            fontWeight: sideOf(name) === "ours" ? "bold" : "normal",
            color: TEXT,
          },
        })),
      },
    ],
    graphic: [
      ...steps.map((step) => {
        const x = NAMES + step / high * (WIDTH - NAMES - VALUES);
        return {
          type: "line" as const,
          shape: { x1: x, x2: x, y1: top, y2: top + row * rows.length },
          style: { stroke: GRID, lineWidth: 1 },
          z: -1,
          silent: true,
        };
      }),
      ...rows.flatMap(({ heading }, i) =>
        heading === undefined ? [] : [{
          type: "text" as const,
          x: 16,
          y: top + row * (i + 1) - 6,
          style: {
            text: heading,
            font: `bold 13px ${FONT}`,
            fill: TEXT,
            verticalAlign: "bottom" as const,
          },
        }]
      ),
    ],
  };
}
