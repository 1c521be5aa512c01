// What is told of events that did not get through.

import assert from "node:assert/strict";
import { type Loss, Losses } from "../_losses.ts";
import { PublishError } from "../errors.ts";
import { randomOf } from "./_random.ts";
import { takeTimers } from "./_timers.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Losses, and what was told. */
function take(): { readonly losses: Losses; readonly told: Loss[] } {
  const told: Loss[] = [];
  return { losses: new Losses((loss) => told.push(loss)), told };
}

const numbersOf = (told: readonly Loss[]) => told.map(({ lost }) => lost);

Deno.test("Losses tells of the first with its cause and its topic", async () => {
  const { losses, told } = take();
  const cause = new Error("the server is full");
  losses.add(cause, "said:1");
  assert.equal(losses.total, 1, "counted at once");
  assert.equal(told.length, 0, "told when the task is over");
  await Promise.resolve();
  assert.equal(told.length, 1);
  const [{ error, lost, topic }] = told as [Loss];
  assert.equal(lost, 1);
  assert.equal(topic, "said:1");
  assert(error instanceof PublishError);
  assert.equal(error.message, "Cannot publish 1 event: the server is full");
  assert.equal(error.cause, cause);
  assert.equal(error.code, "PUBLISH_FAILED");
  losses.end();
});

Deno.test("Losses tells of those of one task together, by the last of them", async () => {
  const { losses, told } = take();
  losses.add("one", "said:1");
  losses.add("two", "said:2");
  losses.add("three", "said:3");
  await Promise.resolve();
  assert.deepEqual(
    told.map(({ error, lost, topic }) => [error.message, lost, topic]),
    [["Cannot publish 3 events: three", 3, "said:3"]],
  );
  losses.end();
});

Deno.test("Losses tells apart what was lost for different reasons", async () => {
  const { losses, told } = take();
  for (let i = 0; i < 3; i++) losses.add(new RangeError(`${i}`), `said:${i}`);
  losses.add(new TypeError("other"), "said:3");
  losses.add(new RangeError("last"), "said:4");
  await Promise.resolve();
  assert.deepEqual(
    told.map(({ error, lost, topic }) => [error.message, lost, topic]),
    [
      ["Cannot publish 4 events: last", 4, "said:4"],
      ["Cannot publish 1 event: other", 1, "said:3"],
    ],
  );
  assert.equal(losses.total, 5);
  losses.end();
});

Deno.test("Losses tells of what follows once something gets through", async () => {
  const { losses, told } = take();
  losses.add("one", "said");
  await Promise.resolve();
  for (let i = 0; i < 5; i++) {
    losses.add(`${i}`, `said:${i}`);
    await Promise.resolve();
  }
  assert.deepEqual(numbersOf(told), [1]);
  assert.equal(losses.total, 6);
  losses.end();
  assert.deepEqual(numbersOf(told), [1, 5]);
  assert.equal(told[1]!.topic, "said:4");
  losses.add("anew", "said");
  await Promise.resolve();
  assert.deepEqual(numbersOf(told), [1, 5, 1], "the next is a first again");
  losses.end();
});

Deno.test("Losses tells of what follows once a second, if nothing gets through", async () => {
  const { losses, told } = take();
  using timers = takeTimers(1_000);
  losses.add("one", "said");
  await Promise.resolve();
  losses.add("two", "said");
  losses.add("three", "said");
  assert.deepEqual(numbersOf(told), [1]);
  timers.runOut();
  assert.deepEqual(numbersOf(told), [1, 2]);
  losses.add("four", "said");
  await Promise.resolve();
  assert.deepEqual(numbersOf(told), [1, 2], "not yet");
  timers.runOut();
  assert.deepEqual(numbersOf(told), [1, 2, 1]);
  timers.runOut();
  assert.equal(timers.pending, 0, "nothing was lost in the last second");
  losses.add("five", "said");
  await Promise.resolve();
  assert.deepEqual(numbersOf(told), [1, 2, 1, 1], "a first again");
  losses.end();
  assert.equal(timers.pending, 0);
});

Deno.test("Losses has nothing to tell while nothing is lost", async () => {
  const { losses, told } = take();
  losses.end();
  losses.add("one", "said");
  await Promise.resolve();
  losses.end();
  losses.end();
  await Promise.resolve();
  assert.deepEqual(numbersOf(told), [1]);
});

Deno.test("Losses that end in the task of the first are told once", async () => {
  const { losses, told } = take();
  losses.add("one", "said");
  losses.end();
  assert.deepEqual(numbersOf(told), [1]);
  losses.add("two", "said");
  losses.add("three", "said");
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(numbersOf(told), [1, 2]);
  losses.end();
});

Deno.test("Losses takes in what is lost while it tells", async () => {
  let again = 2;
  const told: Loss[] = [];
  const losses: Losses = new Losses((loss) => {
    told.push(loss);
    if (again-- > 0) losses.add("again", "said");
  });
  losses.add("one", "said");
  await Promise.resolve();
  losses.end();
  losses.end();
  assert.equal(losses.total, 3);
  assert.deepEqual(numbersOf(told), [1, 1, 1]);
});

Deno.test("Losses tells of each loss once, whatever the order", async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = randomOf(seed);
    const { losses, told } = take();
    let added = 0;
    for (let step = 0; step < 100; step++) {
      if (random(3) > 0) losses.add(`${step}`, `said:${added++}`);
      if (random(3) === 0) losses.end();
      if (random(3) === 0) await Promise.resolve();
      assert.equal(losses.total, added);
    }
    losses.end();
    await Promise.resolve();
    let sum = 0;
    for (const { lost, topic, error } of told) {
      assert(lost > 0);
      sum += lost;
      assert.equal(topic, `said:${sum - 1}`, "the last of them");
      assert(error.message.startsWith(`Cannot publish ${lost} event`));
    }
    assert.equal(sum, added, `seed ${seed}`);
  }
});
