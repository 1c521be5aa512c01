// The pictures of the page: SVG that looks the same on a light and a dark page.

import * as echarts from "echarts";
import { barChart } from "./_bar_chart.ts";
import { lineChart } from "./_line_chart.ts";
import { WIDTH } from "./_chart_style.ts";
import { point, quantity } from "./_print.ts";
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
  const drawn = svg.replaceAll(/\bzr\d+-\w+(-\d+)?/g, (name) => {
    if (!names.has(name)) names.set(name, `${result.id}-${names.size}`);
    return names.get(name)!;
  });
  return drawn.replace(/^<svg[^>]*>/, (tag) => withWords(tag, result)) +
    "\n";
}

/** For who hears the picture: its title, and all medians. */
function withWords(tag: string, result: Result): string {
  const { id, title, unit, better, axis, series } = result;
  const medians = series.map(({ name, x, samples }) => {
    const at = x === undefined || axis === undefined
      ? ""
      : `, ${point(x, axis)}`;
    return `${name}${at}: ${quantity(samples, unit)}`;
  });
  const texts = {
    title,
    desc: `${better} is better. ${medians.join("; ")}.`,
  };
  const ids = Object.keys(texts).map((name) => `${id}-${name}`).join(" ");
  const elements = Object.entries(texts).map(([name, text]) =>
    `<${name} id="${id}-${name}">${escaped(text)}</${name}>`
  );
  return `${tag.slice(0, -1)} role="img" aria-labelledby="${ids}">${
    elements.join("")
  }`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
