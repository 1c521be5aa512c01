// The connection of NATS, as far as this library uses it.

/** A connection of `@nats-io/transport-node`, `@nats-io/transport-deno`, … */
export interface NatsConnectionLike {
  /** Queues a message; does not wait. */
  publish(subject: string, payload: string): void;
  /** Subscribes; `callback` MUST be called with an error or a message. */
  subscribe(
    subject: string,
    options: {
      callback: (error: Error | null, message: NatsMessageLike) => void;
    },
  ): NatsSubscriptionLike;
  /** Resolves once the server has worked off all that was sent before. */
  flush(): Promise<void>;
  /** Tells `disconnect`, `reconnect`, `error` and others, until `stop()`. */
  status(): AsyncIterable<NatsStatusLike> & { stop?(): void };
  /** Resolves when the connection has ended for good, with the error if any. */
  closed(): Promise<void | Error>;
  /** Whether it has. */
  isClosed(): boolean;
  /** What the server says of itself, while there is one. */
  readonly info?: { readonly max_payload?: number } | undefined;
}

/** What came. */
export interface NatsMessageLike {
  /** The payload. */
  readonly data: Uint8Array;
}

/** One subscription. */
export interface NatsSubscriptionLike {
  /** Ends it. */
  unsubscribe(): void;
}

/** What happened to a connection. */
export interface NatsStatusLike {
  /** `disconnect`, `reconnect`, `error`, … */
  readonly type: string;
  /** With `error`. */
  readonly error?: Error | undefined;
}
