import assert from "node:assert/strict";
import {
  type ClosableEventTarget,
  ClosedError,
  createEvent,
  createInProcessEventTarget,
  type InProcessFault,
} from "../mod.ts";
import { countedAbort } from "./_counting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** What listeners of some topics hear: `topic id payload`. */
function heardOn(target: ClosableEventTarget, ...topics: string[]): string[] {
  const heard: string[] = [];
  for (const topic of topics) {
    target.addEventListener(topic, ({ type, detail: { id, payload } }) => {
      heard.push(`${type} ${id} ${payload}`);
    });
  }
  return heard;
}

/** What reaches the global scope while something runs. */
function uncaughtIn(act: () => void): unknown[] {
  const errors: unknown[] = [];
  const onUncaught = (event: ErrorEvent) => {
    event.preventDefault();
    errors.push(event.error);
  };
  globalThis.addEventListener("error", onUncaught);
  try {
    act();
  } finally {
    globalThis.removeEventListener("error", onUncaught);
  }
  return errors;
}

Deno.test("in process, a listener on type:id gets that id, one on a type every id", () => {
  const target = createInProcessEventTarget();
  const heard = heardOn(
    target,
    "job.done",
    "job.done:7",
    "job.done:a:b",
    "job",
    "constructor",
    "constructor:7",
  );
  for (const id of ["7", "8", "", "a:b", "a"]) {
    assert.equal(target.dispatchEvent(createEvent("job.done", id, "p")), true);
  }
  target.dispatchEvent(createEvent("constructor", "7", "q"));
  target.dispatchEvent(createEvent("job.done.late", "7", "r"));
  assert.deepEqual(heard, [
    "job.done:7 7 p",
    "job.done 7 p",
    "job.done 8 p",
    "job.done  p",
    "job.done:a:b a:b p",
    "job.done a:b p",
    "job.done a p",
    "constructor:7 7 q",
    "constructor 7 q",
  ]);
});

Deno.test("in process, a listener gets the envelope itself, on an event of the target", () => {
  const target = createInProcessEventTarget();
  const event = createEvent("job.done", "7", { ok: true });
  const heard: Event[] = [];
  target.addEventListener("job.done", (event) => {
    assert.equal(event.target, target);
    assert.equal(event.currentTarget, target);
    heard.push(event);
  });
  target.dispatchEvent(event);
  const [one] = heard as CustomEvent[];
  assert.equal(one!.detail, event.detail);
  assert.equal(one!.type, "job.done");
  target.dispatchEvent(event);
  assert.equal(heard.length, 2, "an event may be dispatched again");
});

Deno.test("in process, dispatchEvent has reached the listeners when it returns", () => {
  const target = createInProcessEventTarget();
  const heard = heardOn(target, "job.done");
  target.dispatchEvent(createEvent("job.done", "1", "p"));
  assert.deepEqual(heard, ["job.done 1 p"]);
});

Deno.test("in process, dispatchEvent refuses what is no event to publish", () => {
  const target = createInProcessEventTarget();
  const heard = heardOn(target, "job.done", "__ping", "");
  const wrong: [event: unknown, message: RegExp][] = [
    [undefined, /^Cannot dispatch event: it has no detail/],
    [new Event("job.done"), /^Cannot dispatch event: it has no detail/],
    [{ detail: "p" }, /"p" is not an object/],
    [{ detail: { type: "", id: "" } }, /type is empty/],
    [{ detail: { type: "a:b", id: "" } }, /type "a:b" holds ":"/],
    [{ detail: { type: "__ping", id: "" } }, /"__ping" starts with "__"/],
    [{ detail: { type: "job.done", id: 7 } }, /id 7 is not a string/],
  ];
  for (const [event, message] of wrong) {
    assert.throws(() => target.dispatchEvent(event as CustomEvent), {
      name: "TypeError",
      message,
    });
  }
  assert.deepEqual(heard, []);
});

Deno.test("in process, what a listener dispatches waits for the event at hand", () => {
  const target = createInProcessEventTarget();
  const heard: string[] = [];
  let depth = 0;
  const listen = (name: string, topic: string, then?: () => void) =>
    target.addEventListener(topic, ({ detail }) => {
      depth++;
      assert.equal(depth, 1, "no listener runs within another");
      heard.push(`${name} ${detail.type} ${detail.id}`);
      then?.();
      depth--;
    });
  listen("first", "a:1", () => {
    assert.equal(target.dispatchEvent(createEvent("b", "1", null)), true);
    target.dispatchEvent(createEvent("b", "2", null));
  });
  listen("second", "a");
  listen("third", "b", () => {
    target.dispatchEvent(createEvent("c", "", null));
  });
  listen("fourth", "b");
  listen("fifth", "c");
  target.dispatchEvent(createEvent("a", "1", null));
  assert.deepEqual(heard, [
    "first a 1",
    "second a 1",
    "third b 1",
    "fourth b 1",
    "third b 2",
    "fourth b 2",
    "fifth c ",
    "fifth c ",
  ]);
});

Deno.test("in process, all listeners see one order, whoever publishes in between", () => {
  const target = createInProcessEventTarget();
  const early: number[] = [];
  const late: number[] = [];
  target.addEventListener("n", ({ detail }) => {
    const n = detail.payload as number;
    early.push(n);
    if (n < 100) {
      target.dispatchEvent(createEvent("n", "", n * 2));
      target.dispatchEvent(createEvent("n", "", n * 3));
    }
  });
  target.addEventListener("n", ({ detail }) => {
    late.push(detail.payload as number);
  });
  target.dispatchEvent(createEvent("n", "", 1));
  assert.ok(early.length > 50, `${early.length} events only`);
  assert.deepEqual(late, early);
});

Deno.test("in process, a listener that is added meanwhile hears what is dispatched after", () => {
  const target = createInProcessEventTarget();
  const heard: unknown[] = [];
  target.addEventListener("a", () => {
    target.dispatchEvent(createEvent("b", "", "waiting"));
    target.addEventListener("b", ({ detail }) => heard.push(detail.payload));
  }, { once: true });
  target.dispatchEvent(createEvent("a", "", null));
  assert.deepEqual(heard, ["waiting"]);
});

Deno.test("in process, a chain of 10 000 events does not grow the stack", () => {
  const target = createInProcessEventTarget();
  let heard = 0;
  const depths = new Set<number>();
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 200;
  target.addEventListener("n", ({ detail }) => {
    heard++;
    const n = detail.payload as number;
    if (n % 100 === 0) depths.add(new Error().stack!.split("\n").length);
    if (n < 10_000) target.dispatchEvent(createEvent("n", "", n + 1));
  });
  try {
    target.dispatchEvent(createEvent("n", "", 1));
  } finally {
    Error.stackTraceLimit = limit;
  }
  assert.equal(heard, 10_000);
  assert.equal(depths.size, 1, `depths ${[...depths].slice(0, 5)}`);
});

Deno.test("in process, a listener that throws stops no other and no publisher", () => {
  const faults: InProcessFault[] = [];
  const target = createInProcessEventTarget({
    onError: (fault) => void faults.push(fault),
  });
  const error = new Error("mine");
  target.addEventListener("a:1", () => {
    target.dispatchEvent(createEvent("b", "", "p"));
    throw error;
  });
  target.addEventListener("a", () => {
    throw "a text";
  });
  const heard = heardOn(target, "a:1", "a", "b");
  assert.equal(target.dispatchEvent(createEvent("a", "1", "o")), true);
  assert.deepEqual(heard, ["a:1 1 o", "a 1 o", "b  p"]);
  assert.deepEqual(faults, [
    { error, topic: "a:1" },
    { error: "a text", topic: "a" },
  ]);
});

Deno.test("in process, what listeners throw is reported as on any target, or what onError throws", () => {
  const [mine, worse] = [new Error("mine"), new Error("worse")];
  const targets = [
    createInProcessEventTarget(),
    createInProcessEventTarget({
      onError() {
        throw worse;
      },
    }),
  ];
  const heard = targets.map((target) => {
    target.addEventListener("a", () => {
      throw mine;
    });
    return heardOn(target, "a");
  });
  const uncaught = uncaughtIn(() => {
    for (const target of targets) {
      target.dispatchEvent(createEvent("a", "", 1));
      target.dispatchEvent(createEvent("a", "", 2));
    }
  });
  assert.deepEqual(uncaught, [mine, mine, worse, worse]);
  assert.deepEqual(heard, [["a  1", "a  2"], ["a  1", "a  2"]]);
});

Deno.test("in process, an onError that is no function is refused", () => {
  for (const onError of ["log", null, {}]) {
    assert.throws(
      () => createInProcessEventTarget({ onError: onError as never }),
      { name: "TypeError", message: /^Cannot use onError: / },
    );
  }
});

Deno.test("in process, a closed target dispatches and hears nothing", async () => {
  const target = createInProcessEventTarget();
  const heard = heardOn(target, "a");
  let closed = 0;
  target.closed.then(() => closed++);
  await Promise.resolve();
  assert.equal(closed, 0);
  const closing = target.close();
  assert.equal(target.close() instanceof Promise, true);
  assert.equal(await closing, undefined);
  assert.equal(await target.closed, undefined);
  await target[Symbol.asyncDispose]();
  assert.throws(() => target.dispatchEvent(createEvent("a", "", 1)), {
    name: "ClosedError",
    code: "CLOSED",
    message: "Cannot dispatch event: the target is closed",
  });
  target.addEventListener("a", () => heard.push("added after the end"));
  assert.throws(() => target.dispatchEvent(createEvent("a", "", 1)));
  assert.deepEqual(heard, []);
});

Deno.test("in process, close lets go of the signals of listeners", async () => {
  const target = createInProcessEventTarget();
  const { signal, counts } = countedAbort();
  target.addEventListener("a", () => {}, { signal });
  target.addEventListener("a:1", () => {}, { signal });
  assert.equal(counts.listening, 2);
  await target.close();
  assert.equal(counts.listening, 0);
});

Deno.test("in process, close within a listener sends what was dispatched before, no more", async () => {
  const target = createInProcessEventTarget();
  const heard: string[] = [];
  let isClosed = false;
  let closing: Promise<void> | undefined;
  target.addEventListener("a", () => {
    heard.push("first");
    target.dispatchEvent(createEvent("b", "", null));
    closing = target.close();
    target.closed.then(() => isClosed = true);
    assert.throws(
      () => target.dispatchEvent(createEvent("b", "", null)),
      ClosedError,
    );
  });
  target.addEventListener("a", () => void heard.push("second"));
  target.addEventListener("b", () => {
    heard.push("queued");
    assert.throws(
      () => target.dispatchEvent(createEvent("c", "", null)),
      ClosedError,
    );
  });
  target.addEventListener("c", () => void heard.push("never"));
  target.dispatchEvent(createEvent("a", "", null));
  assert.deepEqual(heard, ["first", "second", "queued"]);
  assert.equal(isClosed, false, "its promise has not been looked at yet");
  await closing;
  assert.equal(isClosed, true);
  assert.throws(
    () => target.dispatchEvent(createEvent("a", "", null)),
    ClosedError,
  );
  assert.equal(heard.length, 3);
});

Deno.test("in process, a listener that throws after close lets the target close", async () => {
  const faults: unknown[] = [];
  const target = createInProcessEventTarget({
    onError: ({ error }) => void faults.push(error),
  });
  target.addEventListener("a", () => {
    void target.close();
    throw "mine";
  });
  const heard = heardOn(target, "a");
  target.dispatchEvent(createEvent("a", "", 1));
  assert.equal(await target.closed, undefined);
  assert.deepEqual([faults, heard], [["mine"], ["a  1"]]);
});

Deno.test("in process, flush and await using", async () => {
  let target: ClosableEventTarget;
  {
    await using scoped = createInProcessEventTarget();
    target = scoped;
    const heard = heardOn(scoped, "a");
    scoped.dispatchEvent(createEvent("a", "", 1));
    assert.equal(await scoped.flush(), undefined);
    assert.deepEqual(heard, ["a  1"]);
  }
  assert.throws(
    () => target.dispatchEvent(createEvent("a", "", 1)),
    ClosedError,
  );
});
