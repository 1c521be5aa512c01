// Standard output and standard error, as far as they are a terminal.

import process from "node:process";
import { Style } from "./_style.ts";

/** When there are to be colours. */
export type ColorChoice = "auto" | "always" | "never";

/** What is written to. */
export type StandardStream = typeof process.stdout | typeof process.stderr;

/** The colours of a stream. */
export function styleOf(stream: StandardStream, choice: ColorChoice): Style {
  if (choice !== "auto") return new Style(choice === "always");
  // https://no-color.org
  const { NO_COLOR, TERM } = process.env;
  return new Style(!!stream.isTTY && !NO_COLOR && TERM !== "dumb");
}

/** The columns of a terminal; of anything else those that readers have. */
export function columnsOf(stream: StandardStream): number {
  return stream.isTTY && stream.columns || Number(process.env.COLUMNS) || 80;
}

/** The rows of a terminal. */
export function rowsOf(stream: StandardStream): number {
  return stream.isTTY && stream.rows || 24;
}
