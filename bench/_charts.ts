// The pictures of the page: SVG that looks the same on a light and a dark page.

import * as echarts from "echarts";
import { barChart } from "./_bar_chart.ts";
import { lineChart } from "./_line_chart.ts";
import { WIDTH } from "./_chart_style.ts";
import type { Result } from "./_result.ts";

export async function chartOf(result: Result): Promise<string> {
  const { height, ...option } = result.axis === undefined
    ? barChart(result)
    : lineChart(result, result.axis);
  const chart = echarts.init(null, null, {
    renderer: "svg",
    ssr: true,
    width: WIDTH,
    height,
  });
  chart.setOption({ animation: false, backgroundColor: "#ffffff", ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // It has asked for a frame in 16 ms, and does not take that back.
  await new Promise((resolve) => setTimeout(resolve, 17));
  // Its names count up from chart to chart: the same data, the same bytes.
  const names = new Map<string, string>();
  return svg.replaceAll(/\bzr\d+-\w+(-\d+)?/g, (name) => {
    if (!names.has(name)) names.set(name, `${result.id}-${names.size}`);
    return names.get(name)!;
  }) + "\n";
}
