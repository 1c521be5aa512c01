// What a command works with.

import type { Arguments } from "./_arguments.ts";
import type { Ending } from "./_ending.ts";
import type { Notes } from "./_notes.ts";
import type { Output } from "./_output.ts";

/** What a command works with. */
export interface Context {
  readonly args: Arguments;
  /** Standard output: data alone. */
  readonly output: Output;
  /** Standard error: what people read. */
  readonly notes: Notes;
  /** Aborts when the command is to come to its end. */
  readonly ending: Ending;
}
