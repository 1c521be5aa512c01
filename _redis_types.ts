// The clients of Redis, as far as this library uses them.

/**
 * What both clients tell, as the event emitters of Node.js do: `ready` once they
 * have connected, `close` when they have lost the connection, `end` when they will
 * not connect again by themselves, and `error`.
 */
export interface RedisEvents {
  /** Calls a listener whenever something happens. */
  on(event: string, listener: (...args: string[]) => void): unknown;
  /** Stops that. */
  off(event: string, listener: (...args: string[]) => void): unknown;
}

/**
 * A client that publishes: `Redis` or `Cluster` of `ioredis`, or what
 * {@linkcode fromNodeRedis} makes.
 */
export interface RedisPublisher extends RedisEvents {
  /** PUBLISH; resolves once the server has it. */
  publish(channel: string, message: string): Promise<unknown>;
  /** SPUBLISH; only for `sharded`. */
  spublish?(channel: string, message: string): Promise<unknown>;
}

/**
 * A client that subscribes: `Redis` or `Cluster` of `ioredis`, or what
 * {@linkcode fromNodeRedis} makes. It tells `message` (channel, text), `pmessage`
 * (pattern, channel, text) and `smessage` (channel, text).
 */
export interface RedisSubscriber extends RedisEvents {
  /** SUBSCRIBE; resolves once the server has answered. */
  subscribe(channel: string): Promise<unknown>;
  /** UNSUBSCRIBE. */
  unsubscribe(channel: string): Promise<unknown>;
  /** PSUBSCRIBE; for listeners of whole types, unless `sharded`. */
  psubscribe?(pattern: string): Promise<unknown>;
  /** PUNSUBSCRIBE. */
  punsubscribe?(pattern: string): Promise<unknown>;
  /** SSUBSCRIBE; only for `sharded`. */
  ssubscribe?(channel: string): Promise<unknown>;
  /** SUNSUBSCRIBE. */
  sunsubscribe?(channel: string): Promise<unknown>;
}
