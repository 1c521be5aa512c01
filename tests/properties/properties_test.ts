// Every property with a new seed each time, for about a minute in all;
// `deno task fuzz` goes on for longer.

import { freshSeed } from "./_property.ts";
import { properties } from "./all.ts";

// Off by default in Deno 2.9; without them a socket left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

for (const property of properties) {
  Deno.test({
    name: `property: ${property.name}`,
    ignore: property.unavailable !== undefined,
    async fn() {
      const seed = freshSeed();
      console.log(`${property.name}: seed ${seed}`);
      const { failure } = await property.run({ seed, runs: property.runs });
      await property.close();
      if (failure !== undefined) throw new Error(failure.message);
    },
  });
}
