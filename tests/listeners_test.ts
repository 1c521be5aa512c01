import assert from "node:assert/strict";
import { reportUncaught, TopicListeners } from "../_listeners.ts";
import type { EventEnvelope } from "../envelope.ts";

// Off by default in Deno 2.9; without them a timer left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

type Callback = Parameters<TopicListeners["add"]>[1];
type Options = Parameters<TopicListeners["add"]>[2];

const envelopeOf = (type: string, id = ""): EventEnvelope => ({
  type,
  id,
  payload: null,
});

/** What a script does things to: the platform's target, or ours. */
interface Subject {
  readonly target: object;
  add(topic: string, callback: Callback, options?: Options): void;
  remove(topic: string, callback: Callback, options?: Options): void;
  dispatch(topic: string): void;
}

/** A subject and the trace of what happens to it. */
class Stage {
  readonly trace: string[] = [];
  readonly #subject: Subject;

  constructor(create: (onError: (error: unknown) => void) => Subject) {
    this.#subject = create((error) =>
      this.trace.push(`reported ${error instanceof Error ? error.name : error}`)
    );
  }

  get target(): object {
    return this.#subject.target;
  }

  add(callback: unknown, options?: unknown, topic = "t"): void {
    this.#note(
      "add",
      () => this.#subject.add(topic, callback as Callback, options as Options),
    );
  }

  remove(callback: unknown, options?: unknown, topic = "t"): void {
    this.#note(
      "remove",
      () =>
        this.#subject.remove(topic, callback as Callback, options as Options),
    );
  }

  fire(topic = "t"): void {
    this.trace.push(`(${topic}`);
    this.#subject.dispatch(topic);
    this.trace.push(")");
  }

  /** A listener that leaves its name, then does something. */
  fn(name: string, then?: (event: Event) => unknown): (event: Event) => void {
    return (event) => {
      this.trace.push(name);
      then?.(event);
    };
  }

  #note(what: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.trace.push(`${what} threw ${(error as Error).name}`);
    }
  }
}

type Script = (stage: Stage) => void;

function onPlatform(script: Script): string[] {
  const target = new EventTarget();
  let onError: (error: unknown) => void;
  const stage = new Stage((report) => {
    onError = report;
    return {
      target,
      add: (topic, callback, options) =>
        target.addEventListener(topic, callback as EventListener, options!),
      remove: (topic, callback, options) =>
        target.removeEventListener(topic, callback as EventListener, options!),
      dispatch: (topic) => void target.dispatchEvent(new CustomEvent(topic)),
    };
  });
  const onUncaught = (event: ErrorEvent) => {
    event.preventDefault();
    onError(event.error);
  };
  globalThis.addEventListener("error", onUncaught);
  try {
    script(stage);
  } finally {
    globalThis.removeEventListener("error", onUncaught);
  }
  return stage.trace;
}

function onOurs(script: Script): string[] {
  const target = {};
  const stage = new Stage((onError) => {
    const listeners = new TopicListeners({ onListenerError: onError }, target);
    return {
      target,
      add: (topic, callback, options) =>
        listeners.add(topic, callback, options),
      remove: (topic, callback, options) =>
        listeners.remove(topic, callback, options),
      dispatch: (topic) => listeners.deliver(envelopeOf(topic)),
    };
  });
  script(stage);
  return stage.trace;
}

const aborted = AbortSignal.abort();

/** Where the platform itself (Deno 2.9) departs from the standard. */
const STANDARD_ONLY = "the standard alone";

/**
 * Each leaves the same trace on both, and the one that is written here, which
 * is that of https://dom.spec.whatwg.org/#concept-event-dispatch.
 */
const SCRIPTS: Record<
  string,
  [script: Script, trace: string, where?: typeof STANDARD_ONLY]
> = {
  "calls functions in the order of adding": [(s) => {
    for (const name of ["a", "b", "c"]) s.add(s.fn(name));
    s.fire();
    s.fire();
  }, "(t a b c ) (t a b c )"],
  "keeps topics apart": [(s) => {
    s.add(s.fn("a"), undefined, "t");
    s.add(s.fn("b"), undefined, "u");
    s.add(s.fn("c"), undefined, "constructor");
    s.fire("t");
    s.fire("u");
    s.fire("constructor");
    s.fire("toString");
  }, "(t a ) (u b ) (constructor c ) (toString )"],
  "counts the same callback once": [(s) => {
    const a = s.fn("a");
    for (const options of [undefined, false, {}, { capture: false }, null]) {
      s.add(a, options);
    }
    s.fire();
    s.remove(a);
    s.fire();
  }, "(t a ) (t )"],
  "keeps the place of the first adding": [(s) => {
    const a = s.fn("a");
    s.add(a);
    s.add(s.fn("b"));
    s.add(a);
    s.fire();
  }, "(t a b )"],
  "keeps the options of the first adding": [(s) => {
    const a = s.fn("a");
    s.add(a);
    s.add(a, { once: true });
    s.add(a, { signal: aborted });
    s.fire();
    s.fire();
  }, "(t a ) (t a )"],
  "counts capture and non-capture apart": [(s) => {
    const a = s.fn("a");
    s.add(a);
    s.add(a, true);
    s.fire();
    s.remove(a);
    s.fire();
    s.remove(a, { capture: true });
    s.fire();
  }, "(t a a ) (t a ) (t )"],
  "takes any value as the capture flag": [(s) => {
    const a = s.fn("a");
    s.add(a, { capture: 1 });
    s.add(a, true);
    s.fire();
    s.remove(a, { capture: "" });
    s.fire();
    s.remove(a, { capture: "yes" });
    s.fire();
  }, "(t a ) (t a ) (t )"],
  "calls capturing listeners first": [
    (s) => {
      s.add(s.fn("a"));
      s.add(s.fn("b"), true);
      s.add(s.fn("c"));
      s.add(s.fn("d"), { capture: true });
      s.fire();
    },
    "(t b d a c )",
    STANDARD_ONLY,
  ],
  "calls a listener that is to run once no second time": [(s) => {
    s.add(s.fn("a"), { once: true });
    s.add(s.fn("b"));
    s.fire();
    s.fire();
  }, "(t a b ) (t b )"],
  "removes a once listener before it runs": [(s) => {
    const a = s.fn("a", () => s.trace.length < 5 && s.fire());
    s.add(a, { once: true });
    s.fire();
  }, "(t a (t ) )"],
  "lets a once listener add itself again": [(s) => {
    const a = s.fn("a", () => s.add(a, { once: true }));
    s.add(a, { once: true });
    s.fire();
    s.fire();
  }, "(t a ) (t a )"],
  "lets a once listener be removed": [(s) => {
    const a = s.fn("a");
    s.add(a, { once: true });
    s.remove(a);
    s.fire();
  }, "(t )"],
  "ends a listener with its signal": [(s) => {
    const controller = new AbortController();
    s.add(s.fn("a"), { signal: controller.signal });
    s.add(s.fn("b"));
    s.fire();
    controller.abort();
    s.fire();
  }, "(t a b ) (t b )"],
  "never adds with an aborted signal": [(s) => {
    s.add(s.fn("a"), { signal: aborted });
    s.fire();
  }, "(t )"],
  "ends a listener whose signal aborts while it waits its turn": [(s) => {
    const controller = new AbortController();
    s.add(s.fn("a", () => controller.abort()));
    s.add(s.fn("b"), { signal: controller.signal });
    s.add(s.fn("c"));
    s.fire();
  }, "(t a c )"],
  "forgets the signal of a listener that was removed": [(s) => {
    const controller = new AbortController();
    const a = s.fn("a");
    s.add(a, { signal: controller.signal });
    s.remove(a);
    s.add(a);
    controller.abort();
    s.fire();
  }, "(t a )"],
  "forgets the signal of a once listener that ran": [(s) => {
    const controller = new AbortController();
    const a = s.fn("a");
    s.add(a, { once: true, signal: controller.signal });
    s.fire();
    s.add(a);
    controller.abort();
    s.fire();
  }, "(t a ) (t a )"],
  "takes null and undefined for no listener": [(s) => {
    s.add(null);
    s.add(undefined);
    s.remove(null);
    s.remove(undefined);
    s.fire();
  }, "(t )"],
  "removes nothing that was never added": [(s) => {
    const a = s.fn("a");
    s.add(a);
    s.remove(s.fn("a"));
    s.remove(a, true);
    s.remove(a, undefined, "u");
    s.fire();
  }, "(t a )"],
  "removes a listener twice without harm": [(s) => {
    const a = s.fn("a");
    s.add(a);
    s.remove(a);
    s.remove(a);
    s.fire();
    s.add(a);
    s.fire();
  }, "(t ) (t a )"],
  "calls a listener that was removed and added again last": [(s) => {
    const a = s.fn("a");
    s.add(a);
    s.add(s.fn("b"));
    s.remove(a);
    s.add(a);
    s.fire();
  }, "(t b a )"],
  "calls what is added during dispatch from the next one on": [(s) => {
    const b = s.fn("b");
    s.add(s.fn("a", () => s.add(b)));
    s.fire();
    s.fire();
  }, "(t a ) (t a b )"],
  "calls no listener that is removed during dispatch": [(s) => {
    const c = s.fn("c");
    s.add(s.fn("a", () => s.remove(c)));
    s.add(s.fn("b"));
    s.add(c);
    s.fire();
  }, "(t a b )"],
  "goes on behind a listener that removes itself": [(s) => {
    const a = s.fn("a", () => s.remove(a));
    s.add(a);
    s.add(s.fn("b"));
    s.fire();
    s.fire();
  }, "(t a b ) (t b )"],
  "calls a listener that is removed and added again not in this dispatch": [
    (s) => {
      const b = s.fn("b");
      s.add(s.fn("a", () => {
        s.remove(b);
        s.add(b);
      }));
      s.add(b);
      s.fire();
      s.fire();
    },
    "(t a ) (t a )",
  ],
  "nests dispatches of the same topic": [(s) => {
    let depth = 0;
    s.add(s.fn("a", () => {
      if (depth++ < 2) s.fire();
    }));
    s.add(s.fn("b"));
    s.fire();
  }, "(t a (t a (t a b ) b ) b )"],
  "nests dispatches of another topic": [(s) => {
    s.add(s.fn("a", () => s.fire("u")));
    s.add(s.fn("b"));
    s.add(s.fn("c"), undefined, "u");
    s.fire();
  }, "(t a (u c ) b )"],
  "stops at once with stopImmediatePropagation": [(s) => {
    s.add(s.fn("a", (event) => event.stopImmediatePropagation()));
    s.add(s.fn("b"));
    s.fire();
  }, "(t a )"],
  "stops at once with stopImmediatePropagation in a capturing listener": [
    (s) => {
      s.add(s.fn("a"));
      s.add(s.fn("b", (event) => event.stopImmediatePropagation()), true);
      s.add(s.fn("c"), true);
      s.fire();
    },
    "(t b )",
    STANDARD_ONLY,
  ],
  "stops the outer dispatch no more than the inner one": [(s) => {
    let depth = 0;
    s.add(s.fn("a", (event) => {
      if (depth++ > 0) event.stopImmediatePropagation();
      else s.fire();
    }));
    s.add(s.fn("b"));
    s.fire();
  }, "(t a (t a ) b )"],
  "calls the rest of the phase behind stopPropagation": [
    (s) => {
      s.add(s.fn("a", (event) => event.stopPropagation()), true);
      s.add(s.fn("b"), true);
      s.add(s.fn("c"));
      s.fire();
    },
    "(t a b )",
    STANDARD_ONLY,
  ],
  "stops nothing at the target with stopPropagation": [(s) => {
    s.add(s.fn("a", (event) => event.stopPropagation()));
    s.add(s.fn("b"));
    s.fire();
    s.fire();
  }, "(t a b ) (t a b )"],
  "ignores preventDefault": [(s) => {
    s.add(s.fn("a", (event) => {
      event.preventDefault();
      s.trace.push(`${event.cancelable} ${event.defaultPrevented}`);
    }));
    s.fire();
  }, "(t a false false )"],
  "calls functions on the target": [(s) => {
    s.add(function (this: unknown) {
      s.trace.push(String(this === s.target));
    });
    s.fire();
  }, "(t true )"],
  "calls handleEvent on its object": [(s) => {
    const object = {
      handleEvent(event: Event) {
        s.trace.push(`${this === object} ${event.type}`);
      },
    };
    s.add(object);
    s.fire();
    s.remove(object);
    s.fire();
  }, "(t true t ) (t )"],
  "looks handleEvent up at the call": [(s) => {
    const object = { handleEvent: s.fn("a") };
    s.add(object);
    object.handleEvent = s.fn("b");
    s.fire();
  }, "(t b )"],
  "looks an inherited handleEvent up": [(s) => {
    class Handler {
      handleEvent() {
        s.trace.push("a");
      }
    }
    s.add(new Handler());
    s.fire();
  }, "(t a )"],
  "calls a function that has a handleEvent itself": [(s) => {
    s.add(Object.assign(s.fn("a"), { handleEvent: s.fn("b") }));
    s.fire();
  }, "(t a )"],
  "refuses what is no listener": [
    (s) => {
      for (const callback of [5, "a", true]) {
        s.add(callback);
        s.remove(callback);
      }
      s.fire();
    },
    `${"add threw TypeError remove threw TypeError ".repeat(3)}(t )`,
    STANDARD_ONLY,
  ],
  "refuses a signal that is none": [(s) => {
    s.add(s.fn("a"), { signal: {} });
    s.add(s.fn("a"), { signal: null });
    s.fire();
  }, "add threw TypeError add threw TypeError (t )"],
  "reports what a listener throws and goes on": [(s) => {
    s.add(s.fn("a", () => {
      throw new RangeError("a");
    }));
    s.add(s.fn("b"));
    s.fire();
  }, "(t a reported RangeError b )"],
  "reports what a once listener throws and forgets it": [(s) => {
    const throwing = () => {
      throw "text";
    };
    s.add(s.fn("a", throwing), { once: true });
    s.fire();
    s.fire();
  }, "(t a reported text ) (t )"],
  "reports what handleEvent throws": [(s) => {
    s.add({
      handleEvent() {
        throw new RangeError("a");
      },
    });
    s.add(s.fn("b"));
    s.fire();
  }, "(t reported RangeError b )"],
  "reports what looking handleEvent up throws": [(s) => {
    s.add({
      get handleEvent() {
        throw new RangeError("a");
      },
    });
    s.add(s.fn("b"));
    s.fire();
  }, "(t reported RangeError b )"],
  "has the target and the phase in the event while it is dispatched": [
    (s) => {
      const look = (event: Event) => {
        s.trace.push(
          event.target === s.target ? "target" : "-",
          event.currentTarget === s.target ? "current" : "-",
          String(event.eventPhase),
          String(event.composedPath().map((one) => one === s.target)),
          `${event.bubbles} ${event.cancelable} ${event.composed}`,
          `${event.isTrusted} ${typeof event.timeStamp}`,
        );
      };
      s.add(look, true);
      s.add(look);
      s.fire();
    },
    `(t ${"target current 2 true false false false false number ".repeat(2)})`,
  ],
  "has the target alone in the event afterwards": [(s) => {
    let kept: Event | undefined;
    s.add((event: Event) => {
      kept = event;
      event.stopPropagation();
    });
    s.fire();
    const event = kept!;
    s.trace.push(
      event.target === s.target ? "target" : "-",
      String(event.currentTarget),
      String(event.eventPhase),
      String(event.composedPath().length),
      event.type,
    );
  }, "(t ) target null 0 0 t"],
  "clears the stop flags afterwards": [(s) => {
    let kept: Event | undefined;
    s.add((event: Event) => {
      kept = event;
      event.stopImmediatePropagation();
      s.trace.push(String(event.cancelBubble));
    });
    s.fire();
    s.trace.push(String(kept!.cancelBubble));
  }, "(t true ) false"],
  "gives every listener the same event": [(s) => {
    const events: Event[] = [];
    s.add((event: Event) => events.push(event), true);
    s.add((event: Event) => events.push(event));
    s.fire();
    s.trace.push(
      `${events[0] === events[1]} ${events[0] instanceof CustomEvent}`,
    );
  }, "(t ) true true"],
};

for (const [what, [script, trace, where]] of Object.entries(SCRIPTS)) {
  Deno.test(`TopicListeners ${what}, like ${where ?? "EventTarget"}`, () => {
    if (!where) assert.equal(onPlatform(script).join(" "), trace, "platform");
    assert.equal(onOurs(script).join(" "), trace, "TopicListeners");
  });
}

/** Numbers that look random and are the same in every run (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6D2B79F5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/**
 * A script of random operations, some of them out of the listeners. All
 * listeners of one topic have the same capture flag: the platform does not call
 * the capturing ones first.
 */
function randomScript(seed: number): Script {
  return (s) => {
    const random = randomOf(seed);
    let left = 60;
    let depth = 0;
    let controllers = Array.from({ length: 3 }, () => new AbortController());
    const callbacks = ["a", "b", "c"].map((name) => s.fn(name, react));
    const objects = ["x", "y"].map((name) => ({
      handleEvent: s.fn(name, react),
    }));
    const all = [...callbacks, ...objects];
    const topic = () => ["t", "u"][random(2)]!;

    function react(event: Event): void {
      if (random(8) === 0) event.stopPropagation();
      if (random(12) === 0) event.stopImmediatePropagation();
      if (random(3) === 0) step();
      if (random(15) === 0) throw new RangeError("thrown");
    }

    function step(): void {
      if (left-- <= 0) return;
      const kind = random(10);
      if (kind < 5) {
        const name = topic();
        s.add(all[random(all.length)], {
          capture: name === "u",
          once: random(3) === 0,
          signal: random(3) === 0 ? controllers[random(3)]!.signal : undefined,
        }, name);
      } else if (kind < 7) {
        s.remove(all[random(all.length)], random(2) === 0, topic());
      } else if (kind < 8) {
        const i = random(3);
        controllers[i]!.abort();
        controllers = controllers.with(i, new AbortController());
      } else if (depth < 3) {
        depth++;
        s.fire(topic());
        depth--;
      }
    }

    while (left > 0) step();
    s.fire("t");
    s.fire("u");
  };
}

Deno.test("TopicListeners does as EventTarget does over random scripts", () => {
  let calls = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const expected = onPlatform(randomScript(seed));
    assert.deepEqual(onOurs(randomScript(seed)), expected, `seed ${seed}`);
    calls += expected.filter((one) => one.length === 1 && one !== ")").length;
  }
  assert.ok(calls > 2000, `the scripts call listeners: ${calls} times`);
});

// What a transport is told

/** Listeners whose owner writes down what it is told. */
function observed(
  onFirst?: (topic: string) => void,
): { listeners: TopicListeners; told: string[] } {
  const told: string[] = [];
  const listeners = new TopicListeners({
    onFirstListener: (topic) => {
      onFirst?.(topic);
      told.push(`+${topic}`);
    },
    onLastListener: (topic) => told.push(`-${topic}`),
    onListenerError: (error, topic) => told.push(`!${topic} ${error}`),
  });
  return { listeners, told };
}

const ignore = () => {};

Deno.test("TopicListeners tells of the first listener and of the loss of the last", () => {
  const { listeners, told } = observed();
  const other = () => {};
  listeners.add("t", ignore, undefined);
  listeners.add("t", other, undefined);
  listeners.add("t", ignore, true);
  listeners.add("u:1", ignore, undefined);
  assert.deepEqual(told, ["+t", "+u:1"]);
  assert.deepEqual([...listeners.topics()], ["t", "u:1"]);
  listeners.remove("t", ignore, undefined);
  listeners.remove("t", other, undefined);
  assert.deepEqual(told, ["+t", "+u:1"]);
  listeners.remove("t", ignore, true);
  assert.deepEqual(told, ["+t", "+u:1", "-t"]);
  assert.deepEqual([...listeners.topics()], ["u:1"]);
  listeners.add("t", ignore, undefined);
  assert.deepEqual(told, ["+t", "+u:1", "-t", "+t"]);
});

Deno.test("TopicListeners counts a duplicate once", () => {
  const { listeners, told } = observed();
  listeners.add("t", ignore, undefined);
  listeners.add("t", ignore, { once: true });
  listeners.remove("t", ignore, undefined);
  listeners.remove("t", ignore, undefined);
  assert.deepEqual(told, ["+t", "-t"]);
});

Deno.test("TopicListeners tells nothing of what adds and removes nothing", () => {
  const { listeners, told } = observed();
  listeners.add("t", null, undefined);
  listeners.add("t", undefined, undefined);
  listeners.add("t", ignore, { signal: aborted });
  listeners.remove("t", ignore, undefined);
  assert.throws(() => listeners.add("t", 5 as unknown as Callback, undefined));
  assert.throws(() =>
    listeners.add("t", ignore, { signal: {} as unknown as AbortSignal })
  );
  assert.deepEqual(told, []);
  assert.deepEqual([...listeners.topics()], []);
});

Deno.test("TopicListeners counts a once listener down before it runs", () => {
  const { listeners, told } = observed();
  let seen: string[] | undefined;
  listeners.add("t", () => {
    seen = [...told, `${[...listeners.topics()].length} topics`];
  }, { once: true });
  listeners.deliver(envelopeOf("t"));
  assert.deepEqual(seen, ["+t", "-t", "0 topics"]);
  assert.deepEqual(told, ["+t", "-t"]);
});

Deno.test("TopicListeners counts down when a signal aborts, once", () => {
  const { listeners, told } = observed();
  const controller = new AbortController();
  const { signal } = controller;
  listeners.add("t", ignore, { signal });
  listeners.add("t", ignore, { signal, capture: true });
  listeners.add("u", ignore, { signal });
  controller.abort();
  assert.deepEqual(told, ["+t", "+u", "-t", "-u"]);
  listeners.remove("t", ignore, undefined);
  assert.deepEqual(told, ["+t", "+u", "-t", "-u"]);
});

Deno.test("TopicListeners tells + and - of a topic in turn over random scripts", () => {
  let turns = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const { listeners, told } = observed();
    const stage = new Stage(() => ({
      target: {},
      add: (topic, callback, options) =>
        listeners.add(topic, callback, options),
      remove: (topic, callback, options) =>
        listeners.remove(topic, callback, options),
      dispatch: (topic) => listeners.deliver(envelopeOf(topic)),
    }));
    randomScript(seed)(stage);
    for (const topic of ["t", "u"]) {
      const signs = told
        .filter((one) => one === `+${topic}` || one === `-${topic}`)
        .map((one) => one[0]).join("");
      assert.match(signs, /^(\+-)*\+?$/);
      const isListened = [...listeners.topics()].includes(topic);
      assert.equal(signs.endsWith("+"), isListened, `seed ${seed}`);
      turns += signs.length;
    }
  }
  assert.ok(turns > 1000, `there is something to tell: ${turns} times`);
});

Deno.test("TopicListeners adds nothing when onFirst throws", () => {
  let refuse = true;
  const { listeners, told } = observed(() => {
    if (refuse) throw new RangeError("refused");
  });
  const { signal, added } = watchedSignal();
  let calls = 0;
  const listener = () => calls++;
  assert.throws(() => listeners.add("t", listener, { signal }), {
    name: "RangeError",
    message: "refused",
  });
  assert.deepEqual([...listeners.topics()], []);
  assert.equal(added(), 0);
  listeners.deliver(envelopeOf("t"));
  assert.equal(calls, 0);
  refuse = false;
  listeners.add("t", listener, undefined);
  listeners.deliver(envelopeOf("t"));
  assert.equal(calls, 1);
  assert.deepEqual(told, ["+t"]);
});

Deno.test("TopicListeners hands what a listener throws to onError with the topic", () => {
  const { listeners, told } = observed();
  const calls: string[] = [];
  listeners.add("t:1", () => {
    throw new RangeError("thrown");
  }, undefined);
  listeners.add("t:1", () => calls.push("t:1"), undefined);
  listeners.add("t", () => calls.push("t"), undefined);
  listeners.deliver(envelopeOf("t", "1"));
  assert.deepEqual(calls, ["t:1", "t"]);
  assert.deepEqual(told, ["+t:1", "+t", "!t:1 RangeError: thrown"]);
});

Deno.test("TopicListeners hands an object without handleEvent to onError", () => {
  const { listeners, told } = observed();
  let calls = 0;
  listeners.add("t", {} as EventListenerObject, undefined);
  listeners.add("t", () => calls++, undefined);
  listeners.deliver(envelopeOf("t"));
  assert.match(told[1] ?? "", /^!t TypeError: .*handleEvent/);
  assert.equal(calls, 1);
});

Deno.test("TopicListeners delivers to type:id and to type, the one envelope to both", () => {
  const { listeners } = observed();
  const seen: [heard: string, type: string, same: boolean][] = [];
  const envelope = envelopeOf("t", "a:b");
  for (const topic of ["t", "t:a:b", "t:a", "t:", "a:b", "t:a:b:c", "u"]) {
    listeners.add(topic, (event) => {
      const { type, detail } = event as CustomEvent;
      seen.push([topic, type, detail === envelope]);
    }, undefined);
  }
  listeners.deliver(envelope);
  assert.deepEqual(seen, [["t:a:b", "t:a:b", true], ["t", "t", true]]);
});

Deno.test("TopicListeners delivers an envelope without id once", () => {
  const { listeners } = observed();
  let calls = 0;
  listeners.add("t", () => calls++, undefined);
  listeners.deliver(envelopeOf("t"));
  assert.equal(calls, 1);
});

Deno.test("TopicListeners stops the one topic alone with stopImmediatePropagation", () => {
  const { listeners } = observed();
  const calls: string[] = [];
  listeners.add("t:1", (event) => {
    calls.push("t:1");
    event.stopImmediatePropagation();
  }, undefined);
  listeners.add("t", () => calls.push("t"), undefined);
  listeners.deliver(envelopeOf("t", "1"));
  assert.deepEqual(calls, ["t:1", "t"]);
});

/** A signal that counts who listens to it. */
function watchedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  let added = 0;
  let removed = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: unknown[]) => {
    added++;
    Reflect.apply(addEventListener, signal, args);
  };
  signal.removeEventListener = (...args: unknown[]) => {
    removed++;
    Reflect.apply(removeEventListener, signal, args);
  };
  return {
    controller,
    signal,
    added: () => added,
    removed: () => removed,
  };
}

Deno.test("TopicListeners lets a signal go with the listener", () => {
  const { listeners } = observed();
  const { signal, added, removed } = watchedSignal();
  listeners.add("t", ignore, { signal });
  listeners.remove("t", ignore, undefined);
  listeners.add("t", ignore, { signal, once: true });
  listeners.deliver(envelopeOf("t"));
  assert.deepEqual([added(), removed()], [2, 2]);
});

Deno.test("TopicListeners.clear removes everything, says nothing and lets signals go", () => {
  const { listeners, told } = observed();
  const { controller, signal, added, removed } = watchedSignal();
  let calls = 0;
  const listener = () => calls++;
  listeners.add("t", listener, { signal });
  listeners.add("t", listener, { signal, capture: true });
  listeners.add("u", listener, { signal });
  listeners.clear();
  assert.deepEqual([added(), removed()], [3, 3]);
  assert.deepEqual([...listeners.topics()], []);
  listeners.deliver(envelopeOf("t"));
  controller.abort();
  listeners.remove("t", listener, undefined);
  assert.equal(calls, 0);
  assert.deepEqual(told, ["+t", "+u"]);
  listeners.add("t", listener, undefined);
  listeners.deliver(envelopeOf("t"));
  assert.equal(calls, 1);
  assert.deepEqual(told, ["+t", "+u", "+t"]);
});

Deno.test("TopicListeners.clear ends a dispatch that is under way", () => {
  const { listeners } = observed();
  const calls: string[] = [];
  listeners.add("t:1", () => {
    calls.push("first");
    listeners.clear();
  }, undefined);
  listeners.add("t:1", () => calls.push("second"), undefined);
  listeners.add("t", () => calls.push("type"), undefined);
  listeners.deliver(envelopeOf("t", "1"));
  assert.deepEqual(calls, ["first"]);
});

Deno.test("reportUncaught reports as the platform does", () => {
  const seen: unknown[] = [];
  const onUncaught = (event: ErrorEvent) => {
    event.preventDefault();
    seen.push(event.error);
  };
  globalThis.addEventListener("error", onUncaught);
  const error = new RangeError("nobody took it");
  try {
    reportUncaught(error);
  } finally {
    globalThis.removeEventListener("error", onUncaught);
  }
  assert.deepEqual(seen, [error]);
});
