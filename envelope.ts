/**
 * The envelope, its topic, and the checks on both.
 *
 * ```ts
 * import { createEvent, topicOf } from "@alkdev/pubsub";
 *
 * const event = createEvent("message.sent", "conv-123", { text: "hello" });
 * console.log(topicOf(event.detail)); // "message.sent:conv-123"
 * ```
 *
 * @module
 */

import { envelopeFault, isReserved, publishFault } from "./_envelope_fault.ts";
import { decodeText } from "./_text.ts";
import { EnvelopeError } from "./errors.ts";
import type { TypedEvent } from "./typed_event_target.ts";

/**
 * The one thing that travels.
 *
 * @typeParam TType The event type.
 * @typeParam TPayload The payload.
 */
export interface EventEnvelope<
  TType extends string = string,
  TPayload = unknown,
> {
  /** Event type, dotted by convention; not empty, no `:`, no leading `__`. */
  readonly type: TType;
  /** What scopes the event within its type; may be `""`, may hold anything. */
  readonly id: string;
  /** Anything that JSON can carry. */
  readonly payload: TPayload;
}

/**
 * The routing key of an envelope: `type` when `id` is empty, else `type:id`.
 *
 * @param envelope Its `type` and `id`.
 * @returns The topic.
 *
 * @example
 * ```ts
 * import { topicOf } from "@alkdev/pubsub";
 *
 * console.log(topicOf({ type: "job.done", id: "" })); // "job.done"
 * console.log(topicOf({ type: "job.done", id: "7" })); // "job.done:7"
 * ```
 */
export function topicOf(envelope: { type: string; id: string }): string {
  return envelope.id === "" ? envelope.type : `${envelope.type}:${envelope.id}`;
}

/**
 * Splits a topic at its first `:`; an id may hold further ones.
 *
 * @param topic `type` or `type:id`.
 * @returns The type, and the id or `""`.
 *
 * @example
 * ```ts
 * import { parseTopic } from "@alkdev/pubsub";
 *
 * console.log(parseTopic("file.saved:c:/notes")); // { type: "file.saved", id: "c:/notes" }
 * ```
 */
export function parseTopic(topic: string): { type: string; id: string } {
  const colon = topic.indexOf(":");
  return colon < 0
    ? { type: topic, id: "" }
    : { type: topic.slice(0, colon), id: topic.slice(colon + 1) };
}

/**
 * Whether a type is reserved for what transports tell each other.
 *
 * @param type An event type or a topic.
 * @returns `true` when it starts with `__`.
 *
 * @example
 * ```ts
 * import { isControlType } from "@alkdev/pubsub";
 *
 * console.log(isControlType("__ping"), isControlType("message.sent")); // true false
 * ```
 */
export function isControlType(type: string): boolean {
  return isReserved(type);
}

/**
 * Creates the event that `dispatchEvent` takes.
 *
 * @typeParam TType The event type.
 * @typeParam TPayload The payload.
 * @param type Event type.
 * @param id What scopes the event within its type, or `""`.
 * @param payload Anything that JSON can carry.
 * @returns An event whose type is the topic and whose detail is the envelope.
 * @throws {TypeError} When the type is empty, holds `:` or starts with `__`, or
 * when the id is not a string.
 *
 * @example
 * ```ts
 * import { createEvent } from "@alkdev/pubsub";
 *
 * const event = createEvent("message.sent", "conv-123", { text: "hello" });
 * console.log(event.type); // "message.sent:conv-123"
 * console.log(event.detail.payload.text); // "hello"
 * ```
 */
export function createEvent<const TType extends string, TPayload>(
  type: TType,
  id: string,
  payload: TPayload,
): CreatedEvent<TType, TPayload> {
  const detail = { type, id, payload };
  assertPublishable(detail);
  return new CustomEvent(topicOf(detail), { detail }) as CreatedEvent<
    TType,
    TPayload
  >;
}

/** A `TypedEvent` of each type in a union, so that it fits a union of events. */
export type CreatedEvent<TType extends string, TPayload> = TType extends string
  ? TypedEvent<TType, TPayload>
  : never;

/**
 * Checks that a value is an envelope which an application may publish.
 *
 * @param value What to check.
 * @throws {TypeError} That names what is wrong.
 *
 * @example
 * ```ts
 * import { assertPublishable } from "@alkdev/pubsub";
 *
 * assertPublishable({ type: "job.done", id: "7", payload: null });
 * try {
 *   assertPublishable({ type: "__ping", id: "7", payload: null });
 * } catch (error) {
 *   console.log((error as TypeError).message); // … type "__ping" starts with "__" …
 * }
 * ```
 */
export function assertPublishable(
  value: unknown,
): asserts value is EventEnvelope {
  const fault = publishFault(value);
  if (fault !== undefined) {
    throw new TypeError(`Cannot publish event: ${fault}`);
  }
}

/**
 * Checks that a value is an envelope; its type may be a control type.
 *
 * @param value What to check.
 * @throws {TypeError} That names what is wrong.
 *
 * @example
 * ```ts
 * import { assertEnvelope } from "@alkdev/pubsub";
 *
 * assertEnvelope({ type: "__ping", id: "7", payload: null });
 * ```
 */
export function assertEnvelope(value: unknown): asserts value is EventEnvelope {
  const fault = envelopeFault(value);
  if (fault !== undefined) {
    throw new TypeError(`Cannot encode envelope: ${fault}`);
  }
}

/**
 * Reads one envelope out of its JSON text.
 *
 * @param text JSON text.
 * @returns The envelope; its type may be a control type.
 * @throws {EnvelopeError} When it is not JSON or not an envelope.
 *
 * @example
 * ```ts
 * import { parseEnvelope } from "@alkdev/pubsub";
 *
 * console.log(parseEnvelope('{"type":"job.done","id":"7","payload":1.5}').payload); // 1.5
 * ```
 */
export function parseEnvelope(text: string): EventEnvelope {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EnvelopeError("Cannot decode envelope: invalid JSON", { cause });
  }
  const fault = envelopeFault(value);
  if (fault !== undefined) {
    throw new EnvelopeError(`Cannot decode envelope: ${fault}`);
  }
  return value as EventEnvelope;
}

/**
 * Reads one envelope out of the bytes of its JSON text.
 *
 * @param bytes UTF-8, without a byte order mark (RFC 8259, section 8.1).
 * @returns The envelope; its type may be a control type.
 * @throws {EnvelopeError} When it is not UTF-8, not JSON or not an envelope.
 *
 * @example
 * ```ts
 * import { decodeEnvelope } from "@alkdev/pubsub";
 *
 * const bytes = new TextEncoder().encode('{"type":"job.done","id":"7"}');
 * console.log(decodeEnvelope(bytes).id); // "7"
 * ```
 */
export function decodeEnvelope(bytes: Uint8Array): EventEnvelope {
  return parseEnvelope(decodeText(bytes));
}
