// What a command ends with when something is wrong: one line, and a code.

import { inLine } from "../_options.ts";

/** The codes a process ends with. */
export const ExitCode = {
  OK: 0,
  FAILURE: 1,
  USAGE: 2,
  /** 128 and the number of the signal, as shells have it. */
  INTERRUPTED: 130,
  TERMINATED: 143,
} as const;

/** Something could not be done; the message says all that there is to say. */
export class Failure extends Error {
  override readonly name: string = "Failure";
}

/** What was typed makes no sense. */
export class UsageError extends Failure {
  override readonly name = "UsageError";
}

/** The code for an error. */
export function exitCodeOf(error: unknown): number {
  return error instanceof UsageError ? ExitCode.USAGE : ExitCode.FAILURE;
}

/** An error in one line, as it stands behind the name of the program. */
export function explain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = inLine(text.trim().split(/\s*\n\s*/)[0] ?? "", MAX_LENGTH);
  return line.replace(/^C(?=annot |onnection )/, "c");
}

/** Of a line: whatever a peer has sent, it stays one that can be read. */
const MAX_LENGTH = 1_000;
