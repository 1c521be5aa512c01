// Waiting for what is under way, and for nothing that is started meanwhile.

import assert from "node:assert/strict";
import { InFlight } from "../_in_flight.ts";
import { randomOf } from "./_random.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** A wait, and whether it is over. */
function watch(inFlight: InFlight): { isOver: boolean } {
  const wait = { isOver: false };
  inFlight.settled().then(() => wait.isOver = true);
  return wait;
}

Deno.test("InFlight is settled while nothing is under way", async () => {
  const inFlight = new InFlight();
  await inFlight.settled();
  inFlight.end(inFlight.start());
  await inFlight.settled();
});

Deno.test("InFlight settles with the last of those of before", async () => {
  const inFlight = new InFlight();
  const before = [inFlight.start(), inFlight.start(), inFlight.start()];
  const wait = watch(inFlight);
  const behind = inFlight.start();
  for (const generation of before) {
    await Promise.resolve();
    assert.equal(wait.isOver, false);
    inFlight.end(generation);
  }
  await Promise.resolve();
  assert.equal(wait.isOver, true, "whatever was started meanwhile");
  const last = watch(inFlight);
  inFlight.end(behind);
  await Promise.resolve();
  assert.equal(last.isOver, true);
});

Deno.test("InFlight waits for the oldest when younger ones end first", async () => {
  const inFlight = new InFlight();
  const oldest = inFlight.start();
  const first = watch(inFlight);
  const middle = inFlight.start();
  const second = watch(inFlight);
  const third = watch(inFlight);
  inFlight.end(middle);
  await Promise.resolve();
  assert.deepEqual([first.isOver, second.isOver, third.isOver], [
    false,
    false,
    false,
  ]);
  inFlight.end(oldest);
  await Promise.resolve();
  assert.deepEqual([first.isOver, second.isOver, third.isOver], [
    true,
    true,
    true,
  ]);
});

Deno.test("InFlight settles each wait when what it waits for is over", async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = randomOf(seed);
    const inFlight = new InFlight();
    const open = new Map<number, number>();
    const waits: { wait: { isOver: boolean }; until: Set<number> }[] = [];
    let last = 0;
    const check = async () => {
      await Promise.resolve();
      for (const { wait, until } of waits) {
        const isOver = [...until].every((one) => !open.has(one));
        assert.equal(wait.isOver, isOver, `seed ${seed}`);
      }
    };
    for (let step = 0; step < 60; step++) {
      const dice = random(10);
      if (dice < 4) open.set(++last, inFlight.start());
      else if (dice < 6) {
        waits.push({ wait: watch(inFlight), until: new Set(open.keys()) });
      } else if (open.size > 0) {
        const [one, generation] = [...open][random(open.size)]!;
        open.delete(one);
        inFlight.end(generation);
      }
      await check();
    }
    for (const [one, generation] of open) {
      open.delete(one);
      inFlight.end(generation);
      await check();
    }
    assert(waits.every(({ wait }) => wait.isOver));
  }
});
