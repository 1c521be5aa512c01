// What was closed is collected while what it was given lives on: endpoints,
// sockets, workers, signals, targets.

import assert from "node:assert/strict";
import { bindings } from "../_iroh.ts";
import { Metered } from "./_process.ts";

Deno.test.sanitizer({ ops: true, resources: true });

Deno.test("what was closed is collected while what it was given lives on", async (t) => {
  await using process = await Metered.start<string[]>(
    "./_collected_process.ts",
  );
  const scenarios = process.hello;
  const there = bindings.filter(({ unavailable }) => !unavailable).length;
  assert.equal(scenarios.length, 13 + there);
  for (const scenario of scenarios) {
    await t.step(scenario, async () => {
      const left = await process.ask<number>(scenario);
      assert.equal(left, 0, `${left} are left`);
    });
  }
});
