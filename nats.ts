/**
 * Events through NATS: what a target dispatches reaches the listeners of every
 * target on the same servers, in whatever process. Over it a
 * {@linkcode [bridge].bridge} links hubs.
 *
 * @example Two processes would have one target each
 * ```ts ignore
 * import { connect } from "@nats-io/transport-node";
 * import { createEvent } from "@alkdev/pubsub";
 * import { createNatsEventTarget } from "@alkdev/pubsub/event-target-nats";
 *
 * const connection = await connect({
 *   servers: "127.0.0.1:4222",
 *   maxReconnectAttempts: -1, // never give up
 * });
 * const target = createNatsEventTarget({ connection });
 *
 * target.addEventListener("message.sent:room-1", (event) => {
 *   console.log(event.detail.payload); // "hello"
 * });
 * await target.flush(); // NATS has the subscription.
 * target.dispatchEvent(createEvent("message.sent", "room-1", "hello"));
 * await target.flush(); // NATS has the event.
 *
 * await target.close();
 * await connection.close();
 * ```
 *
 * @module
 */

import type { EngineEventTarget, EngineOptions } from "./_engine_options.ts";
import { EngineTarget } from "./_engine_target.ts";
import type { NatsConnectionLike } from "./_nats_types.ts";
import { NatsWire } from "./_nats_wire.ts";
import { show } from "./_options.ts";
import type { TypedEvent } from "./typed_event_target.ts";

export type {
  /** A target whose events go through an engine to all others on it. */
  EngineEventTarget,
  /** What `onError` is told. */
  EngineFault,
  /** Options of every engine. */
  EngineOptions,
} from "./_engine_options.ts";
export type {
  NatsConnectionLike,
  NatsMessageLike,
  NatsStatusLike,
  NatsSubscriptionLike,
} from "./_nats_types.ts";

/** What {@linkcode createNatsEventTarget} takes. */
export interface NatsEventTargetArgs extends EngineOptions {
  /**
   * A connection of `@nats-io/transport-node` or another transport of
   * `@nats-io/nats-core`. It stays the caller's, and so do its reconnects: by
   * default it gives up after ten attempts, which ends the target.
   */
  connection: NatsConnectionLike;
  /**
   * The first words of the subjects, apart from what else the servers are used
   * for: `message.sent:room.1` goes to `<prefix>.message.sent.room%2E1`,
   * `message.sent` to `<prefix>.message.sent.%`. Words of visible ASCII, without
   * `*` and `>`, with dots between them.
   *
   * @default {"alkpubsub"}
   */
  subjectPrefix?: string | undefined;
}

/**
 * Creates a target on a connection of NATS.
 *
 * The first listener of a topic subscribes, removing the last one unsubscribes;
 * one that listens to a type costs one subscription, with a wildcard. Each word
 * of a type and the id are percent-encoded, so that no two topics have one
 * subject. A topic whose subject is over 4000 characters throws a `RangeError`.
 *
 * A server's `max_payload`, 1 MiB by default, has to hold some 40 bytes more than
 * the envelope: an event over it throws a `FrameError` with both numbers.
 *
 * @typeParam TEvent The union of events that travel.
 * @param args The connection, and options.
 * @returns A target whose events go to all targets on those servers.
 * @throws {TypeError | RangeError} When an argument is wrong.
 * @throws The reason of a `signal` that is aborted.
 *
 * @example With what is published by others
 * ```ts
 * import type { EventsOf } from "@alkdev/pubsub";
 * import {
 *   createNatsEventTarget,
 *   type NatsConnectionLike,
 * } from "@alkdev/pubsub/event-target-nats";
 *
 * type Events = EventsOf<{ "job.done": { took: number } }>;
 *
 * function watch(connection: NatsConnectionLike) {
 *   const target = createNatsEventTarget<Events>({
 *     connection,
 *     subjectPrefix: "jobs",
 *     onError: ({ error, lost }) => console.error(String(error), lost ?? 0),
 *   });
 *   // nats pub jobs.job.done.7 '{"type":"job.done","id":"7","payload":{"took":5}}'
 *   target.addEventListener("job.done", ({ detail: { id, payload } }) => {
 *     console.log(id, payload.took);
 *   });
 *   return target;
 * }
 * console.log(typeof watch);
 * ```
 */
export function createNatsEventTarget<TEvent extends TypedEvent = TypedEvent>(
  args: NatsEventTargetArgs,
): EngineEventTarget<TEvent> {
  args = Object(args);
  const connection = assertConnection(args.connection);
  const prefix = assertPrefix(args.subjectPrefix ?? "alkpubsub");
  return new EngineTarget<TEvent>(
    (handlers) => new NatsWire(connection, prefix, handlers),
    JSON,
    args,
  );
}

const METHODS: readonly (keyof NatsConnectionLike)[] = [
  "publish",
  "subscribe",
  "flush",
  "status",
  "closed",
  "isClosed",
];

/** @throws {TypeError} When it lacks one of the methods, or does not hear itself. */
function assertConnection(connection: NatsConnectionLike): NatsConnectionLike {
  const found = Object(connection) as { [name: string]: unknown };
  for (const method of METHODS) {
    if (typeof found[method] !== "function") {
      throw new TypeError(
        `Cannot use connection: ${show(connection)} has no method "${method}"`,
      );
    }
  }
  // The connection has this property, and its type does not tell.
  const { options } = found as { options?: { noEcho?: unknown } };
  if (options?.noEcho) {
    throw new TypeError(
      "Cannot use connection: with noEcho its targets do not hear each other; use echo: false of the target",
    );
  }
  return connection;
}

/** @throws {TypeError} When it is not one word or several, with dots between. */
function assertPrefix(prefix: unknown): string {
  const isWord = (word: string) => /^[!-~]+$/.test(word) && !/[*>]/.test(word);
  if (typeof prefix === "string" && prefix.split(".").every(isWord)) {
    return prefix;
  }
  throw new TypeError(
    `Cannot use subjectPrefix: ${
      show(prefix)
    } is not words of ASCII with dots between them`,
  );
}
