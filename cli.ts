/**
 * The command line: a hub in one terminal, `sub` and `pub` in others.
 *
 * ```sh
 * deno run -A jsr:@alkdev/pubsub/cli hub
 * deno run -A jsr:@alkdev/pubsub/cli sub --pretty message.sent
 * deno run -A jsr:@alkdev/pubsub/cli pub message.sent room-1 '{"text":"hello"}'
 * deno run -A jsr:@alkdev/pubsub/cli help
 * ```
 *
 * From npm it is `npx alkpubsub hub`, with `@alkdev/pubsub` installed. Data goes to
 * standard output, and what people read to standard error. The exit code is 0, 1
 * when something failed, 2 when what was typed makes no sense, and 130 when
 * Ctrl-C ended what was not done.
 *
 * @module
 */

import process from "node:process";
import type { CommandSpec } from "./cli/_spec.ts";
import type { Context } from "./cli/_context.ts";
import { Ending } from "./cli/_ending.ts";
import { ExitCode, exitCodeOf } from "./cli/_failure.ts";
import { isMain } from "./cli/_main.ts";
import { Notes } from "./cli/_notes.ts";
import { Output } from "./cli/_output.ts";
import { MissingCommand, readWords } from "./cli/_parsing.ts";
import type { ColorChoice } from "./cli/_stream.ts";

/**
 * Runs a command in this process: on its standard streams, and with its signals.
 *
 * @param args What stands behind the name of the program.
 * @returns The exit code. What went wrong has been said on standard error.
 *
 * @example
 * ```ts
 * import { runCommandLine } from "@alkdev/pubsub/cli";
 *
 * console.log(await runCommandLine(["sub", "--help"])); // 0, behind the help
 * ```
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const ending = new Ending();
  let notes = new Notes("auto", false);
  let output: Output | undefined;
  let code: number;
  let failure: unknown;
  try {
    const { command, args: read } = readWords(args);
    const color = read.text("color") as ColorChoice;
    notes.release();
    notes = new Notes(color, !!read.flag("quiet"));
    output = new Output(color, ending);
    ending.signal.addEventListener("abort", () => notes.interrupted());
    code = await runCommand(command, { args: read, output, notes, ending });
  } catch (error) {
    code = exitCodeOf(error);
    failure = error;
  }
  // Ended while it was connecting, say: that is what was asked for.
  if (failure !== undefined && ending.signal.aborted) {
    code = ending.code;
    failure = undefined;
  }
  try {
    // Whatever ended it: what was printed before comes first.
    await output?.flush();
  } catch (error) {
    code = ExitCode.FAILURE;
    failure ??= error;
  }
  if (failure !== undefined) notes.fail(failure);
  if (failure instanceof MissingCommand) {
    const { programHelp } = await import("./cli/_help.ts");
    const { style, columns } = notes;
    notes.say(`\n${programHelp({ style, columns })}`);
  }
  output?.release();
  notes.release();
  ending.release();
  return code;
}

/** Does what was asked of a command, or of the program itself. */
async function runCommand(
  command: CommandSpec | undefined,
  context: Context,
): Promise<number> {
  const { args, output, ending } = context;
  if (args.flag("help")) return await help(command, output);
  if (!command) {
    const { libraryVersion } = await import("./cli/_version.ts");
    output.line(libraryVersion());
    return ExitCode.OK;
  }
  ending.listen();
  const { run } = await command.load();
  return await run(context);
}

/** Help of a command goes where data goes: it was asked for. */
async function help(
  command: CommandSpec | undefined,
  output: Output,
): Promise<number> {
  const { commandHelp, programHelp } = await import("./cli/_help.ts");
  const layout = { style: output.style, columns: output.columns };
  output.line(command ? commandHelp(command, layout) : programHelp(layout));
  return ExitCode.OK;
}

if (isMain(import.meta)) {
  process.exit(await runCommandLine(process.argv.slice(2)));
}
