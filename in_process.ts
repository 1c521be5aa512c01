/**
 * The transport that goes nowhere: events reach the listeners of the same
 * target, by the topic rules of every other transport.
 *
 * ```ts
 * import { createEvent, createInProcessEventTarget } from "@alkdev/pubsub";
 *
 * const target = createInProcessEventTarget();
 * target.addEventListener("job.done:7", (event) => {
 *   console.log(event.detail.payload); // "ok"
 * });
 * target.dispatchEvent(createEvent("job.done", "7", "ok"));
 * ```
 *
 * @module
 */

import { deferred } from "./_deferred.ts";
import { reportUncaught, tell } from "./_listeners.ts";
import { optionalFunction } from "./_options.ts";
import { TopicTarget } from "./_topic_target.ts";
import type { EventEnvelope } from "./envelope.ts";
import { ClosedError } from "./errors.ts";
import type {
  ClosableEventTarget,
  TargetStats,
  TypedEvent,
} from "./typed_event_target.ts";

/** Options of {@linkcode createInProcessEventTarget}. */
export interface InProcessEventTargetOptions {
  /** A listener threw; without it that is reported as on any `EventTarget`. */
  onError?: ((fault: InProcessFault) => void) | undefined;
}

/** What `onError` is told. */
export interface InProcessFault {
  /** What the listener threw. */
  readonly error: unknown;
  /** The topic it listened on. */
  readonly topic: string;
}

/**
 * Creates a target whose events reach its own listeners, each before
 * `dispatchEvent` returns. Only what a listener dispatches waits until the
 * event at hand has reached every listener, so that all see the same order, as
 * over a wire. Payloads are passed on as they are, not copied.
 *
 * @typeParam TEvent The union of events that travel.
 * @param options What to do with what listeners throw.
 * @returns The target.
 * @throws {TypeError} When an option is wrong.
 *
 * @example Close it to end what subscribes to it
 * ```ts
 * import { createInProcessEventTarget, createPubSub } from "@alkdev/pubsub";
 *
 * const eventTarget = createInProcessEventTarget();
 * const pubsub = createPubSub({ eventTarget });
 * const jobs = pubsub.subscribe("job.done");
 * pubsub.publish("job.done", "7", "ok");
 * await eventTarget.close();
 * for await (const { payload } of jobs) console.log(payload); // "ok", and ends
 * ```
 */
export function createInProcessEventTarget<
  TEvent extends TypedEvent = TypedEvent,
>(
  options: InProcessEventTargetOptions = {},
): ClosableEventTarget<TEvent> {
  return new InProcess<TEvent>(options);
}

class InProcess<TEvent extends TypedEvent> extends TopicTarget<TEvent>
  implements ClosableEventTarget<TEvent> {
  readonly #onError: InProcessEventTargetOptions["onError"];
  readonly #closed = deferred<undefined>();
  /** What listeners dispatched while an event was on its way to them. */
  #waiting: EventEnvelope[] = [];
  /** What is sent is received, by nobody else. */
  #events = 0;
  #isDelivering = false;
  #isClosed = false;

  constructor({ onError }: InProcessEventTargetOptions) {
    super();
    this.#onError = optionalFunction("onError", onError);
  }

  get closed(): Promise<Error | undefined> {
    return this.#closed.promise;
  }

  override send(envelope: EventEnvelope): void {
    if (this.#isClosed) {
      throw new ClosedError("Cannot dispatch event: the target is closed");
    }
    this.#events++;
    if (this.#isDelivering) this.#waiting.push(envelope);
    else this.#deliver(envelope);
  }

  stats(): TargetStats {
    return {
      sentEvents: this.#events,
      sentBytes: 0,
      receivedEvents: this.#events,
      receivedBytes: 0,
      bufferedBytes: 0,
      reconnects: 0,
      rtt: undefined,
    };
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#isDelivering) this.#end();
    return this.#closed.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  override onListenerError(error: unknown, topic: string): void {
    if (this.#onError) tell(this.#onError, { error, topic });
    else reportUncaught(error);
  }

  #deliver(first: EventEnvelope): void {
    this.#isDelivering = true;
    try {
      this.listeners.deliver(first);
      if (this.#waiting.length > 0) this.#deliverWaiting();
    } finally {
      this.#isDelivering = false;
      if (this.#isClosed) this.#end();
    }
  }

  #deliverWaiting(): void {
    while (this.#waiting.length > 0) {
      const envelopes = this.#waiting;
      this.#waiting = [];
      for (const envelope of envelopes) this.listeners.deliver(envelope);
    }
  }

  #end(): void {
    this.listeners.clear();
    this.#closed.resolve(undefined);
  }
}
