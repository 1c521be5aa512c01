// A property: what holds for every input, of which fast-check makes many.

import * as fc from "fast-check";
import { Watchdog } from "./_watchdog.ts";

/** Which inputs. */
export interface RunParams {
  /** The same inputs come from the same seed. */
  readonly seed: number;
  /** How many times the property is tried. */
  readonly runs: number;
  /** Where the shrunk case of a failure is: it is tried first. */
  readonly path?: string | undefined;
}

/** What came of a run. */
export interface Outcome {
  /** Inputs that were handed to the library. */
  readonly inputs: number;
  readonly failure: Failure | undefined;
}

/** An input for which a property does not hold, made as small as it gets. */
export interface Failure {
  /** The one command that shows it again. */
  readonly command: string;
  /** The input, what went wrong, and the command. */
  readonly message: string;
}

/** What holds for every input. */
export interface Property {
  readonly name: string;
  /** How many times it is tried in continuous integration. */
  readonly runs: number;
  /** Why it cannot be tried here. */
  readonly unavailable: string | undefined;
  /** What it sets up serves the next run, too. */
  run(params: RunParams): Promise<Outcome>;
  close(): Promise<void>;
}

interface Definition<T> {
  readonly name: string;
  readonly runs: number;
  readonly arbitrary: fc.Arbitrary<T>;
}

/**
 * A property of what answers at once.
 *
 * @param definition `check` throws when it does not hold, and may give how many
 * inputs the value stands for.
 */
export function property<T>(
  { name, runs, arbitrary, check }: Definition<T> & {
    readonly check: (value: T) => number | void;
  },
): Property {
  return {
    name,
    runs,
    unavailable: undefined,
    run(params) {
      let inputs = 0;
      const holds = fc.property(arbitrary, (value) => {
        inputs++;
        const more = check(value);
        if (more !== undefined) inputs += more - 1;
      });
      const details = fc.check(holds, parametersOf(params));
      return Promise.resolve(outcomeOf(name, inputs, details));
    },
    close: () => Promise.resolve(),
  };
}

/** Far more milliseconds than one input takes. */
const DEADLINE = 20_000;

/** For so many a failing input is made smaller. */
const SHRINKING = 30_000;

/** Nothing to set up. */
const nothing: AsyncDisposable = {
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/**
 * A property of what answers later. One that hangs fails.
 *
 * @param definition What `open` gives serves all inputs up to one that fails: an
 * endpoint of `@rayhanadev/iroh` keeps its sockets when it is closed.
 */
export function asyncProperty<T, S extends AsyncDisposable = AsyncDisposable>(
  { name, runs, arbitrary, unavailable, open, check, deadline = DEADLINE }:
    & Definition<T>
    & {
      readonly unavailable?: string | undefined;
      /** @default {20000} */
      readonly deadline?: number | undefined;
      readonly open?: () => Promise<S>;
      readonly check: (value: T, setting: S) => Promise<number | void>;
    },
): Property {
  let setting: S | undefined;
  const close = async () => {
    await setting?.[Symbol.asyncDispose]();
    setting = undefined;
  };
  return {
    name,
    runs,
    unavailable,
    close,
    async run(params) {
      let inputs = 0;
      let failedAt: number | undefined;
      using watchdog = new Watchdog(deadline);
      const holds = fc.asyncProperty(arbitrary, async (value) => {
        // Where a failure takes long, making it smaller would take for ever.
        fc.pre(!failedAt || performance.now() < failedAt + SHRINKING);
        inputs++;
        try {
          setting ??= await (open?.() ?? nothing as S);
          const more = await watchdog.watch(check(value, setting));
          if (more !== undefined) inputs += more - 1;
        } catch (error) {
          failedAt ??= performance.now();
          await close();
          throw error;
        }
      });
      const details = await fc.check(holds, parametersOf(params));
      return outcomeOf(name, inputs, details);
    },
  };
}

/** A seed that no run had before, most likely. */
export function freshSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1;
}

function parametersOf({ seed, runs, path }: RunParams) {
  return path === undefined
    ? { seed, numRuns: runs }
    : { seed, numRuns: runs, path, endOnFailure: true };
}

function outcomeOf<T>(
  name: string,
  inputs: number,
  details: fc.RunDetails<T>,
): Outcome {
  if (!details.failed) return { inputs, failure: undefined };
  const { seed, counterexamplePath: path } = details;
  const command =
    `npx deno task fuzz --only ${name} --seed ${seed} --path ${path}`;
  const report = fc.defaultReportMessage(details);
  const { errorInstance: error } = details;
  const why = error instanceof Error ? error.stack ?? error : error;
  const message = `${name}: ${report}\n\n${why}\n\nSee it again: ${command}`;
  return { inputs, failure: { command, message } };
}
