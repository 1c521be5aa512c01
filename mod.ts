/**
 * Type-safe publish/subscribe with pluggable transports: one contract
 * ({@linkcode TypedEventTarget}), one envelope (`{ type, id, payload }`).
 *
 * This module holds the core and loads no transport but the in-process one;
 * each other is an export of its own, such as
 * `@alkdev/pubsub/event-target-iroh-spoke`.
 *
 * ```ts
 * import { createPubSub } from "@alkdev/pubsub";
 *
 * const pubsub = createPubSub<{ "message.sent": { text: string } }>();
 *
 * const messages = pubsub.subscribe("message.sent", "room-1");
 * pubsub.publish("message.sent", "room-1", { text: "hello" });
 * for await (const { payload } of messages) {
 *   console.log(payload.text); // "hello"
 *   break;
 * }
 * ```
 *
 * @module
 */

export * from "./envelope.ts";
export * from "./errors.ts";
export * from "./in_process.ts";
export * from "./pubsub.ts";
export * from "./typed_event_target.ts";
