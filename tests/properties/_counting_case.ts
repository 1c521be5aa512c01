// One spoke and its hub, and what is done to them in any order: after each
// flush() the hub holds the model's topics, and whoever should be called is.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createEvent } from "../../envelope.ts";
import { ClosedError, ConnectionError } from "../../errors.ts";
import type {
  TypedEvent,
  TypedEventListener,
} from "../../typed_event_target.ts";
import type { SpokeEventTarget, SpokeStatus } from "../../websocket_client.ts";
import type { HubConnection, HubEventTarget } from "../../websocket_server.ts";
import type { Log } from "../_waiting.ts";
import { CountingModel } from "./_counting_model.ts";

const TOPICS = [
  "a",
  "a:1",
  "a:x:y",
  "b",
  "b:1",
  "b:",
  "",
  ":1",
  "__c",
  "__c:1",
];
const EVENTS = [["a", ""], ["a", "1"], ["a", "x:y"], ["b", "1"], ["b", "2"]];
/** Functions, objects, one that throws, and `null`. */
const CALLBACKS = 6;
const THROWING = 4;
const SIGNALS = 3;

/** Whether a connection is lost without a word, or the hub says goodbye. */
export type Cut = "lost" | "going away";

/** What is done. */
export type Step =
  | {
    readonly do: "add";
    readonly topic: string;
    readonly callback: number;
    readonly capture: boolean;
    readonly once: boolean;
    readonly signal: number | undefined;
  }
  | {
    readonly do: "remove";
    readonly topic: string;
    readonly callback: number;
    readonly capture: boolean;
  }
  | { readonly do: "abort"; readonly signal: number }
  | { readonly do: "dispatch"; readonly type: string; readonly id: string }
  | { readonly do: "cut"; readonly how: Cut }
  | { readonly do: "publish" | "flush" | "reconnect" };

const topic = fc.constantFrom(...TOPICS);
const callback = fc.nat(CALLBACKS - 1);
const signal = fc.nat(SIGNALS - 1);

/** What leaves the connection as it is. */
const calm: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("add" as const),
      topic,
      callback,
      capture: fc.boolean(),
      once: fc.boolean(),
      signal: fc.option(signal, { nil: undefined, freq: 2 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("remove" as const),
      topic,
      callback,
      capture: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("abort" as const), signal }),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom(...EVENTS).map(([type = "", id = ""]) => ({
      do: "dispatch" as const,
      type,
      id,
    })),
  },
  { weight: 2, arbitrary: fc.constant({ do: "publish" as const }) },
  { weight: 3, arbitrary: fc.constant({ do: "flush" as const }) },
);

/** What ends it. */
const storm: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ do: "cut" as const, how: "lost" as const }),
  fc.constant({ do: "cut" as const, how: "going away" as const }),
  fc.constant({ do: "reconnect" as const }),
);

const LENGTH = { minLength: 1, maxLength: 40, size: "max" as const };

/** Sequences of steps. The connection ends in some of them: that takes time. */
export const steps: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 7, arbitrary: fc.array(calm, LENGTH) },
  {
    weight: 3,
    arbitrary: fc.array(
      fc.oneof(
        { weight: 8, arbitrary: calm },
        { weight: 1, arbitrary: storm },
      ),
      LENGTH,
    ),
  },
);

/** A spoke and its hub on some transport. */
export interface Pair extends AsyncDisposable {
  readonly hub: HubEventTarget;
  readonly spoke: SpokeEventTarget;
  /** The connections of the spoke, as the hub admitted them. */
  readonly admitted: Log<HubConnection>;
  readonly statuses: Log<SpokeStatus>;
  /** Resolves when the hub's end is gone. */
  cut(how: Cut): Promise<void>;
}

/** The case under way. */
class Case {
  readonly #pair: Pair;
  readonly #model = new CountingModel();
  readonly #signals = Array.from(
    { length: SIGNALS },
    () => new AbortController(),
  );
  /** `topic callback` of each call since the last look. */
  #called: string[] = [];
  readonly #callbacks: (TypedEventListener<TypedEvent> | null)[];
  /** What ends the present connection, until it has been made again. */
  #breaks: Promise<unknown>[] = [];
  #published = 0;
  /** Of these none may be lost. */
  #sure: number[] = [];
  #heard: number[] = [];

  constructor(pair: Pair) {
    this.#pair = pair;
    const note = (event: TypedEvent, callback: number) =>
      this.#called.push(`${event.type} ${callback}`);
    const object = (callback: number) => ({
      handleEvent(this: unknown, event: TypedEvent) {
        assert.equal(this, objects[callback]);
        note(event, callback);
      },
    });
    const objects: Record<number, TypedEventListener<TypedEvent>> = {
      2: object(2),
      3: object(3),
    };
    this.#callbacks = [
      (event) => note(event, 0),
      (event) => note(event, 1),
      objects[2]!,
      objects[3]!,
      (event) => {
        note(event, THROWING);
        throw new Error("a listener that throws");
      },
      null,
    ];
    pair.hub.addEventListener("published", this.#onPublished);
  }

  readonly #onPublished = ({ detail }: TypedEvent) => {
    this.#heard.push(detail.payload as number);
  };

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#do(step);
    await this.#flush();
    await this.#close();
  }

  #do(step: Step): Promise<void> | void {
    const { spoke } = this.#pair;
    switch (step.do) {
      case "add": {
        const { topic, callback, capture, once, signal } = step;
        spoke.addEventListener(topic, this.#callbacks[callback]!, {
          capture,
          once,
          ...signal !== undefined && { signal: this.#signals[signal]!.signal },
        });
        if (this.#callbacks[callback]) this.#model.add(step);
        return;
      }
      case "remove": {
        const { topic, callback, capture } = step;
        spoke.removeEventListener(topic, this.#callbacks[callback]!, capture);
        return this.#model.remove(topic, callback, capture);
      }
      case "abort":
        this.#signals[step.signal]!.abort();
        return this.#model.abort(step.signal);
      case "dispatch":
        return this.#dispatch(step.type, step.id);
      case "publish":
        this.#sure.push(++this.#published);
        spoke.dispatchEvent(createEvent("published", "", this.#published));
        return;
      case "cut":
        this.#breaks.push(this.#pair.cut(step.how));
        return;
      case "reconnect":
        this.#breaks.push(spoke.reconnect());
        return;
      case "flush":
        return this.#flush();
    }
  }

  /** The hub dispatches, whatever of the last steps it knows of by then. */
  async #dispatch(type: string, id: string): Promise<void> {
    if (this.#breaks.length > 0) await this.#flush();
    const { topics } = this.#pair.admitted.all.at(-1)!;
    const event = createEvent(type, id, null);
    const isSent = topics.has(event.type) || topics.has(type);
    this.#pair.hub.dispatchEvent(event);
    await this.#pair.hub.flush();
    const expected = isSent ? this.#model.deliver({ type, id }) : [];
    assert.deepEqual(this.#called, expected, `called for ${event.type}`);
    const thrown = expected.filter((one) => one.endsWith(` ${THROWING}`));
    const { statuses } = this.#pair;
    const told = statuses.all.filter((status) =>
      status.type === "error" && String(status.error).includes("that throws")
    );
    assert.equal(told.length, thrown.length, "onStatus is told of throws");
    statuses.all.length = 0;
    this.#called = [];
  }

  async #flush(): Promise<void> {
    const wasBroken = this.#breaks.length > 0;
    await Promise.all(this.#breaks.splice(0));
    await this.#flushed();
    assert.deepEqual(
      this.#pair.admitted.all.at(-1)!.topics,
      this.#model.topics(),
      "the hub's topics",
    );
    const heard = new Set(this.#heard);
    // What was in flight when a connection broke may be lost.
    for (const one of wasBroken ? [] : this.#sure) {
      assert.ok(heard.has(one), `the hub hears ${one}`);
    }
    this.#sure = [];
  }

  /** A flush that a loss breaks off is tried again, a few times. */
  async #flushed(): Promise<void> {
    for (let losses = 0;; losses++) {
      try {
        return await this.#pair.spoke.flush();
      } catch (error) {
        if (losses === 9 || !(error instanceof ConnectionError)) throw error;
      }
    }
  }

  async #close(): Promise<void> {
    const { hub, spoke, admitted } = this.#pair;
    await spoke.close();
    const event = createEvent("published", "", 0);
    assert.throws(() => spoke.dispatchEvent(event), ClosedError);
    await hub.flush();
    for (const { topics } of admitted.all) assert.equal(topics.size, 0);
    const inOrder = [...new Set(this.#heard)].sort((a, b) => a - b);
    assert.deepEqual(this.#heard, inOrder, "once each, in order");
    assert.deepEqual(this.#called, [], "nobody else is called");
    hub.removeEventListener("published", this.#onPublished);
  }
}

/** Does the steps to a pair and to the model. */
export async function runCase(
  pair: Pair,
  steps: readonly Step[],
): Promise<void> {
  try {
    await new Case(pair).run(steps);
  } finally {
    await pair[Symbol.asyncDispose]();
  }
}
