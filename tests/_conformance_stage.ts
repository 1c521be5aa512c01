// Where a script about listeners is played: on a target of the platform, or on
// one end of a wire. The same script leaves the same trace on both.

import assert from "node:assert/strict";
import type { ClosableEventTarget } from "../mod.ts";
import {
  drain,
  envelope,
  eventOf,
  type Scenario,
  type Wire,
} from "./_conformance_wire.ts";

/** What a script does things to. */
interface Subject {
  readonly target: EventTarget | ClosableEventTarget;
  /** Has an event reach the target; gives the errors that were reported. */
  fire(topic: string): Promise<unknown[]>;
}

/** A subject and the trace of what happens to it. */
export class Stage {
  readonly trace: string[] = [];
  readonly #subject: Subject;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  get target(): unknown {
    return this.#subject.target;
  }

  add(callback: unknown, options?: unknown, topic = "t"): void {
    (this.#subject.target as EventTarget).addEventListener(
      topic,
      callback as EventListener,
      options as AddEventListenerOptions,
    );
  }

  remove(callback: unknown, options?: unknown, topic = "t"): void {
    (this.#subject.target as EventTarget).removeEventListener(
      topic,
      callback as EventListener,
      options as EventListenerOptions,
    );
  }

  async fire(topic = "t"): Promise<void> {
    this.trace.push(`(${topic}`);
    const errors = await this.#subject.fire(topic);
    for (const error of errors) {
      this.trace.push(
        `reported ${error instanceof Error ? error.name : error}`,
      );
    }
    this.trace.push(")");
  }

  /** A listener that leaves its name, then does something. */
  fn(name: string, then?: (event: Event) => unknown): (event: Event) => void {
    return (event) => {
      this.trace.push(name);
      then?.(event);
    };
  }
}

export type Script = (stage: Stage) => Promise<void>;

async function onPlatform(script: Script): Promise<string[]> {
  const target = new EventTarget();
  const errors: unknown[] = [];
  const onUncaught = (event: ErrorEvent) => {
    event.preventDefault();
    errors.push(event.error);
  };
  const stage = new Stage({
    target,
    fire(topic) {
      globalThis.addEventListener("error", onUncaught);
      target.dispatchEvent(eventOf(envelope(topic)));
      globalThis.removeEventListener("error", onUncaught);
      return Promise.resolve(drain(errors));
    },
  });
  await script(stage);
  return stage.trace;
}

async function onWire(
  { here, far, errors }: Wire,
  script: Script,
): Promise<string[]> {
  const stage = new Stage({
    target: here,
    async fire(topic) {
      await here.flush(); // The far end knows the listeners.
      await far.dispatch([envelope(topic)]);
      await far.flush();
      return drain(errors);
    },
  });
  await script(stage);
  return stage.trace;
}

/** The trace is that of the standard, from which this platform departs. */
export const STANDARD_ONLY = "the standard alone";

/**
 * A scenario that leaves one trace on the platform and on a wire.
 *
 * @param trace What it leaves, which is that of
 * https://dom.spec.whatwg.org/#concept-event-dispatch.
 */
export function differential(
  name: string,
  script: Script,
  trace: string,
  where?: typeof STANDARD_ONLY,
): Scenario {
  return {
    name,
    async run(wire) {
      if (!where) {
        assert.equal((await onPlatform(script)).join(" "), trace, "platform");
      }
      assert.equal((await onWire(wire, script)).join(" "), trace);
    },
  };
}

/** A scenario of scripts of which nobody wrote down the traces. */
export function compared(name: string, scripts: readonly Script[]): Scenario {
  return {
    name,
    async run(wire) {
      for (const script of scripts) {
        const [ours, platform] = [
          await onWire(wire, script),
          await onPlatform(script),
        ];
        assert.equal(ours.join(" "), platform.join(" "));
      }
    },
  };
}
