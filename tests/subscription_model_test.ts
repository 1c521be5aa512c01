// SubscriptionQueue against a model of a few lines, by random sequences of what
// a target, a subscriber and a signal can do.

import assert from "node:assert/strict";
import { type SubscribeOptions, SubscriptionQueue } from "../_subscription.ts";
import { randomOf } from "./_random.ts";

Deno.test.sanitizer({ ops: true, resources: true });

type Overflow = NonNullable<SubscribeOptions["overflow"]>;

/** What is done to both. */
type Step =
  | { do: "push"; value: number }
  | { do: "fail"; why: string }
  | { do: "next" | "end" | "return" | "throw" | "dispose" | "abort" };

/** What a queue lets the outside see. */
interface Seen {
  /** `call outcome`, in the order in which the calls settle. */
  settled: string[];
  dropped: number;
  /** After how many steps it told that it listens no longer. */
  toldAt: number | undefined;
}

/**
 * The model. A subscription is a list of what it is still to give, which after
 * the end closes with an error or not, and a list of calls to answer.
 */
function expected(
  steps: readonly Step[],
  bufferSize: number,
  overflow: Overflow,
): Seen {
  const seen: Seen = { settled: [], dropped: 0, toldAt: undefined };
  let toGive: string[] = [];
  const calls: number[] = [];
  let call = 0;
  let isEnded = false;
  const answer = () => {
    while (calls.length > 0 && (toGive.length > 0 || isEnded)) {
      seen.settled.push(`${calls.shift()} ${toGive.shift() ?? "done"}`);
    }
  };
  steps.forEach((step, index) => {
    const end = (last: string[]) => {
      if (isEnded) return;
      isEnded = true;
      seen.toldAt = index;
      toGive.push(...last);
    };
    const cancel = () => {
      end([]);
      toGive = [];
    };
    switch (step.do) {
      case "push":
        if (isEnded) break;
        if (toGive.length < bufferSize || calls.length > 0) {
          toGive.push(String(step.value));
        } else if (overflow === "error") {
          end(["OverflowError"]);
        } else {
          seen.dropped++;
          if (overflow === "drop-oldest") {
            toGive = [...toGive.slice(1), String(step.value)];
          }
        }
        break;
      case "next":
        calls.push(call++);
        break;
      case "end":
        end([]);
        break;
      case "fail":
        end([step.why]);
        break;
      case "abort":
        // Too late for what has ended, as nobody listens to the signal then.
        if (!isEnded) cancel();
        break;
      case "return":
      case "dispose":
        cancel();
        answer();
        seen.settled.push(`${call++} done`);
        break;
      case "throw":
        cancel();
        answer();
        seen.settled.push(`${call++} thrown in`);
    }
    answer();
  });
  // Whoever still waits is answered by an end, in the end.
  isEnded = true;
  answer();
  return seen;
}

async function actual(
  steps: readonly Step[],
  bufferSize: number,
  overflow: Overflow,
): Promise<Seen> {
  const seen: Seen = { settled: [], dropped: 0, toldAt: undefined };
  const abort = new AbortController();
  let now = 0;
  let call = 0;
  const queue: SubscriptionQueue<number> = new SubscriptionQueue(
    "t",
    { bufferSize, overflow, signal: abort.signal },
    () => {
      assert.equal(seen.toldAt, undefined, "it told twice");
      seen.toldAt = now;
    },
  );
  const note = async (result: Promise<unknown>) => {
    const number = call++;
    let outcome: string;
    try {
      const { value, done } = await result as IteratorResult<number>;
      outcome = done ? "done" : String(value);
    } catch (error) {
      const { name, message } = error as Error;
      outcome = name === "Error" ? message : name;
    }
    seen.settled.push(`${number} ${outcome}`);
  };
  const all: Promise<void>[] = [];
  for (const step of steps) {
    switch (step.do) {
      case "push":
        queue.push(step.value);
        break;
      case "fail":
        queue.end(new Error(step.why));
        break;
      case "next":
        all.push(note(queue.next()));
        break;
      case "end":
        queue.end();
        break;
      case "abort":
        abort.abort();
        break;
      case "return":
        all.push(note(queue.return()));
        break;
      case "throw":
        all.push(note(queue.throw(new Error("thrown in"))));
        break;
      case "dispose":
        all.push(note(
          queue[Symbol.asyncDispose]().then(() => ({ done: true })),
        ));
    }
    now++;
    // Each call has its answer before the next step, so that the order counts.
    for (let turn = 0; turn < 8; turn++) await null;
  }
  const { toldAt } = seen;
  queue.end();
  await Promise.all(all);
  return { ...seen, toldAt, dropped: queue.dropped };
}

/** Many pushes and calls, few ends: what comes after an end is soon known. */
function randomSteps(random: (below: number) => number): Step[] {
  const ends = [
    "end",
    "return",
    "throw",
    "dispose",
    "abort",
  ] as const;
  const pushes = 1 + random(9);
  return Array.from({ length: 5 + random(45) }, (_, index): Step => {
    if (random(25) === 0) {
      const which = random(ends.length + 1);
      const end = ends[which];
      return end ? { do: end } : { do: "fail", why: `failed at ${index}` };
    }
    return random(10) < pushes ? { do: "push", value: index } : { do: "next" };
  });
}

Deno.test("SubscriptionQueue does what the model does", async () => {
  const reached = { dropped: 0, overflow: 0, failed: 0, waited: 0 };
  for (let seed = 1; seed <= 3000; seed++) {
    const random = randomOf(seed);
    const steps = randomSteps(random);
    const bufferSize = [1, 2, 5, Infinity][random(4)]!;
    const overflow = (["error", "drop-oldest", "drop-newest"] as const)[
      random(3)
    ]!;
    const want = expected(steps, bufferSize, overflow);
    const got = await actual(steps, bufferSize, overflow);
    assert.deepEqual(
      got,
      want,
      `seed ${seed}, bufferSize ${bufferSize}, ${overflow}: ${
        JSON.stringify(steps)
      }`,
    );
    const text = want.settled.join();
    if (want.dropped > 0) reached.dropped++;
    if (text.includes("OverflowError")) reached.overflow++;
    if (text.includes("failed at")) reached.failed++;
    if (want.toldAt === undefined && text.includes("done")) reached.waited++;
  }
  // A generator that meets nothing worth meeting proves nothing.
  for (const [what, times] of Object.entries(reached)) {
    assert.ok(times > 50, `${what}: ${times} times only`);
  }
});
