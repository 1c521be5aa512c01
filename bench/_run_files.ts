// A run as it is kept: `results/*.json`, a chart of each, the part of `README.md`
// between two marks, and the tables of `docs/scaling.md` that are computed from it.
// The rest of these pages is written by hand.

import { pathToFileURL } from "node:url";
import { chartOf } from "./_charts.ts";
import type { Machine } from "./_machine.ts";
import { isDrawn, pageOf } from "./_page.ts";
import type { Result } from "./_result.ts";
import { scalingPageOf } from "./_scaling_page.ts";

/** What a run was. */
export interface RunDescription {
  /** When it began: ISO 8601. */
  readonly at: string;
  readonly seconds: number;
  readonly rounds: number;
  readonly machine: Machine;
  /** Of the peers that were there, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** All that was measured in one run. */
export interface Run extends RunDescription {
  /** In the order of the page. */
  readonly results: readonly Result[];
}

/** One file of `results/`. */
interface ResultFile {
  readonly run: RunDescription & { readonly workloads: readonly string[] };
  readonly result: Result;
}

/** What lies beside the harness. */
const HERE = new URL("./", import.meta.url);

const BEGIN =
  "<!-- What follows is written by `deno task bench:peers`: begin -->";
const END = "<!-- Written by `deno task bench:peers`: end -->";

const resultsOf = (directory: URL) => new URL("results/", directory);
const pageFileOf = (directory: URL) => new URL("README.md", directory);

/** What is said of the run that is kept, apart from its own page. */
const SCALING = new URL("../docs/scaling.md", HERE);

/** Keeps a run; a quick one is only made into files to see that it can be. */
export async function writeRun(run: Run, isQuick: boolean): Promise<void> {
  if (!isQuick) return await writeRunTo(run, HERE);
  const path = await Deno.makeTempDir();
  const directory = pathToFileURL(`${path}/`);
  try {
    await Deno.copyFile(pageFileOf(HERE), pageFileOf(directory));
    await writeRunTo(run, directory);
    const faults = await faultsOf(directory);
    if (faults.length > 0) throw new Error(faults.join("\n"));
    console.log(
      `\nThe results, charts and page of ${run.results.length} workloads were written to ${path}, found in order, and removed.`,
    );
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/** Writes data, charts and page into a directory that has a `README.md`. */
export async function writeRunTo(run: Run, directory: URL): Promise<void> {
  const { results, ...description } = run;
  const workloads = results.map(({ id }) => id);
  const folder = resultsOf(directory);
  // Nothing stays of a workload that is no longer there.
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder);
  for (const result of results) {
    const file: ResultFile = { run: { ...description, workloads }, result };
    await Deno.writeTextFile(
      new URL(`${result.id}.json`, folder),
      await formatted(JSON.stringify(file, rounded, 2), "json"),
    );
  }
  // From what was written: the page says what the files say.
  await renderRun(await readRun(directory), directory);
}

/** The run that was kept last. */
export async function readRun(directory: URL = HERE): Promise<Run> {
  const files: ResultFile[] = [];
  const folder = resultsOf(directory);
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".json")) continue;
    files.push(JSON.parse(await Deno.readTextFile(new URL(name, folder))));
  }
  const first = files[0];
  if (first === undefined) throw new Error("Cannot find a run: none was kept");
  const { workloads, ...description } = first.run;
  const results = workloads.map((id) => {
    const file = files.find(({ result }) => result.id === id);
    if (file?.run.at !== description.at) {
      throw new Error(`Cannot find ${id} of the run of ${description.at}`);
    }
    return file.result;
  });
  return { ...description, results };
}

/** Draws the charts and writes the page of a run. */
export async function renderRun(
  run: Run,
  directory: URL = HERE,
): Promise<void> {
  for (const result of run.results.filter(isDrawn)) {
    await Deno.writeTextFile(
      new URL(`${result.id}.svg`, resultsOf(directory)),
      await chartOf(result),
    );
  }
  const file = pageFileOf(directory);
  const page = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, await pageWith(run, page));
  if (directory.href !== HERE.href) return;
  const scaling = await Deno.readTextFile(SCALING);
  await Deno.writeTextFile(SCALING, await scalingWith(run, scaling));
}

/** What is wrong with what was kept; nothing, as it should be. */
export async function faultsOf(directory: URL = HERE): Promise<string[]> {
  const faults: string[] = [];
  const run = await readRun(directory);
  const page = await Deno.readTextFile(pageFileOf(directory));
  if (page !== await pageWith(run, page)) {
    faults.push("README.md does not say what results/*.json say");
  }
  if (directory.href === HERE.href) {
    const scaling = await Deno.readTextFile(SCALING);
    if (scaling !== await scalingWith(run, scaling)) {
      faults.push("docs/scaling.md does not compute with results/*.json");
    }
  }
  for (const result of run.results.filter(isDrawn)) {
    const chart = `results/${result.id}.svg`;
    if (!page.includes(`(${chart})`)) {
      faults.push(`README.md does not show ${chart}`);
    }
    const svg = await Deno.readTextFile(new URL(chart, directory))
      .catch(() => "");
    if (svg !== await chartOf(result)) {
      faults.push(`${chart} is not drawn from results/${result.id}.json`);
    }
  }
  return faults;
}

/** A page with another generated part. */
async function pageWith(run: Run, page: string): Promise<string> {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(`Cannot find where the results go: ${BEGIN} ${END}`);
  }
  const head = page.slice(0, begin + BEGIN.length);
  return await formatted(
    `${head}\n\n${pageOf(run)}\n\n${page.slice(end)}`,
    "md",
  );
}

async function scalingWith(run: Run, page: string): Promise<string> {
  return await formatted(scalingPageOf(page, run), "md");
}

/** Five digits that count: more would only make differences longer. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value)
    ? Number(value.toPrecision(5))
    : value;
}

/** As `deno fmt` wants it. */
async function formatted(text: string, extension: string): Promise<string> {
  // Samples on one line; `deno fmt` leaves them there.
  const compact = extension !== "json" ? text : text.replaceAll(
    /\[\s+([-\d.e+,\s]+?)\s+\]/g,
    (_all, numbers: string) => `[${numbers.replaceAll(/\s+/g, " ")}]`,
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext", extension, "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(compact));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error(`Cannot format what was made: ${extension}`);
  return new TextDecoder().decode(stdout);
}
