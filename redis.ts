/**
 * Events through Redis: what a target dispatches reaches the listeners of every
 * target on the same server, in whatever process. Over it a
 * {@linkcode [bridge].bridge} links hubs.
 *
 * @example Two processes would have one target each
 * ```ts ignore
 * import { Redis } from "ioredis";
 * import { createEvent } from "@alkdev/pubsub";
 * import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
 *
 * const publishClient = new Redis("redis://127.0.0.1:6379");
 * const subscribeClient = publishClient.duplicate();
 * const target = createRedisEventTarget({ publishClient, subscribeClient });
 *
 * target.addEventListener("message.sent:room-1", (event) => {
 *   console.log(event.detail.payload); // "hello"
 * });
 * await target.flush(); // Redis has the subscription.
 * target.dispatchEvent(createEvent("message.sent", "room-1", "hello"));
 * await target.flush(); // Redis has the event.
 *
 * await target.close();
 * publishClient.disconnect();
 * subscribeClient.disconnect();
 * ```
 *
 * @module
 */

import type { EngineSerializer } from "./_engine_codec.ts";
import type { EngineEventTarget, EngineOptions } from "./_engine_options.ts";
import { EngineTarget } from "./_engine_target.ts";
import { boolean, inLine, show } from "./_options.ts";
import type { RedisPublisher, RedisSubscriber } from "./_redis_types.ts";
import { holdsHalfCharacter, RedisWire } from "./_redis_wire.ts";
import type { TypedEvent } from "./typed_event_target.ts";

export type { EngineEnvelope, EngineSerializer } from "./_engine_codec.ts";
export type {
  /** A target whose events go through an engine to all others on it. */
  EngineEventTarget,
  /** What `onError` is told. */
  EngineFault,
  /** Options of every engine. */
  EngineOptions,
} from "./_engine_options.ts";
export type {
  RedisEvents,
  RedisPublisher,
  RedisSubscriber,
} from "./_redis_types.ts";
export {
  type ChannelListener,
  fromNodeRedis,
  type NodeRedisClient,
} from "./_node_redis.ts";

/** What {@linkcode createRedisEventTarget} takes. */
export interface RedisEventTargetArgs extends EngineOptions {
  /**
   * Publishes: of `ioredis`, or of `redis` by {@linkcode fromNodeRedis}. It stays
   * the caller's, and so do its reconnects. A `Cluster` of
   * `ioredis` sends each event through any node: only with `sharded` do the events
   * of a topic keep their order, or when this is a client of one node.
   */
  publishClient: RedisPublisher;
  /**
   * Subscribes; made as that one is. A connection in RESP2 that subscribes can do nothing else; in
   * RESP3 it may be the one that publishes. Targets may share it.
   */
  subscribeClient: RedisSubscriber;
  /**
   * What the channels begin with: the rest of a channel is the topic. It keeps
   * events apart from what else the server is used for.
   *
   * @default {"alkpubsub:"}
   */
  channelPrefix?: string | undefined;
  /**
   * Use sharded pub/sub (Redis 7, Cluster): each channel is carried by the shard
   * that its name belongs to, instead of by all nodes. It takes clients of
   * `ioredis`, a `Cluster` with `shardedSubscribers: true`. An event with an id is
   * published twice, for its topic and for its type; order holds for each topic.
   * Others who publish so have to give it a `from`, by which it is known as one.
   *
   * @default {false}
   */
  sharded?: boolean | undefined;
  /**
   * Writes envelopes as text, and reads them.
   *
   * @default {JSON}
   */
  serializer?: EngineSerializer | undefined;
}

/**
 * Creates a target on two clients of Redis.
 *
 * The first listener of a topic subscribes, removing the last one unsubscribes;
 * one that listens to a type costs a channel and a pattern (PSUBSCRIBE).
 * Reconnects are the clients'; once they are back every subscription is verified.
 *
 * @typeParam TEvent The union of events that travel.
 * @param args The clients, and options.
 * @returns A target whose events go to all targets on that server.
 * @throws {TypeError | RangeError} When an argument is wrong.
 * @throws The reason of a `signal` that is aborted.
 *
 * @example With what is published by others
 * ```ts
 * import type { EventsOf } from "@alkdev/pubsub";
 * import {
 *   createRedisEventTarget,
 *   type RedisPublisher,
 *   type RedisSubscriber,
 * } from "@alkdev/pubsub/event-target-redis";
 *
 * type Events = EventsOf<{ "job.done": { took: number } }>;
 *
 * function watch(publishClient: RedisPublisher, subscribeClient: RedisSubscriber) {
 *   const target = createRedisEventTarget<Events>({
 *     publishClient,
 *     subscribeClient,
 *     channelPrefix: "jobs:",
 *     onError: ({ error, lost }) => console.error(String(error), lost ?? 0),
 *   });
 *   // redis-cli PUBLISH jobs:job.done:7 '{"type":"job.done","id":"7","payload":{"took":5}}'
 *   target.addEventListener("job.done", ({ detail: { id, payload } }) => {
 *     console.log(id, payload.took);
 *   });
 *   return target;
 * }
 * console.log(typeof watch);
 * ```
 */
export function createRedisEventTarget<TEvent extends TypedEvent = TypedEvent>(
  args: RedisEventTargetArgs,
): EngineEventTarget<TEvent> {
  args = Object(args);
  const sharded = boolean("sharded", args.sharded ?? false);
  const options = {
    publishClient: assertClient(
      "publishClient",
      args.publishClient,
      sharded ? ["spublish"] : ["publish"],
      sharded,
    ),
    subscribeClient: assertClient(
      "subscribeClient",
      args.subscribeClient,
      sharded ? ["ssubscribe", "sunsubscribe"] : ["subscribe", "unsubscribe"],
      sharded,
    ),
    channelPrefix: assertPrefix(args.channelPrefix ?? "alkpubsub:"),
    sharded,
  };
  return new EngineTarget<TEvent>(
    (handlers) => new RedisWire(options, handlers),
    assertSerializer(args.serializer ?? JSON),
    args,
  );
}

function assertPrefix(prefix: unknown): string {
  if (typeof prefix !== "string") {
    throw new TypeError(
      `Cannot use channelPrefix: ${show(prefix)} is not a string`,
    );
  }
  // The server would name the channels otherwise than they were subscribed.
  if (holdsHalfCharacter(prefix)) {
    throw new RangeError(
      `Cannot use channelPrefix: ${inLine(prefix)} holds half of a character`,
    );
  }
  return prefix;
}

function assertSerializer(serializer: EngineSerializer): EngineSerializer {
  for (const method of ["stringify", "parse"] as const) {
    if (typeof Object(serializer)[method] !== "function") {
      throw new TypeError(
        `Cannot use serializer: ${show(serializer)} has no method ${method}`,
      );
    }
  }
  return serializer;
}

/** @throws {TypeError} When it lacks one of the methods, or would lose events. */
function assertClient<T>(
  name: string,
  client: T,
  methods: readonly string[],
  sharded: boolean,
): T {
  const found = Object(client) as { [name: string]: unknown };
  if (typeof found.pSubscribe === "function") {
    throw new TypeError(
      `Cannot use ${name}: it is a client of the package redis; hand in fromNodeRedis(client)`,
    );
  }
  for (const method of ["on", "off", ...methods]) {
    if (typeof found[method] !== "function") {
      throw new TypeError(
        `Cannot use ${name}: ${show(client)} has no method "${method}"`,
      );
    }
  }
  const { options } = found as {
    options?: {
      autoResendUnfulfilledCommands?: boolean;
      keyPrefix?: unknown;
      shardedSubscribers?: boolean;
    };
  };
  if (options?.autoResendUnfulfilledCommands === false) {
    throw new TypeError(
      `Cannot use ${name}: with autoResendUnfulfilledCommands off it does not tell what was lost with a connection`,
    );
  }
  const subscribes = methods.includes("ssubscribe");
  if (subscribes && found.isCluster && !options?.shardedSubscribers) {
    throw new TypeError(
      `Cannot use ${name}: a Cluster of ioredis hears nothing of shards without shardedSubscribers: true`,
    );
  }
  // Messages come on a channel that nobody subscribed to by that name.
  if (sharded && options?.keyPrefix) {
    throw new TypeError(
      `Cannot use ${name}: it writes its keyPrefix before sharded channels; use channelPrefix`,
    );
  }
  return client;
}
