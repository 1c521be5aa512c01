// What `deno task fuzz` does: properties with new seeds until the time is over,
// or one failure again.

import { parseArgs } from "node:util";
import { freshSeed, type Property } from "./_property.ts";
import { Tally } from "./_tally.ts";

/** Where it prints. */
export interface Screen {
  line(text: string): void;
  error(text: string): void;
  /** Shows where it stands, over what it showed before; ends with a line. */
  progress?(text: string): void;
}

const USAGE = `Properties of the library with inputs that are new each time.

Usage: npx deno task fuzz [--minutes N] [--only NAME]... [--list]
       npx deno task fuzz --only NAME --seed SEED [--path PATH]

  --minutes  how long, 1 unless given; may have a fraction
  --only     this property alone; may be given several times
  --seed     the inputs of a former run again, --path the smallest that failed
  --list     the names of all
  --help     this text

Exit status: 0 all held, 1 one did not, 2 it cannot run like this.`;

/** Of what a property does in continuous integration, done in one go. */
const PART = 20;

/** Seconds between two lines where progress cannot be shown. */
const SILENCE = 10;

/** What the arguments ask for. */
interface Request {
  readonly properties: readonly Property[];
  readonly isList: boolean;
  readonly isHelp: boolean;
  readonly minutes: number;
  readonly seed: number | undefined;
  readonly path: string | undefined;
}

/** @throws {Error} That says what is wrong with the arguments. */
function requestOf(args: string[], all: readonly Property[]): Request {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "1" },
      only: { type: "string", multiple: true, default: [] },
      seed: { type: "string" },
      path: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const properties = values.only.map((name) => {
    const found = all.find((one) => one.name === name);
    if (found) return found;
    throw new Error(`Cannot use --only: no property is named "${name}"`);
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0) || !Number.isFinite(minutes)) {
    throw new Error(
      `Cannot use --minutes: "${values.minutes}" is not a number above 0`,
    );
  }
  const { seed, path } = values;
  if (seed !== undefined && !/^\d{1,10}$/.test(seed)) {
    throw new Error(`Cannot use --seed: "${seed}" is not a whole number`);
  }
  if (path !== undefined && !/^\d+(:\d+)*$/.test(path)) {
    throw new Error(
      `Cannot use --path: "${path}" is not numbers with colons between them`,
    );
  }
  if (path !== undefined && seed === undefined) {
    throw new Error("Cannot use --path: it goes with --seed");
  }
  if (seed !== undefined && properties.length !== 1) {
    throw new Error("Cannot use --seed: it goes with one --only");
  }
  return {
    properties: properties.length > 0 ? properties : all,
    isList: values.list,
    isHelp: values.help,
    minutes,
    seed: seed === undefined ? undefined : Number(seed),
    path,
  };
}

/**
 * Does what the arguments ask for.
 *
 * @param tally Counts as it goes, so that whoever breaks off can print it.
 * @returns The exit code: 1 when a property does not hold, 2 when the arguments
 * are wrong.
 */
export async function fuzz(
  args: string[],
  all: readonly Property[],
  screen: Screen,
  tally: Tally = new Tally(),
): Promise<number> {
  let request: Request;
  try {
    request = requestOf(args, all);
  } catch (error) {
    screen.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (request.isHelp) {
    screen.line(USAGE);
    return 0;
  }
  if (request.isList) {
    for (const { name } of all) screen.line(name);
    return 0;
  }
  const able = request.properties.filter(({ name, unavailable }) => {
    if (unavailable !== undefined) {
      screen.line(`Skipping ${name}: ${unavailable}`);
    }
    return unavailable === undefined;
  });
  if (able.length === 0) {
    screen.error("Cannot run: no property is left");
    return 2;
  }
  return request.seed === undefined
    ? await explore(able, request.minutes * 60, screen, tally)
    : await again(able[0]!, request.seed, request.path, screen);
}

async function again(
  property: Property,
  seed: number,
  path: string | undefined,
  screen: Screen,
): Promise<number> {
  const { runs } = property;
  const { inputs, failure } = await property.run({ seed, runs, path });
  if (failure === undefined) {
    screen.line(`${property.name} holds for ${inputs} inputs of seed ${seed}`);
    return 0;
  }
  screen.error(failure.message);
  return 1;
}

async function explore(
  properties: readonly Property[],
  seconds: number,
  screen: Screen,
  tally: Tally,
): Promise<number> {
  const start = performance.now();
  const since = (then: number) => (performance.now() - then) / 1000;
  let shownAt = -Infinity;
  for (let turn = 0; since(start) < seconds; turn++) {
    const property = properties[turn % properties.length]!;
    const { name } = property;
    const line = tally.line(name, since(start));
    if (screen.progress) screen.progress(line);
    else if (since(shownAt) > SILENCE) {
      screen.line(line);
      shownAt = performance.now();
    }
    // A signal, say, has its turn: many properties never leave theirs.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const then = performance.now();
    const runs = Math.ceil(property.runs / PART);
    const { inputs, failure } = await property.run({ seed: freshSeed(), runs });
    tally.add(name, inputs, since(then));
    if (failure !== undefined) {
      for (const row of tally.table()) screen.line(row);
      screen.error(failure.message);
      return 1;
    }
  }
  for (const row of tally.table()) screen.line(row);
  screen.line("No input was found for which one does not hold");
  return 0;
}
