/**
 * The contract that every transport keeps, as types.
 *
 * @module
 */

import type { EventEnvelope } from "./envelope.ts";

/**
 * The event that travels: a `CustomEvent` whose `detail` is the envelope.
 *
 * @typeParam TType The event type, such as `"message.sent"`.
 * @typeParam TPayload The JSON-serializable payload.
 */
export type TypedEvent<TType extends string = string, TPayload = unknown> =
  CustomEvent<EventEnvelope<TType, TPayload>>;

/** Event types and the payload of each: the input of {@linkcode EventsOf}. */
// deno-lint-ignore no-explicit-any -- an index signature of `unknown` would refuse interfaces
export type PubSubEventMap = Record<string, any>;

/**
 * The union of events that an event map describes.
 *
 * @typeParam TMap Event types and the payload of each.
 *
 * @example Name the events of an application
 * ```ts
 * import type { EventsOf, TypedEventTarget } from "@alkdev/pubsub";
 *
 * type Events = EventsOf<{ "message.sent": { text: string } }>;
 *
 * function greet(target: TypedEventTarget<Events>) {
 *   target.addEventListener("message.sent:room-1", (event) => {
 *     console.log(event.detail.payload.text);
 *   });
 * }
 * console.log(typeof greet);
 * ```
 */
export type EventsOf<TMap extends PubSubEventMap> = {
  [TType in keyof TMap & string]: TypedEvent<TType, TMap[TType]>;
}[keyof TMap & string];

/** The event types in a union of events. */
export type TypeOf<TEvent extends TypedEvent> = TEvent["detail"]["type"];

/** The topics that can be listened on: `type` and `type:id`. */
export type TopicOf<TEvent extends TypedEvent> =
  | TypeOf<TEvent>
  | `${TypeOf<TEvent>}:${string}`;

/** The event that a listener of a topic gets. */
export type EventOf<TEvent extends TypedEvent, TTopic extends string> =
  TTopic extends `${infer TType}:${string}` ? EventOfType<TEvent, TType>
    : EventOfType<TEvent, TTopic>;

/** The event with a given type. */
export type EventOfType<TEvent extends TypedEvent, TType extends string> =
  TEvent extends TypedEvent<infer TOne, infer TPayload>
    ? TType extends TOne ? TypedEvent<TType, TPayload> : never
    : never;

/** A function, or an object with `handleEvent`, as the web platform has them. */
export type TypedEventListener<TEvent extends TypedEvent> =
  | ((event: TEvent) => void)
  | { handleEvent(event: TEvent): void };

/**
 * What every transport is.
 *
 * - `addEventListener` MUST count listeners as a web `EventTarget` does: one
 *   per callback and capture flag; `once` and `signal` end them.
 * - A listener on `type` MUST get every event of that type; one on `type:id`
 *   MUST get the events of that id only. `event.type` is the topic it listened
 *   on, `event.detail` the envelope.
 * - `dispatchEvent` MUST send to the other side, MUST throw at the caller what
 *   cannot be sent, and MUST NOT call this side's own listeners. (In process
 *   there is no other side: there the listeners are the target's own. An engine
 *   sends back what its publisher listens on, unless it is told not to.)
 * - Control events (types that start with `__`) MUST NOT reach a listener.
 *
 * @typeParam TEvent The union of events, see {@linkcode EventsOf}.
 */
export interface TypedEventTarget<TEvent extends TypedEvent = TypedEvent> {
  /**
   * Listens on a topic.
   *
   * @param topic `type` or `type:id`.
   * @param listener Called with each event; `null` is a no-op.
   * @param options As on a web `EventTarget`: `capture`, `once`, `signal`.
   */
  addEventListener<TTopic extends TopicOf<TEvent>>(
    topic: TTopic,
    listener: TypedEventListener<EventOf<TEvent, TTopic>> | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /**
   * Stops listening on a topic.
   *
   * @param topic The topic that was listened on.
   * @param listener The same function or object.
   * @param options The same `capture` flag.
   */
  removeEventListener<TTopic extends TopicOf<TEvent>>(
    topic: TTopic,
    listener: TypedEventListener<EventOf<TEvent, TTopic>> | null,
    options?: boolean | EventListenerOptions,
  ): void;
  /**
   * Sends an event to the other side.
   *
   * @param event Its `detail` is the envelope that travels.
   * @returns `true`.
   */
  dispatchEvent(event: TEvent): boolean;
}

/** What has gone through a target, or a connection of a hub, since it was made. */
export interface TargetStats {
  /**
   * Events that were dispatched; on a hub those that were sent to connections,
   * once for each.
   */
  readonly sentEvents: number;
  /**
   * Bytes of these as they are encoded, without framing and compression; 0 where
   * nothing is encoded: in process, and between workers.
   */
  readonly sentBytes: number;
  /** Events that came in; on a hub those of its connections. */
  readonly receivedEvents: number;
  /** Bytes of these, as for `sentBytes`. */
  readonly receivedBytes: number;
  /** Bytes that wait right now for the other side to take them. */
  readonly bufferedBytes: number;
  /** Connections that were made after the first one was lost. */
  readonly reconnects: number;
  /**
   * Milliseconds that the last answer took that was timed: of a ping, which waits
   * behind what was sent before; of a publication on an engine. `undefined`
   * before the first one, on a hub, whose connections have theirs, and in process.
   */
  readonly rtt: number | undefined;
}

/**
 * A target that ends: what every transport of this library makes.
 *
 * @typeParam TEvent The union of events that travel.
 */
export interface ClosableEventTarget<TEvent extends TypedEvent = TypedEvent>
  extends TypedEventTarget<TEvent>, AsyncDisposable {
  /**
   * Resolves with `undefined` after `close()`, and with the error after a
   * failure that ended the target. Never rejects.
   */
  readonly closed: Promise<Error | undefined>;
  /** What has gone through the target so far, and waits: a copy of now. */
  stats(): TargetStats;
  /** Resolves once the other side has worked off all that was sent before. */
  flush(): Promise<void>;
  /**
   * Sends what is queued, then closes: whoever dispatches later gets a
   * `ClosedError`, and no listener is called any more. Idempotent.
   */
  close(): Promise<void>;
}
