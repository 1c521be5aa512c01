// The generated part of the page, as Markdown.

import { kindOf, sideOf, systemOf } from "./_chart_style.ts";
import {
  barOf,
  compared,
  grammatical,
  middle,
  number,
  point,
  quantity,
  range,
} from "./_print.ts";
import {
  type Comparison,
  type Result,
  roundsOf,
  type Series,
  spreadOf,
  verdictOf,
} from "./_result.ts";
import type { Run } from "./_run_files.ts";
import { table } from "./_table.ts";

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

/** What was promised, and what came out: first what was not kept. */
function bars(results: readonly Result[]): string {
  const rows = { "not met": [] as string[][], "met": [] as string[][] };
  for (const result of results) {
    for (const comparison of result.comparisons) {
      const verdict = verdictOf(comparison);
      if (verdict === undefined) continue;
      const { what, median, range } = compared(comparison, result.unit);
      rows[verdict].push([
        linkTo(result),
        what,
        barOf(comparison, result.unit),
        `**${median}**`,
        range,
      ]);
    }
  }
  const all = rows.met.length + rows["not met"].length;
  if (all === 0) return "Nothing that has a bar was measured.";
  const header = ["", "what", "bar", "measured", "lowest to highest"];
  const part = (title: string, some: string[][]) =>
    some.length === 0
      ? []
      : [`${title}: ${some.length}`, table(header, once(some), "llrrr")];
  return [
    `${rows.met.length} of ${all} are met.`,
    ...part("❌ **Not met**", rows["not met"]),
    ...part("✅ **Met**", rows.met),
  ].join("\n\n");
}

/**
 * The best of ours beside the best peer, where there is one: at each point, and
 * only of what is alike, `…, 10 topics each` or `…, reconnect`. Beside that peer
 * once more ours on the binding that is recommended, where another is ahead.
 */
function standings(results: readonly Result[]): string {
  const rows = results.flatMap((result) => {
    const groups = Map.groupBy(
      result.series,
      ({ name, x }) => JSON.stringify([x ?? null, kindOf(name)]),
    );
    return [...groups.values()].flatMap((here) => {
      const ours = here.filter(({ name }) => sideOf(name) === "ours");
      const best = inFront(ours, result);
      const peer = inFront(
        here.filter(({ name }) => sideOf(name) === "peer"),
        result,
      );
      if (best === undefined || peer === undefined) return [];
      const recommended = ours.find((one) =>
        one !== best && one.name.includes(RECOMMENDED)
      );
      return [best, ...recommended === undefined ? [] : [recommended]]
        .map((one) => standing(one, peer, result));
    });
  });
  if (rows.length === 0) return "There is no peer here.";
  const header = [
    "",
    "at",
    "ours",
    "peer",
    "ahead, by the median of the rounds' ratios",
  ];
  return `The best of ours beside the best peer; and ours over iroh on \`${RECOMMENDED}/iroh\`, which is the recommended binding, where it was measured and is not the best. One of them is ahead when it was so in every round.\n\n${
    table(header, once(rows), "lllll")
  }`;
}

/** The binding of iroh that the manual recommends. */
const RECOMMENDED = "@number0";

function standing(ours: Series, peer: Series, result: Result): string[] {
  const { axis, unit, better } = result;
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
    ? `${systemOf(peer.name)}, ${number(1 / ratio.median)} times`
    : "neither";
  const at = ours.x === undefined || axis === undefined
    ? []
    : [pointOn(ours.x, axis)];
  const kind = kindOf(ours.name);
  return [
    linkTo(result),
    [...at, ...kind === "" ? [] : [kind]].join(", "),
    `${shortOf(systemOf(ours.name))} ${quantity(ours.samples, unit)}`.trim(),
    `${systemOf(peer.name)} ${quantity(peer.samples, unit)}`,
    ahead,
  ];
}

/** Says in the first row alone what all the next ones begin with. */
function once(rows: readonly string[][]): string[][] {
  return rows.map(([first = "", ...rest], i) => [
    first === rows[i - 1]?.[0] ? "" : first,
    ...rest,
  ]);
}

const medianOf = ({ samples }: Series) => spreadOf(samples).median;
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
      const { what, median, range } = compared(comparison, unit);
      return [what, median, range];
    }),
    "lrr",
  );
}

function tableOfBars(result: Result): string {
  const { series, unit } = result;
  const rounds = roundsOf(result);
  const rows = series.map(({ name, samples }) => [name, middle(samples)]);
  if (rounds === 1) return table(["", unit], rows, "lr");
  return table(
    ["", unit, `lowest to highest of ${rounds}`],
    rows.map((row, i) => [...row, range(series[i]!.samples)]),
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
        return `**${middle(at.samples)}**<br>${range(at.samples)}`;
      }),
    ]),
    `l${"r".repeat(xs.length)}`,
  );
}

/** A point in a sentence: `10 connections`, but `64 B` and `p50`. */
function pointOn(x: number, axis: string): string {
  const text = point(x, axis);
  return axis.startsWith("bytes") || axis === "percentile"
    ? text
    : grammatical(`${text} ${axis}`);
}

/** By its short name to its section, as GitHub names that. */
function linkTo({ id, title }: Result): string {
  const name = title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "");
  return `[${id.replaceAll("_", " ")}](#${name.replaceAll(" ", "-")})`;
}
