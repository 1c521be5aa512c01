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
import { Ending } from "./cli/_ending.ts";
import { ExitCode, exitCodeOf } from "./cli/_failure.ts";
import { isMain } from "./cli/_main.ts";
import { Notes } from "./cli/_notes.ts";
import { Output } from "./cli/_output.ts";
import { readWords } from "./cli/_parsing.ts";
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
  try {
    const { command, args: read } = readWords(args);
    const color = read.text("color") as ColorChoice;
    notes = new Notes(color, !!read.flag("quiet"));
    const output = new Output(color, ending);
    if (read.flag("help")) return await help(command, output);
    if (!command) {
      const { libraryVersion } = await import("./cli/_version.ts");
      output.line(libraryVersion());
      await output.flush();
      return ExitCode.OK;
    }
    ending.listen();
    ending.signal.addEventListener("abort", () => notes.interrupted());
    const { run } = await command.load();
    const code = await run({ args: read, output, notes, ending });
    await output.flush();
    return code;
  } catch (error) {
    // Ended while it was connecting, say: that is what was asked for.
    if (ending.signal.aborted) return ending.code;
    notes.fail(error);
    return exitCodeOf(error);
  } finally {
    ending.release();
  }
}

/** Help of a command goes where data goes: it was asked for. */
async function help(
  command: CommandSpec | undefined,
  output: Output,
): Promise<number> {
  const { commandHelp, programHelp } = await import("./cli/_help.ts");
  const layout = { style: output.style, columns: output.columns };
  output.line(command ? commandHelp(command, layout) : programHelp(layout));
  await output.flush();
  return ExitCode.OK;
}

if (isMain(import.meta)) {
  process.exit(await runCommandLine(process.argv.slice(2)));
}
