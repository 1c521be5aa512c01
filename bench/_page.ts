// The generated part of the page, as Markdown.

import { type Side, sideOf, systemOf } from "./_chart_style.ts";
import { barOf, compared, number, point, quantity } from "./_print.ts";
import {
  type Comparison,
  type Result,
  roundsOf,
  type Series,
  spreadOf,
  verdictOf,
} from "./_result.ts";
import type { Run } from "./_run_files.ts";

export function pageOf(run: Run): string {
  return [
    "## Results",
    described(run),
    "### Bars",
    bars(run.results),
    "### Who is in front",
    standings(run.results),
    ...run.results.flatMap((result) => section(result)),
  ].filter((part) => part !== "").join("\n\n");
}

function described({ at, seconds, rounds, machine, versions }: Run): string {
  const day = new Date(at).toLocaleDateString("en-GB", {
    dateStyle: "long",
    timeZone: "UTC",
  });
  const { processor, cores, gibibytes, system, deno } = machine;
  const peers = Object.entries(versions)
    .map(([name, version]) => `\`${name}\` ${version}`);
  return `Measured on ${day} in one run of ${
    seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`
  }, ${rounds} rounds, on ${processor}, ${cores} cores, ${gibibytes} GiB, ${system}, Deno ${deno}. Beside ${
    peers.join(", ")
  }.`;
}

/** Whether there is anything to draw: all may be missing here. */
export function isDrawn({ series }: Result): boolean {
  return series.length > 0;
}

/** What was promised, and what came out. */
function bars(results: readonly Result[]): string {
  const rows: string[][] = [];
  let met = 0;
  for (const { title, comparisons, unit } of results) {
    for (const comparison of comparisons) {
      const verdict = verdictOf(comparison);
      if (verdict === undefined) continue;
      if (verdict === "met") met++;
      const { median, range } = compared(comparison, unit);
      rows.push([
        linkTo(title),
        comparison.what,
        barOf(comparison, unit),
        `**${median}**`,
        range,
        verdict === "met" ? "✅ met" : "❌ not met",
      ]);
    }
  }
  if (rows.length === 0) return "Nothing that has a bar was measured.";
  const header = ["", "what", "bar", "measured", "lowest to highest", ""];
  return `${met} of ${rows.length} are met.\n\n${
    table(header, rows, "llrrrl")
  }`;
}

/**
 * The best of ours beside the best peer, where there is one: at each point, and
 * only of what is alike, `…, 10 topics each` or `…, reconnect`.
 */
function standings(results: readonly Result[]): string {
  const rows = results.flatMap((result) => {
    const { title, axis, unit, better } = result;
    const groups = Map.groupBy(
      result.series,
      ({ name, x }) => JSON.stringify([x ?? null, kindOf(name)]),
    );
    return [...groups.values()].flatMap((here) => {
      const best = (side: Side) =>
        inFront(here.filter(({ name }) => sideOf(name) === side), result);
      const ours = best("ours");
      const peer = best("peer");
      if (ours === undefined || peer === undefined) return [];
      const ratio = spreadOf(
        ours.samples.map((sample, round) =>
          better === "higher"
            ? sample / peer.samples[round]!
            : peer.samples[round]! / sample
        ),
      );
      const ahead = ratio.min > 1
        ? `**ours**, ${number(ratio.median)} times`
        : ratio.max < 1
        ? `${peer.name}, ${number(1 / ratio.median)} times`
        : "neither";
      return [[
        ours.x === undefined || axis === undefined
          ? linkTo(title)
          : `${linkTo(title)}, ${pointOn(ours.x, axis)}`,
        `${shortOf(ours.name)} ${quantity(medianOf(ours), unit)}`.trim(),
        `${peer.name} ${quantity(medianOf(peer), unit)}`,
        ahead,
      ]];
    });
  });
  if (rows.length === 0) return "There is no peer here.";
  return `The best of ours beside the best peer. One of them is ahead when it was so in every round.\n\n${
    table(["", "ours", "peer", "ahead"], rows, "llll")
  }`;
}

const medianOf = ({ samples }: Series) => spreadOf(samples).median;
const kindOf = (name: string) => name.slice(systemOf(name).length);
const shortOf = (name: string) => name.replace(/^@alkdev\/pubsub(, )?/, "");

function inFront(
  series: readonly Series[],
  { better }: Result,
): Series | undefined {
  const sorted = series.toSorted((a, b) => medianOf(a) - medianOf(b));
  return better === "higher" ? sorted.at(-1) : sorted[0];
}

function section(result: Result): string[] {
  const { id, title, method, comparisons, unit, skipped } = result;
  const others = comparisons.filter((one) => verdictOf(one) === undefined);
  const measured = result.axis === undefined
    ? tableOfBars(result)
    : tableOfLines(result, result.axis);
  const missing = skipped.map(({ name, why }) => `${name} (${why})`);
  return [
    `### ${title}`,
    ...isDrawn(result) ? [`![${title}](results/${id}.svg)`, measured] : [],
    others.length === 0 ? "" : comparisonTable(others, unit),
    missing.length === 0 ? "" : `Not measured: ${missing.join("; ")}.`,
    method,
  ];
}

function comparisonTable(
  comparisons: readonly Comparison[],
  unit: Result["unit"],
): string {
  return table(
    ["what", "measured", "lowest to highest"],
    comparisons.map((comparison) => {
      const { median, range } = compared(comparison, unit);
      return [comparison.what, median, range];
    }),
    "lrr",
  );
}

function tableOfBars(result: Result): string {
  const { series, unit } = result;
  return table(
    ["", unit, `lowest to highest of ${roundsOf(result)}`],
    series.map(({ name, samples }) => {
      const { median, min, max } = spreadOf(samples);
      return [name, number(median), `${number(min)} to ${number(max)}`];
    }),
    "lrr",
  );
}

function tableOfLines({ series, unit }: Result, axis: string): string {
  const xs = [...new Set(series.map(({ x }) => x!))].sort((a, b) => a - b);
  const names = [...new Set(series.map(({ name }) => name))];
  return table(
    [`${unit}, by ${axis}`, ...xs.map((x) => point(x, axis))],
    names.map((name) => [
      name,
      ...xs.map((x) => {
        const at = series.find((one) => one.name === name && one.x === x);
        if (at === undefined) return "";
        const { median, min, max } = spreadOf(at.samples);
        return `**${number(median)}**<br>${number(min)} to ${number(max)}`;
      }),
    ]),
    `l${"r".repeat(xs.length)}`,
  );
}

/** A point in a sentence: `10 connections`, but `64 B`. */
function pointOn(x: number, axis: string): string {
  const text = point(x, axis);
  return axis.startsWith("bytes") ? text : `${text} ${axis}`;
}

/** To its section, as GitHub names that. */
function linkTo(title: string): string {
  const name = title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "");
  return `[${title}](#${name.replaceAll(" ", "-")})`;
}

/** @param aligned A letter for each column: `l` or `r`. */
function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  aligned: string,
): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = [...aligned].map((letter) => letter === "r" ? "--:" : "---");
  return [line(header), line(rule), ...rows.map(line)].join("\n");
}
