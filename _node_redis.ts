// The `redis` package ("node-redis") in the shape of `ioredis`: it takes a
// listener with each subscription instead of telling of every message.

import { show } from "./_options.ts";
import type { RedisPublisher, RedisSubscriber } from "./_redis_types.ts";

/** Takes the messages of one subscription of a {@linkcode NodeRedisClient}. */
export type ChannelListener = (message: string, channel: string) => void;

/** A connected client of the `redis` package, as far as it is used. */
export interface NodeRedisClient {
  /** Whether it has been told to connect. */
  readonly isOpen: boolean;
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
  /** Tells `ready`, `reconnecting`, `end`, `terminated` and `error`. */
  on(event: string, listener: (...args: string[]) => void): unknown;
  /** Stops that. */
  off(event: string, listener: (...args: string[]) => void): unknown;
}

/** What `ioredis` calls the events of the `redis` package. */
const EVENTS: { readonly [event: string]: readonly string[] } = {
  ready: ["ready"],
  close: ["reconnecting"],
  end: ["end", "terminated"],
  error: ["error"],
};

/** One for each client: what is subscribed on it is counted by the adapter. */
const adapters = new WeakMap<
  NodeRedisClient,
  RedisPublisher & RedisSubscriber
>();

/**
 * Adapts a client that `createClient` of the `redis` package made to
 * {@linkcode createRedisEventTarget}. Under RESP3, the default, one may publish
 * and subscribe; under RESP2 it takes two: `client.duplicate()`. Those that
 * `createCluster` and `createSentinel` make do not tell of lost connections, and
 * are refused.
 *
 * @param client A client that was told to connect; it stays the caller's, who has
 * to listen to its `error` event: without a listener it ends the process.
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
  const found = Object(client) as { [name: string]: unknown };
  if (typeof found.pSubscribe !== "function") {
    throw new TypeError(
      `Cannot use client: ${show(client)} is no client of the package redis`,
    );
  }
  // A cluster has nodes, a Sentinel lends clients. Neither tells when the
  // connection is lost on which it subscribes.
  if ("nodeClient" in found || "acquire" in found) {
    throw new TypeError(
      "Cannot use client: createClient makes one that tells of lost connections, createCluster and createSentinel do not; use ioredis",
    );
  }
  if (found.isOpen === false) {
    throw new TypeError(
      "Cannot use client: it was not told to connect; call client.connect() before",
    );
  }
  let adapter = adapters.get(client);
  if (!adapter) adapters.set(client, adapter = adapt(client));
  return adapter;
}

function adapt(client: NodeRedisClient): RedisPublisher & RedisSubscriber {
  const onMessage = new Set<(channel: string, text: string) => void>();
  const onPatternMessage = new Set<
    (pattern: string, channel: string, text: string) => void
  >();
  const onChannel: ChannelListener = (text, channel) => {
    for (const listener of onMessage) listener(channel, text);
  };
  // It does not tell the pattern: one listener for each.
  const patterns = new PatternListeners((pattern, text, channel) => {
    for (const listener of onPatternMessage) listener(pattern, channel, text);
  });
  const told: { [event: string]: Set<unknown> | undefined } = {
    message: onMessage,
    pmessage: onPatternMessage,
  };
  return {
    publish: (channel, message) => client.publish(channel, message),
    subscribe: (channel) => client.subscribe(channel, onChannel),
    unsubscribe: (channel) => client.unsubscribe(channel, onChannel),
    psubscribe: (pattern) => client.pSubscribe(pattern, patterns.get(pattern)),
    punsubscribe: (pattern) =>
      patterns.release(
        pattern,
        (listener) => client.pUnsubscribe(pattern, listener),
      ),
    on(event, listener) {
      told[event]?.add(listener);
      for (const name of EVENTS[event] ?? []) client.on(name, listener);
    },
    off(event, listener) {
      told[event]?.delete(listener);
      for (const name of EVENTS[event] ?? []) client.off(name, listener);
    },
  };
}

interface PatternListener {
  readonly listener: ChannelListener;
  isWanted: boolean;
  /** How often the client is about to let go of it. */
  releases: number;
}

/**
 * One listener for each pattern, the same until the client has let go of it: when
 * it cannot, it subscribes again after a reconnect, and knows no other listener.
 */
class PatternListeners {
  readonly #byPattern = new Map<string, PatternListener>();
  readonly #onText: (pattern: string, text: string, channel: string) => void;

  constructor(
    onText: (pattern: string, text: string, channel: string) => void,
  ) {
    this.#onText = onText;
  }

  get(pattern: string): ChannelListener {
    const one = this.#find(pattern);
    one.isWanted = true;
    return one.listener;
  }

  async release(
    pattern: string,
    unsubscribe: (listener: ChannelListener) => Promise<unknown>,
  ): Promise<void> {
    const one = this.#find(pattern);
    one.isWanted = false;
    one.releases++;
    let isReleased = false;
    try {
      await unsubscribe(one.listener);
      isReleased = true;
    } finally {
      one.releases--;
      const isLast = isReleased && one.releases === 0 && !one.isWanted;
      if (isLast) this.#byPattern.delete(pattern);
    }
  }

  #find(pattern: string): PatternListener {
    let one = this.#byPattern.get(pattern);
    if (!one) {
      one = {
        listener: (text, channel) => this.#onText(pattern, text, channel),
        isWanted: false,
        releases: 0,
      };
      this.#byPattern.set(pattern, one);
    }
    return one;
  }
}
