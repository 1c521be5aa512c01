// What every target of this library is: listeners by topic, and a way to send.

import { type ListenersOwner, TopicListeners } from "./_listeners.ts";
import { assertPublishable, type EventEnvelope } from "./envelope.ts";
import type {
  EventOf,
  TargetStats,
  TopicOf,
  TypedEvent,
  TypedEventListener,
} from "./typed_event_target.ts";

/** A target; where it sends is up to the transport. */
export abstract class TopicTarget<TEvent extends TypedEvent>
  implements ListenersOwner {
  protected readonly listeners: TopicListeners = new TopicListeners(this);
  addEventListener<TTopic extends TopicOf<TEvent>>(
    topic: TTopic,
    listener: TypedEventListener<EventOf<TEvent, TTopic>> | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    this.listeners.add(topic, listener as EventListener | null, options);
  }

  removeEventListener<TTopic extends TopicOf<TEvent>>(
    topic: TTopic,
    listener: TypedEventListener<EventOf<TEvent, TTopic>> | null,
    options?: boolean | EventListenerOptions,
  ): void {
    this.listeners.remove(topic, listener as EventListener | null, options);
  }

  dispatchEvent(event: TEvent): boolean {
    this.send(envelopeIn(event));
    return true;
  }

  /**
   * Sends an envelope that may be published.
   *
   * @throws {ClosedError} When the target is closed.
   * @throws What keeps the transport from sending it.
   */
  abstract send(envelope: EventEnvelope): void;

  abstract stats(): TargetStats;

  /** A topic gets its first listener; throwing refuses it. */
  onFirstListener(_topic: string): void {}

  /** A topic lost its last listener. */
  onLastListener(_topic: string): void {}

  /** A listener threw. */
  abstract onListenerError(error: unknown, topic: string): void;
}

/**
 * Whether it is a target of this library, and nobody has wrapped it: `send` takes
 * what is known to be publishable, at the price of no event.
 */
export function isPlain(target: object): target is TopicTarget<TypedEvent> {
  return target instanceof TopicTarget &&
    target.dispatchEvent === TopicTarget.prototype.dispatchEvent;
}

/**
 * The envelope in an event that is to be dispatched.
 *
 * @throws {TypeError} When there is none, or it must not be published.
 */
function envelopeIn(event: TypedEvent | undefined): EventEnvelope {
  const envelope: unknown = event?.detail;
  if (envelope === undefined) {
    throw new TypeError(
      "Cannot dispatch event: it has no detail; createEvent makes one that has",
    );
  }
  assertPublishable(envelope);
  return envelope;
}
