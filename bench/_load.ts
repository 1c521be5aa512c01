// Loads a native addon and ends: the first of the given names that there is.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const failures: unknown[] = [];
for (const name of Deno.args) {
  try {
    require(name);
    break;
  } catch (error) {
    failures.push(error);
  }
}
if (failures.length > 0 && failures.length === Deno.args.length) {
  throw failures[0];
}
