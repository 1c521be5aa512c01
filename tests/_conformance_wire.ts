// What a scenario of the conformance suite has at hand: the end of a transport
// that it runs at, and the other end from afar.

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { within } from "../_deferred.ts";
import {
  type ClosableEventTarget,
  createPubSub,
  type EventEnvelope,
  topicOf,
  type TypedEvent,
} from "../mod.ts";

/**
 * The other end. It may be in another thread: whatever it is told to do takes
 * a promise, and what goes there and back is cloned.
 */
export interface Far {
  /** Dispatches one event after the other, in one task. */
  dispatch(envelopes: readonly EventEnvelope[]): Promise<void>;
  /** The same by `createPubSub`. */
  publish(envelopes: readonly EventEnvelope[]): Promise<void>;
  /** Resolves once what it sent has reached the listeners here. */
  flush(): Promise<void>;
  close(): Promise<void>;
  /** Collects, for `heard`, what comes on a topic. */
  listen(topic: string): Promise<void>;
  /** What has come on the topics listened on. */
  heard(): Promise<EventEnvelope[]>;
  /** Takes the messages of the errors that were reported there. */
  takeErrors(): Promise<string[]>;
}

/** What makes the end of one transport differ from that of another. */
export interface Traits {
  /** How payloads travel; `none` passes them on as they are. */
  readonly encoding: "none" | "json" | "clone";
  /** The name of the error that a payload gets which cannot be cloned. */
  readonly cloneError?: "DataCloneError" | "TypeError";
  /** Whether here is a client of a hub: then `hub` is there. */
  readonly isClient?: boolean;
  /** Whether a topic cannot hold half of a character. */
  readonly wellFormed?: boolean;
}

/** The hub that here is connected to, be it the other end or in between. */
export interface HubView {
  /** The identity that it knows for here. */
  readonly id: string;
  /** The topics that here is subscribed to. */
  topics(): string[];
  /** Connects another client. */
  connect(): Promise<ClosableEventTarget>;
  /** Takes the errors that were reported to it. */
  takeErrors(): unknown[];
}

/** A transport between two ends. */
export interface Wire {
  readonly traits: Traits;
  readonly here: ClosableEventTarget;
  readonly far: Far;
  /** The errors that were reported here: a scenario takes those it expects. */
  readonly errors: unknown[];
  /** Resolves once what here sent has reached the other end's listeners. */
  sent(): Promise<void>;
  readonly hub?: HubView;
}

/** Something that every end of every transport has to do. */
export interface Scenario {
  readonly name: string;
  /** The wires that it is for, by what they promise; all unless given. */
  readonly where?: (traits: Traits) => boolean;
  run(wire: Wire): Promise<void>;
}

/** Far more than any scenario takes. */
const DEADLINE = 20_000;

/** Waits for what may hang, in vain if it does. */
export function inTime<T>(promise: Promise<T>): Promise<T> {
  return within(promise, DEADLINE, () => {
    throw new Error(`The scenario did not end in ${DEADLINE} ms`);
  });
}

/** Plays a scenario; it fails with errors that it has not expected, too. */
export async function play(scenario: Scenario, wire: Wire): Promise<void> {
  await inTime(scenario.run(wire));
  assert.deepEqual(wire.errors, [], "reported here");
  assert.deepEqual(await wire.far.takeErrors(), [], "reported at the far end");
  assert.deepEqual(wire.hub?.takeErrors() ?? [], [], "reported to the hub");
}

/** An end that does as it is told. */
export class Puppet implements Far {
  readonly #target: ClosableEventTarget;
  readonly #errors: unknown[];
  readonly #flush: () => Promise<void>;
  readonly #heard: EventEnvelope[] = [];

  /**
   * @param errors What is reported to the target, as it comes.
   * @param flush What takes all that was sent to the other end's listeners.
   */
  constructor(
    target: ClosableEventTarget,
    errors: unknown[],
    flush: () => Promise<void> = () => target.flush(),
  ) {
    this.#target = target;
    this.#errors = errors;
    this.#flush = flush;
  }

  // deno-lint-ignore require-await -- what is thrown has to reject
  async dispatch(envelopes: readonly EventEnvelope[]): Promise<void> {
    for (const envelope of envelopes) {
      assert.equal(this.#target.dispatchEvent(eventOf(envelope)), true);
    }
  }

  // deno-lint-ignore require-await -- what is thrown has to reject
  async publish(envelopes: readonly EventEnvelope[]): Promise<void> {
    const pubsub = createPubSub({ eventTarget: this.#target });
    for (const { type, id, payload } of envelopes) {
      pubsub.publish(type, id, payload);
    }
  }

  flush(): Promise<void> {
    return this.#flush();
  }

  close(): Promise<void> {
    return this.#target.close();
  }

  async listen(topic: string): Promise<void> {
    this.#target.addEventListener(
      topic,
      ({ detail }) => this.#heard.push(detail),
    );
    await this.#target.flush();
  }

  heard(): Promise<EventEnvelope[]> {
    return Promise.resolve(this.#heard);
  }

  takeErrors(): Promise<string[]> {
    return Promise.resolve(drain(this.#errors).map(String));
  }
}

/** Empties an array and gives what was in it. */
export function drain<T>(array: T[]): T[] {
  return array.splice(0);
}

/** The event of any detail, be it one that must not be dispatched. */
export function eventOf(detail: unknown): TypedEvent {
  return new CustomEvent(topicOf(Object(detail)), { detail }) as TypedEvent;
}

/** An envelope, briefly. */
export function envelope(
  type: string,
  id = "",
  payload: unknown = null,
): EventEnvelope {
  return { type, id, payload };
}

/** The envelopes that come on some topics, in one list. */
export function listen(
  target: ClosableEventTarget,
  ...topics: string[]
): EventEnvelope[] {
  const heard: EventEnvelope[] = [];
  for (const topic of topics) {
    target.addEventListener(topic, ({ detail }) => heard.push(detail));
  }
  return heard;
}

/** `deepEqual` of long lists: it takes minutes to show how whole ones differ. */
export function assertList(
  actual: readonly unknown[],
  expected: readonly unknown[],
): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const at = expected.findIndex((one, i) => !isDeepStrictEqual(one, actual[i]));
  if (at >= 0) {
    const [few, expectedFew] = [actual, expected].map((list) =>
      list.slice(at, at + 3)
    );
    assert.deepEqual(few, expectedFew, `from ${at} on`);
  }
  assert.fail(`${actual.length} instead of ${expected.length}`);
}
