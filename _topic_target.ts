// The listening half of every target: who listens on which topic.

import { TopicListeners } from "./_listeners.ts";
import { assertPublishable, type EventEnvelope } from "./envelope.ts";
import type {
  EventOf,
  TopicOf,
  TypedEvent,
  TypedEventListener,
} from "./typed_event_target.ts";

/** A target's listeners; what it dispatches is up to the transport. */
export abstract class TopicTarget<TEvent extends TypedEvent> {
  readonly #listeners: TopicListeners = new TopicListeners({
    target: this,
    onFirst: (topic) => this.onFirstListener(topic),
    onLast: (topic) => this.onLastListener(topic),
    onError: (error, topic) => this.onListenerError(error, topic),
  });

  addEventListener<TTopic extends TopicOf<TEvent>>(
    topic: TTopic,
    listener: TypedEventListener<EventOf<TEvent, TTopic>> | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    this.#listeners.add(topic, listener as EventListener | null, options);
  }

  removeEventListener<TTopic extends TopicOf<TEvent>>(
    topic: TTopic,
    listener: TypedEventListener<EventOf<TEvent, TTopic>> | null,
    options?: boolean | EventListenerOptions,
  ): void {
    this.#listeners.remove(topic, listener as EventListener | null, options);
  }

  protected get listeners(): TopicListeners {
    return this.#listeners;
  }

  /** A topic gets its first listener; throwing refuses it. */
  protected onFirstListener(_topic: string): void {}

  /** A topic lost its last listener. */
  protected onLastListener(_topic: string): void {}

  /** A listener threw. */
  protected abstract onListenerError(error: unknown, topic: string): void;
}

/**
 * The envelope in an event that is to be dispatched.
 *
 * @throws {TypeError} When there is none, or it must not be published.
 */
export function envelopeIn(event: TypedEvent | undefined): EventEnvelope {
  const envelope: unknown = event?.detail;
  if (envelope === undefined) {
    throw new TypeError(
      "Cannot dispatch event: it has no detail; createEvent makes one that has",
    );
  }
  assertPublishable(envelope);
  return envelope;
}
