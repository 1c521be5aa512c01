// What an application tells a hub, and what a hub tells it.

import {
  type ConnectionOptions,
  connectionOptions,
} from "./_connection_options.ts";
import {
  boolean,
  milliseconds,
  optionalFunction,
  positiveCount,
  positiveInteger,
} from "./_options.ts";
import type { EventEnvelope } from "./envelope.ts";
import type {
  ClosableEventTarget,
  TargetStats,
  TypedEvent,
} from "./typed_event_target.ts";

/** One connection of a hub, as its application sees it. */
export interface HubConnection {
  /**
   * The identity that the hub itself knows for the peer: on iroh the remote
   * node id, on WebSocket the id given to `addConnection`. Two connections of
   * one peer share it.
   */
  readonly id: string;
  /** The topics it is subscribed to right now. */
  readonly topics: ReadonlySet<string>;
  /** Bytes that wait for the peer to read. */
  readonly bufferedBytes: number;
  /** What has gone through it so far, and waits: a copy of now. */
  stats(): TargetStats;
  /**
   * Sends what is queued, then closes.
   *
   * @param code 1000 to 4999, see {@linkcode CloseCode}; 1000 unless given.
   * @param reason Told to the peer.
   * @throws {RangeError} When the code is out of range.
   */
  close(code?: number, reason?: string): Promise<void>;
}

/** Options of every hub. */
export interface HubOptions extends ConnectionOptions {
  /**
   * Deliver what one connection sends to the other subscribed connections too,
   * never back to the sender.
   *
   * @default {false}
   */
  relay?: boolean | undefined;
  /**
   * Connections held at once, those not admitted yet and those whose peer has
   * not finished closing included; one more is closed with 1013.
   *
   * @default {Infinity}
   */
  maxConnections?: number | undefined;
  /**
   * Topics one connection may subscribe to; one more closes it with 1008.
   *
   * @default {10000}
   */
  maxTopicsPerConnection?: number | undefined;
  /**
   * Bytes of UTF-8 in a topic; a longer one closes the connection with 1008.
   *
   * @default {1024}
   */
  maxTopicLength?: number | undefined;
  /**
   * Messages a second that one connection may send, in bursts of up to one
   * second's; one more closes it with 1008, which spokes do not come back from.
   * Everything counts, pings and `__unsubscribe` included, but for the first
   * `maxTopicsPerConnection` subscriptions. Leave room: what a spoke queued while
   * it was offline comes at once, as does what arrived while the hub was busy
   * (the time of hooks is allowed for).
   *
   * @default {Infinity}
   */
  maxMessagesPerSecond?: number | undefined;
  /**
   * Milliseconds that a new connection has to be authorized, after which it is
   * closed with 1013, and to send its first bytes, after which it is closed with
   * 1002. The handshake before that is the transport's.
   *
   * @default {10000}
   */
  handshakeTimeout?: number | undefined;
  /**
   * Whether a peer may connect; `false` or a throw closes it with 1008.
   *
   * @param connection Its `id` is known, it has no topics yet.
   */
  authorizeConnection?:
    | ((connection: HubConnection) => boolean | Promise<boolean>)
    | undefined;
  /** Whether a connection may subscribe; `false` or a throw drops it. */
  authorizeSubscribe?:
    | ((
      request: { connection: HubConnection; topic: string },
    ) => boolean | Promise<boolean>)
    | undefined;
  /** Whether a connection may publish; `false` or a throw drops the event. */
  authorizePublish?:
    | ((
      request: { connection: HubConnection; envelope: EventEnvelope },
    ) => boolean | Promise<boolean>)
    | undefined;
  /** A connection was admitted. */
  onConnection?: ((connection: HubConnection) => void) | undefined;
  /** A connection that was admitted ended. */
  onDisconnection?:
    | ((connection: HubConnection, reason: DisconnectReason) => void)
    | undefined;
  /** A connection does not read; it is closed with 1013 next. */
  onBackpressure?: ((pressure: Backpressure) => void) | undefined;
  /** A peer did wrong, was refused, or a listener or another callback threw. */
  onError?: ((fault: HubFault) => void) | undefined;
}

/** How a connection ended. */
export interface DisconnectReason {
  /**
   * The close code, when one side gave one. A client of the web platform that
   * may not send 1002 sends 4002, and so on.
   */
  readonly code: number | undefined;
  /** What goes with it, or what broke. */
  readonly reason: string;
}

/** What `onBackpressure` is told. */
export interface Backpressure {
  /** The connection that does not read. */
  readonly connection: HubConnection;
  /** Bytes that wait for it already. */
  readonly bufferedBytes: number;
  /** `backpressureLimit`, in bytes. */
  readonly limit: number;
  /** The topic of the event that is too much. */
  readonly topic: string;
}

/** What `onError` is told. */
export interface HubFault {
  /** What went wrong. */
  readonly error: unknown;
  /** On which connection, if on one. */
  readonly connection?: HubConnection | undefined;
  /** With which topic, if with one. */
  readonly topic?: string | undefined;
}

/** What has gone through a hub since it was made. */
export interface HubStats extends TargetStats {
  /** Connections right now. */
  readonly connections: number;
  /** Topics that a connection is subscribed to right now. */
  readonly topics: number;
  /** Pairs of a connection and a topic that it is subscribed to right now. */
  readonly subscriptions: number;
  /** Connections that were admitted. */
  readonly accepted: number;
  /** Connections that were closed with 1013 because they did not read. */
  readonly slowConsumers: number;
  /** What `onError` was told, or would have been. */
  readonly faults: number;
}

/**
 * The server end: what it dispatches goes to the connections that subscribed to
 * its topic, what connections send reaches the hub's own listeners.
 *
 * @typeParam TEvent The union of events that travel.
 */
export interface HubEventTarget<TEvent extends TypedEvent = TypedEvent>
  extends ClosableEventTarget<TEvent> {
  /** The connections that are admitted right now. */
  readonly connections: ReadonlySet<HubConnection>;
  /** What has gone through the hub so far, and waits: a copy of now. */
  stats(): HubStats;
  /**
   * Who is subscribed to a topic right now: to exactly that one, so that who
   * listens to a whole type counts for the type alone.
   *
   * @param topic `type` or `type:id`.
   * @returns The ids of the peers, each once.
   */
  subscribers(topic: string): string[];
  /**
   * Resolves with `undefined` after `close()`, and with an error when the
   * transport ended, as when its endpoint was closed. Never rejects.
   */
  readonly closed: Promise<Error | undefined>;
  /**
   * Resolves once every connection of now has worked off all that was sent to
   * it before, or has taken nothing of it for `pingTimeout`, or has ended.
   */
  flush(): Promise<void>;
  /**
   * Accepts no more, sends what is queued, waits up to `pingTimeout` for the
   * peers to work it off, then closes every connection with 1001. Idempotent;
   * leaves an iroh endpoint open.
   */
  close(): Promise<void>;
}

/** The options with their defaults, checked. */
export function hubOptions(options: HubOptions) {
  return {
    ...connectionOptions(options),
    relay: boolean("relay", options.relay ?? false),
    maxConnections: positiveCount(
      "maxConnections",
      options.maxConnections ?? Infinity,
    ),
    maxTopicsPerConnection: positiveCount(
      "maxTopicsPerConnection",
      options.maxTopicsPerConnection ?? 10_000,
    ),
    maxTopicLength: positiveInteger(
      "maxTopicLength",
      options.maxTopicLength ?? 1024,
    ),
    maxMessagesPerSecond: positiveCount(
      "maxMessagesPerSecond",
      options.maxMessagesPerSecond ?? Infinity,
    ),
    handshakeTimeout: milliseconds(
      "handshakeTimeout",
      options.handshakeTimeout ?? 10_000,
      1,
    ),
    authorizeConnection: optionalFunction(
      "authorizeConnection",
      options.authorizeConnection,
    ),
    authorizeSubscribe: optionalFunction(
      "authorizeSubscribe",
      options.authorizeSubscribe,
    ),
    authorizePublish: optionalFunction(
      "authorizePublish",
      options.authorizePublish,
    ),
    onConnection: optionalFunction("onConnection", options.onConnection),
    onDisconnection: optionalFunction(
      "onDisconnection",
      options.onDisconnection,
    ),
    onBackpressure: optionalFunction("onBackpressure", options.onBackpressure),
    onError: optionalFunction("onError", options.onError),
  };
}
