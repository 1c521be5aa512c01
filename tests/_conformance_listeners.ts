// Listeners behave as on a web `EventTarget`, whatever brings the events.

import assert from "node:assert/strict";
import {
  compared,
  differential,
  type Script,
  type Stage,
  STANDARD_ONLY,
} from "./_conformance_stage.ts";
import { envelope, type Scenario } from "./_conformance_wire.ts";
import { randomOf } from "./_random.ts";

/**
 * Random operations, some of them out of the listeners; it leaves no listener
 * behind. None of them captures: this platform does not call those first.
 */
function randomScript(seed: number): Script {
  return async (s: Stage) => {
    const random = randomOf(seed);
    const controllers = [new AbortController(), new AbortController()];
    const callbacks = ["a", "b", "c", "d"].map((name) => s.fn(name, react));
    const topics = ["t", "u"];
    function step(): void {
      const callback = callbacks[random(callbacks.length)]!;
      const topic = topics[random(topics.length)]!;
      switch (random(6)) {
        case 0:
          return s.remove(callback, undefined, topic);
        case 1:
          return s.add(callback, { once: true }, topic);
        case 2: {
          const { signal } = controllers[random(controllers.length)]!;
          return s.add(callback, { signal }, topic);
        }
        case 3:
          if (random(3) > 0) return;
          return controllers[random(controllers.length)]!.abort();
        default:
          return s.add(callback, undefined, topic);
      }
    }
    function react(event: Event): void {
      if (random(3) === 0) step();
      if (random(8) === 0) event.stopImmediatePropagation();
      if (random(8) === 0) throw new RangeError("random");
    }
    for (let round = 0; round < 10; round++) {
      for (let i = random(4); i > 0; i--) step();
      await s.fire(topics[random(topics.length)]!);
    }
    for (const callback of callbacks) {
      for (const topic of topics) s.remove(callback, undefined, topic);
    }
  };
}

export const listenerScenarios: readonly Scenario[] = [
  differential(
    "a once listener runs once and can add itself again",
    async (s) => {
      const again = s.fn("again", () => s.add(again, { once: true }));
      s.add(s.fn("once"), { once: true });
      s.add(again, { once: true });
      s.add(s.fn("always"));
      await s.fire();
      await s.fire();
    },
    "(t once again always ) (t always again )",
  ),
  differential("a signal ends a listener", async (s) => {
    const [after, during] = [new AbortController(), new AbortController()];
    s.add(s.fn("before"), { signal: AbortSignal.abort() });
    s.add(s.fn("after"), { signal: after.signal });
    s.add(s.fn("aborts", () => during.abort()));
    s.add(s.fn("during"), { signal: during.signal });
    s.add(s.fn("last"));
    await s.fire();
    after.abort();
    await s.fire();
  }, "(t after aborts last ) (t aborts last )"),
  differential(
    "a duplicate counts once, by callback and capture",
    async (s) => {
      const a = s.fn("a");
      const b = s.fn("b");
      for (const options of [undefined, false, {}]) s.add(a, options);
      s.add(b);
      s.add(a, { once: true });
      await s.fire();
      s.remove(b);
      s.add(a, true);
      s.add(a, { capture: true, once: true });
      await s.fire();
      s.remove(a);
      await s.fire();
      s.remove(a, { capture: true });
      await s.fire();
    },
    "(t a b ) (t a a ) (t a ) (t )",
  ),
  differential(
    "capturing listeners come first, else the order of adding counts",
    async (s) => {
      s.add(s.fn("a"));
      s.add(s.fn("b"), true);
      s.add(s.fn("c"));
      s.add(s.fn("d"), { capture: true });
      await s.fire();
    },
    "(t b d a c )",
    STANDARD_ONLY,
  ),
  differential("a listener that is added again comes last", async (s) => {
    const a = s.fn("a");
    s.add(a);
    s.add(s.fn("b"));
    s.add(s.fn("c"));
    s.remove(a);
    s.add(a);
    await s.fire();
  }, "(t b c a )"),
  differential(
    "handleEvent is looked up at the call, on its object",
    async (s) => {
      const object = {
        handleEvent(event: Event) {
          s.trace.push(`${this === object} ${event.type}`);
        },
      };
      s.add(object);
      await s.fire();
      object.handleEvent = s.fn("replaced");
      await s.fire();
      s.remove(object);
      await s.fire();
    },
    "(t true t ) (t replaced ) (t )",
  ),
  differential(
    "null is no listener, and nothing is removed by chance",
    async (s) => {
      const a = s.fn("a");
      s.add(null);
      s.add(a);
      s.remove(null);
      s.remove(s.fn("a"));
      s.remove(a, true);
      s.remove(a, undefined, "u");
      await s.fire();
    },
    "(t a )",
  ),
  differential(
    "what a listener throws is reported and stops no other",
    async (s) => {
      s.add(
        s.fn("a", () => {
          throw new RangeError("thrown");
        }),
        { once: true },
      );
      s.add(s.fn("b"));
      s.add({
        handleEvent() {
          throw "a text";
        },
      });
      s.add(s.fn("c"));
      await s.fire();
      await s.fire();
    },
    "(t a b c reported RangeError reported a text ) (t b c reported a text )",
  ),
  differential(
    "what is added or removed meanwhile counts at once",
    async (s) => {
      const [added, removed] = [s.fn("added"), s.fn("removed")];
      const itself = s.fn("itself", () => s.remove(itself));
      const both = s.fn("both");
      s.add(itself);
      s.add(s.fn("a", () => {
        s.add(added);
        s.remove(removed);
        s.remove(both);
        s.add(both);
      }));
      s.add(removed);
      s.add(both);
      s.add(s.fn("b"));
      await s.fire();
      s.remove(both);
      await s.fire();
    },
    "(t itself a b ) (t a b added )",
  ),
  differential(
    "stopImmediatePropagation keeps the event from the rest",
    async (s) => {
      let stops = true;
      s.add(s.fn("a", (event) => {
        if (stops) event.stopImmediatePropagation();
      }));
      s.add(s.fn("b"));
      await s.fire();
      stops = false;
      await s.fire();
    },
    "(t a ) (t a b )",
  ),
  differential(
    "an event has its target, and its listeners as this",
    async (s) => {
      let kept: Event | undefined;
      s.add(function (this: unknown, event: Event) {
        kept = event;
        s.trace.push(
          String(this === s.target),
          String(event.target === s.target),
          String(event.currentTarget === s.target),
          `${event.eventPhase} ${event.type}`,
          String(event instanceof CustomEvent && event.detail.type),
        );
      });
      await s.fire();
      s.trace.push(
        String(kept?.target === s.target),
        `${kept?.currentTarget} ${kept?.eventPhase}`,
      );
    },
    "(t true true true 2 t t ) true null 0",
  ),
  compared(
    "random listeners do as on an EventTarget",
    [1, 2].map(randomScript),
  ),
  {
    name: "the type of an event is the topic, its detail the envelope",
    async run({ here, far }) {
      const seen: unknown[] = [];
      for (const topic of ["job.done", "job.done:7"]) {
        here.addEventListener(topic, (event) => {
          assert.equal(event.target, here);
          seen.push([event.type, event.detail]);
        });
      }
      await here.flush();
      const sent = envelope("job.done", "7", { took: 5 });
      await far.dispatch([sent]);
      await far.flush();
      assert.deepEqual(seen, [["job.done:7", sent], ["job.done", sent]]);
    },
  },
  {
    name: "an error elsewhere in the thread is left alone",
    run({ errors }) {
      const event = new ErrorEvent("error", {
        message: "thrown elsewhere",
        error: new Error("thrown elsewhere"),
        cancelable: true,
      });
      globalThis.dispatchEvent(event);
      assert.equal(event.defaultPrevented, false, "it is still uncaught");
      assert.deepEqual(errors, []);
      return Promise.resolve();
    },
  },
  {
    name: "a listener of one topic can listen on another",
    async run({ here, far }) {
      const heard: string[] = [];
      here.addEventListener("first", () => {
        here.addEventListener("second", ({ type }) => heard.push(type));
      }, { once: true });
      await here.flush();
      await far.dispatch([envelope("first")]);
      await far.flush();
      await here.flush();
      await far.dispatch([envelope("second")]);
      await far.flush();
      assert.deepEqual(heard, ["second"]);
    },
  },
  {
    name: "a topic that is left and taken again in one task goes on",
    async run({ here, far }) {
      let heard: string[] = [];
      const listener = ({ detail }: CustomEvent) => heard.push(detail.id);
      here.addEventListener("n", listener);
      await here.flush();
      for (const id of ["1", "2", "3"]) {
        here.removeEventListener("n", listener);
        here.addEventListener("n", listener);
        await here.flush();
        await far.dispatch([envelope("n", id)]);
        await far.flush();
      }
      assert.deepEqual(heard, ["1", "2", "3"]);
      heard = [];
      here.removeEventListener("n", listener);
      here.addEventListener("n", listener);
      here.removeEventListener("n", listener);
      await here.flush();
      await far.dispatch([envelope("n", "4")]);
      await far.flush();
      assert.deepEqual(heard, []);
    },
  },
];
