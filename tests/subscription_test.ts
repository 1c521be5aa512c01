import assert from "node:assert/strict";
import { type SubscribeOptions, SubscriptionQueue } from "../_subscription.ts";
import { OverflowError, PubSubError } from "../errors.ts";
import { countedAbort } from "./_counting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const DONE = { value: undefined, done: true };
const given = (value: number) => ({ value, done: false });

/** A queue that holds some numbers, and how often it has told of its end. */
class Bench {
  ends = 0;
  readonly queue: SubscriptionQueue<number>;

  constructor(options: SubscribeOptions = {}, ...values: number[]) {
    this.queue = new SubscriptionQueue("t:1", options, () => void this.ends++);
    for (const value of values) this.queue.push(value);
  }

  /** What each of so many calls of `next()` gives, all made at once. */
  next(calls: number): Promise<unknown[]> {
    return outcomes(Array.from({ length: calls }, () => this.queue.next()));
  }
}

/** Numbers that came, `"done"`, or the error. */
async function outcomes(
  results: Promise<IteratorResult<number, undefined>>[],
): Promise<unknown[]> {
  return (await Promise.allSettled(results)).map((result) =>
    result.status === "rejected"
      ? result.reason
      : result.value.done
      ? "done"
      : result.value.value
  );
}

/** Whether a promise is unsettled after all that is due has run. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  promise.then(() => pending = false, () => pending = false);
  await new Promise((resolve) => setTimeout(resolve));
  return pending;
}

Deno.test("SubscriptionQueue gives what came before next() and after", async () => {
  const { queue } = new Bench({}, 1, 2);
  assert.deepEqual(await queue.next(), given(1));
  assert.deepEqual(await queue.next(), given(2));
  const later = queue.next();
  assert.equal(await isPending(later), true);
  queue.push(3);
  assert.deepEqual(await later, given(3));
  assert.equal(queue.dropped, 0);
});

Deno.test("SubscriptionQueue answers several next() in the order of the calls", async () => {
  const { queue } = new Bench({}, 1);
  const settled: string[] = [];
  const calls = ["a", "b", "c", "d"].map((name) =>
    queue.next().then(({ value }) => settled.push(`${name}${value}`))
  );
  for (const value of [2, 3, 4]) queue.push(value);
  await Promise.all(calls);
  assert.deepEqual(settled, ["a1", "b2", "c3", "d4"]);
});

Deno.test("SubscriptionQueue passes values on as they are, thenables too", async () => {
  const queue = new SubscriptionQueue<unknown>("t", {}, () => {});
  const thenable = { then: () => assert.fail("it was awaited") };
  queue.push(undefined);
  queue.push(null);
  queue.push(thenable);
  assert.deepEqual(await queue.next(), { value: undefined, done: false });
  assert.deepEqual(await queue.next(), { value: null, done: false });
  assert.equal((await queue.next()).value, thenable);
});

Deno.test("SubscriptionQueue overflow error: what waits, the error once, then done", async () => {
  const bench = new Bench({ bufferSize: 3, overflow: "error" }, 1, 2, 3);
  assert.equal(bench.ends, 0, "as many as fit are no overflow");
  bench.queue.push(4);
  assert.equal(bench.ends, 1, "it listens no longer, at once");
  bench.queue.push(5);
  const results = await bench.next(6);
  const error = results[3];
  assert.ok(error instanceof OverflowError);
  assert.deepEqual(results, [1, 2, 3, error, "done", "done"]);
  assert.equal(bench.queue.dropped, 0, "an overflow drops nothing in silence");
  assert.equal(bench.ends, 1);
});

Deno.test("SubscriptionQueue overflow error is the default, at 1024", async () => {
  const bench = new Bench();
  for (let i = 0; i < 1024; i++) bench.queue.push(i);
  assert.equal(bench.ends, 0);
  bench.queue.push(1024);
  assert.equal(bench.ends, 1);
  const results = await bench.next(1025);
  assert.deepEqual(results.slice(0, 1024), Array.from(Array(1024).keys()));
  assert.equal((results[1024] as OverflowError).bufferSize, 1024);
});

Deno.test("SubscriptionQueue overflow drop-oldest keeps the newest", async () => {
  const bench = new Bench({ bufferSize: 3, overflow: "drop-oldest" }, 1, 2, 3);
  assert.equal(bench.queue.dropped, 0);
  bench.queue.push(4);
  bench.queue.push(5);
  assert.equal(bench.queue.dropped, 2);
  assert.deepEqual(await bench.next(3), [3, 4, 5]);
  assert.equal(bench.ends, 0, "it goes on");
  const later = bench.queue.next();
  bench.queue.push(6);
  assert.deepEqual(await later, given(6));
  assert.equal(bench.queue.dropped, 2, "the room is there again");
});

Deno.test("SubscriptionQueue overflow drop-newest keeps the oldest", async () => {
  const bench = new Bench({ bufferSize: 3, overflow: "drop-newest" }, 1, 2, 3);
  bench.queue.push(4);
  bench.queue.push(5);
  assert.equal(bench.queue.dropped, 2);
  assert.deepEqual(await bench.next(2), [1, 2]);
  assert.equal(bench.ends, 0, "it goes on");
  bench.queue.push(6);
  assert.deepEqual(await bench.next(2), [3, 6]);
  assert.equal(bench.queue.dropped, 2);
});

Deno.test("SubscriptionQueue bufferSize 1 holds one, whoever waits not counted", async () => {
  for (const overflow of ["drop-oldest", "drop-newest", "error"] as const) {
    const bench = new Bench({ bufferSize: 1, overflow });
    const waiting = [bench.queue.next(), bench.queue.next()];
    for (const value of [1, 2, 3]) bench.queue.push(value);
    assert.deepEqual(await outcomes(waiting), [1, 2], overflow);
    assert.deepEqual(await bench.next(1), [3], overflow);
    assert.equal(bench.queue.dropped, 0, overflow);
    assert.equal(bench.ends, 0, overflow);
  }
});

Deno.test("SubscriptionQueue bufferSize Infinity has no limit", async () => {
  const bench = new Bench({ bufferSize: Infinity });
  for (let i = 0; i < 20_000; i++) bench.queue.push(i);
  assert.deepEqual(await bench.next(20_000), Array.from(Array(20_000).keys()));
  assert.equal(bench.ends, 0);
});

Deno.test("SubscriptionQueue end: what waits is given, then done", async () => {
  const bench = new Bench({}, 1, 2);
  bench.queue.end();
  bench.queue.push(3);
  assert.equal(bench.queue.isEnded, true);
  assert.deepEqual(await bench.next(4), [1, 2, "done", "done"]);
});

Deno.test("SubscriptionQueue end with an error: what waits, the error once, then done", async () => {
  const error = new Error("the target failed");
  const bench = new Bench({}, 1, 2);
  bench.queue.end(error);
  bench.queue.push(3);
  assert.deepEqual(await bench.next(5), [1, 2, error, "done", "done"]);
});

Deno.test("SubscriptionQueue ends once: the first end counts", async () => {
  const error = new Error("too late");
  const bench = new Bench({}, 1);
  bench.queue.end();
  bench.queue.end(error);
  assert.deepEqual(await bench.next(2), [1, "done"]);

  const failed = new Bench({}, 1);
  failed.queue.end(error);
  failed.queue.end();
  failed.queue.end(new Error("later still"));
  assert.deepEqual(await failed.next(3), [1, error, "done"]);
  assert.deepEqual([bench.ends, failed.ends], [1, 1]);
});

Deno.test("SubscriptionQueue end settles all who wait, an error the first of them", async () => {
  const ended = new Bench();
  const waiting = [ended.queue.next(), ended.queue.next()];
  ended.queue.end();
  assert.deepEqual(await outcomes(waiting), ["done", "done"]);

  const error = new Error("the target failed");
  const failed = new Bench();
  const toFail = [failed.queue.next(), failed.queue.next()];
  failed.queue.end(error);
  assert.deepEqual(await outcomes(toFail), [error, "done"]);
  assert.deepEqual(await failed.next(1), ["done"], "once");
});

/** What a subscriber ends its subscription by. */
const CANCELS: Record<
  string,
  (queue: SubscriptionQueue<number>, abort: AbortController) => unknown
> = {
  "return()": (queue) => queue.return(),
  "throw()": (queue) => queue.throw(new Error("thrown in")).catch(() => {}),
  "await using": (queue) => queue[Symbol.asyncDispose](),
  "its signal": (_queue, abort) => abort.abort(),
};

for (const [name, cancel] of Object.entries(CANCELS)) {
  Deno.test(`SubscriptionQueue ended by ${name} gives nothing more`, async () => {
    const abort = countedAbort();
    const bench = new Bench({ signal: abort.signal }, 1, 2);
    assert.equal(abort.counts.listening, 1);
    cancel(bench.queue, abort);
    assert.equal(bench.ends, 1, "at once, not in the next task");
    assert.equal(abort.counts.listening, 0);
    bench.queue.push(3);
    assert.deepEqual(await bench.next(2), ["done", "done"]);
    cancel(bench.queue, abort);
    assert.equal(bench.ends, 1, "once");
  });

  Deno.test(`SubscriptionQueue ended by ${name} settles who waits`, async () => {
    const abort = countedAbort();
    const bench = new Bench({ signal: abort.signal });
    const waiting = [bench.queue.next(), bench.queue.next()];
    cancel(bench.queue, abort);
    assert.deepEqual(await outcomes(waiting), ["done", "done"]);
    assert.equal(bench.ends, 1);
    assert.equal(abort.counts.listening, 0);
  });

  Deno.test(`SubscriptionQueue ended by ${name} after a failure throws no more`, async () => {
    const abort = countedAbort();
    const bench = new Bench({ signal: abort.signal, bufferSize: 1 }, 1, 2);
    assert.equal(abort.counts.listening, 0, "the overflow ended it");
    cancel(bench.queue, abort);
    const left = await bench.next(2);
    // A signal has nothing to say any more to what has ended before.
    if (name === "its signal") assert.equal(left[0], 1);
    else assert.deepEqual(left, ["done", "done"]);
    assert.equal(bench.ends, 1);
  });
}

Deno.test("SubscriptionQueue return() and throw() answer as a generator that ends", async () => {
  const { queue } = new Bench({}, 1);
  assert.deepEqual(await queue.return(), DONE);
  assert.deepEqual(await queue.return("whatever"), DONE);
  const error = new Error("thrown in");
  await assert.rejects(queue.throw(error), error);
  assert.deepEqual(await queue.next(), DONE);
});

Deno.test("SubscriptionQueue is its own iterator", () => {
  const { queue } = new Bench();
  assert.equal(queue[Symbol.asyncIterator](), queue);
});

Deno.test("SubscriptionQueue whose signal is aborted has ended before it began", async () => {
  const bench = new Bench({ signal: AbortSignal.abort() }, 1);
  assert.equal(bench.queue.isEnded, true);
  assert.deepEqual(await bench.next(2), ["done", "done"]);
  bench.queue.end(new Error("too late"));
  assert.deepEqual(await bench.next(1), ["done"]);
  assert.equal(bench.ends, 0, "nobody listened yet");
});

Deno.test("SubscriptionQueue leaves nothing on a signal that is aborted already", () => {
  const abort = countedAbort();
  abort.abort();
  const bench = new Bench({ signal: abort.signal });
  bench.queue.return();
  assert.equal(abort.counts.listening, 0);
});

Deno.test("SubscriptionQueue listens to its signal until it ends, however it ends", () => {
  const endings: Record<string, (queue: SubscriptionQueue<number>) => void> = {
    end: (queue) => queue.end(),
    failure: (queue) => queue.end(new Error("failed")),
    overflow: (queue) => [1, 2].forEach((value) => queue.push(value)),
  };
  for (const [name, end] of Object.entries(endings)) {
    const abort = countedAbort();
    const { queue } = new Bench({ signal: abort.signal, bufferSize: 1 });
    assert.deepEqual(abort.counts.added, ["abort"]);
    end(queue);
    assert.equal(abort.counts.listening, 0, name);
  }
});

Deno.test("SubscriptionQueue has ended by the time it tells so", async () => {
  const calls: string[] = [];
  const queue: SubscriptionQueue<number> = new SubscriptionQueue(
    "t",
    { bufferSize: 1 },
    () => {
      calls.push(`ended: ${queue.isEnded}`);
      queue.push(9);
      queue.end(new Error("again"));
    },
  );
  queue.push(1);
  queue.push(2);
  const results = await outcomes([queue.next(), queue.next(), queue.next()]);
  assert.deepEqual(calls, ["ended: true"]);
  assert.equal(results[0], 1);
  assert.ok(results[1] instanceof OverflowError);
  assert.equal(results[2], "done");
});

Deno.test("SubscriptionQueue names the option that is wrong, and what is allowed", () => {
  const wrong: [options: Record<string, unknown>, error: object][] = [
    [{ bufferSize: "8" }, {
      name: "TypeError",
      message: 'Cannot use bufferSize: "8" is not a number',
    }],
    [{ bufferSize: 0 }, {
      name: "RangeError",
      message: "Cannot use bufferSize: 0 is not a whole number from 1 to " +
        "9007199254740991",
    }],
    [{ bufferSize: -1 }, { name: "RangeError", message: /bufferSize: -1 / }],
    [{ bufferSize: 1.5 }, { name: "RangeError", message: /bufferSize: 1.5 / }],
    [{ bufferSize: NaN }, { name: "RangeError", message: /bufferSize: NaN / }],
    [{ bufferSize: -Infinity }, {
      name: "RangeError",
      message: /bufferSize: -Infinity /,
    }],
    [{ overflow: "drop" }, {
      name: "TypeError",
      message: 'Cannot use overflow: "drop" is not one of "error", ' +
        '"drop-oldest", "drop-newest"',
    }],
    [{ signal: new AbortController() }, {
      name: "TypeError",
      message: "Cannot use signal: an object is not an AbortSignal",
    }],
    [{ signal: null }, { name: "TypeError", message: /signal: null / }],
  ];
  for (const [options, error] of wrong) {
    const abort = countedAbort();
    const all = { signal: abort.signal, ...options } as SubscribeOptions;
    assert.throws(() => new SubscriptionQueue("t", all, () => {}), error);
    assert.equal(abort.counts.listening, 0, "nothing is left behind");
  }
});

Deno.test("OverflowError names the topic and the limit", () => {
  const error = new OverflowError("message.sent:room-1", 8);
  assert.ok(error instanceof PubSubError);
  assert.equal(error.name, "OverflowError");
  assert.equal(error.code, "OVERFLOW");
  assert.equal(error.bufferSize, 8);
  assert.match(error.message, /message\.sent:room-1.*\b8\b/);
});
