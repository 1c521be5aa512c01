// The snippets of the documentation that come as files do what their pages say.

import { within } from "../_deferred.ts";
import { play } from "./_docs_files.ts";
import { scenarios } from "./_docs_scenarios.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Far more than any of them takes. */
const DEADLINE = 120_000;

for (const scenario of scenarios) {
  const { name, page, files, unavailable } = scenario;
  Deno.test({
    name: `${page} (${files.join(", ")}): ${name}`,
    ignore: unavailable !== undefined,
    fn: () =>
      within(play(scenario), DEADLINE, () => {
        throw new Error(`${name}: not within ${DEADLINE} ms`);
      }),
  });
}
