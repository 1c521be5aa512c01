// The `redis` package ("node-redis") in the shape of `ioredis`: it takes a
// listener with each subscription instead of telling of every message.

import { show } from "./_options.ts";
import type { RedisPublisher, RedisSubscriber } from "./_redis_types.ts";

/** Takes the messages of one subscription of a {@linkcode NodeRedisClient}. */
export type ChannelListener = (message: string, channel: string) => void;

/** A connected client of the `redis` package, as far as it is used. */
export interface NodeRedisClient {
  /** PUBLISH. */
  publish(channel: string, message: string): Promise<unknown>;
  /** SUBSCRIBE. */
  subscribe(channel: string, listener: ChannelListener): Promise<unknown>;
  /** UNSUBSCRIBE. */
  unsubscribe(channel: string, listener: ChannelListener): Promise<unknown>;
  /** PSUBSCRIBE. */
  pSubscribe(pattern: string, listener: ChannelListener): Promise<unknown>;
  /** PUNSUBSCRIBE. */
  pUnsubscribe(pattern: string, listener: ChannelListener): Promise<unknown>;
  /** Tells `ready`, `reconnecting`, `end` and `error`. */
  on(event: string, listener: (...args: string[]) => void): unknown;
  /** Stops that. */
  off(event: string, listener: (...args: string[]) => void): unknown;
}

/** What `ioredis` calls the events of the `redis` package. */
const EVENTS: { readonly [event: string]: string } = {
  ready: "ready",
  close: "reconnecting",
  end: "end",
  error: "error",
};

/**
 * Adapts a client of the `redis` package to
 * {@linkcode createRedisEventTarget}. One that subscribes can do nothing else
 * under RESP2, so that it takes two: `client.duplicate()`.
 *
 * @param client A client that is connected; it stays the caller's, who has to
 * listen to its `error` event.
 * @returns What `publishClient` and `subscribeClient` take.
 * @throws {TypeError} When it is no such client.
 *
 * @example
 * ```ts ignore
 * import { createClient } from "redis";
 * import {
 *   createRedisEventTarget,
 *   fromNodeRedis,
 * } from "@alkdev/pubsub/event-target-redis";
 *
 * const client = createClient({ url: "redis://127.0.0.1:6379" });
 * client.on("error", console.error);
 * const subscriber = client.duplicate();
 * subscriber.on("error", console.error);
 * await Promise.all([client.connect(), subscriber.connect()]);
 * const target = createRedisEventTarget({
 *   publishClient: fromNodeRedis(client),
 *   subscribeClient: fromNodeRedis(subscriber),
 * });
 * ```
 */
export function fromNodeRedis(
  client: NodeRedisClient,
): RedisPublisher & RedisSubscriber {
  if (typeof Object(client).pSubscribe !== "function") {
    throw new TypeError(
      `Cannot use client: ${show(client)} is no client of the package redis`,
    );
  }
  const onMessage = new Set<(channel: string, text: string) => void>();
  const onPatternMessage = new Set<
    (pattern: string, channel: string, text: string) => void
  >();
  const channels = new Listeners((channel) => (text) => {
    for (const listener of onMessage) listener(channel, text);
  });
  const patterns = new Listeners((pattern) => (text, channel) => {
    for (const listener of onPatternMessage) listener(pattern, channel, text);
  });
  const told: { [event: string]: Set<unknown> | undefined } = {
    message: onMessage,
    pmessage: onPatternMessage,
  };
  return {
    publish: (channel, message) => client.publish(channel, message),
    subscribe: (channel) => client.subscribe(channel, channels.get(channel)),
    unsubscribe: (channel) =>
      client.unsubscribe(channel, channels.take(channel)),
    psubscribe: (pattern) => client.pSubscribe(pattern, patterns.get(pattern)),
    punsubscribe: (pattern) =>
      client.pUnsubscribe(pattern, patterns.take(pattern)),
    on(event, listener) {
      if (told[event]) told[event].add(listener);
      else if (EVENTS[event]) client.on(EVENTS[event], listener);
    },
    off(event, listener) {
      if (told[event]) told[event].delete(listener);
      else if (EVENTS[event]) client.off(EVENTS[event], listener);
    },
  };
}

/** One listener for each name, the same as long as it is subscribed. */
class Listeners {
  readonly #byName = new Map<string, ChannelListener>();
  readonly #create: (name: string) => ChannelListener;

  constructor(create: (name: string) => ChannelListener) {
    this.#create = create;
  }

  get(name: string): ChannelListener {
    let listener = this.#byName.get(name);
    if (!listener) this.#byName.set(name, listener = this.#create(name));
    return listener;
  }

  take(name: string): ChannelListener {
    const listener = this.get(name);
    this.#byName.delete(name);
    return listener;
  }
}
