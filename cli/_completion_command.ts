// `completion`: prints what a shell has to read.

import { completionScript, type Shell } from "./_completion.ts";
import type { Context } from "./_context.ts";
import { ExitCode } from "./_failure.ts";

/** Prints a script. */
export function run({ args, output }: Context): Promise<number> {
  output.line(completionScript(args.positionals[0] as Shell));
  return Promise.resolve(ExitCode.OK);
}
