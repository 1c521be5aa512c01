/**
 * Type-safe publish/subscribe with pluggable transports: one contract
 * ({@linkcode TypedEventTarget}), one envelope (`{ type, id, payload }`).
 *
 * This module holds the core and loads no transport; each transport is an
 * export of its own, such as `@alkdev/pubsub/event-target-iroh-spoke`.
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

export * from "./envelope.ts";
export * from "./errors.ts";
export * from "./typed_event_target.ts";
