// Every command, in the order of help: what is read, explained and completed.

import { pubSpec, subSpec } from "./_event_specs.ts";
import { hubSpec } from "./_hub_spec.ts";
import { benchSpec, pingSpec, topSpec } from "./_measure_specs.ts";
import { completionSpec, keySpec } from "./_other_specs.ts";
import type { CommandSpec } from "./_spec.ts";

/** The commands. */
export const COMMANDS: readonly CommandSpec[] = [
  hubSpec,
  subSpec,
  pubSpec,
  benchSpec,
  topSpec,
  pingSpec,
  keySpec,
  completionSpec,
];
