// What an application tells a spoke, and what a spoke tells it.

import { type ReconnectOptions, reconnectOptions } from "./_backoff.ts";
import {
  type ConnectionOptions,
  connectionOptions,
} from "./_connection_options.ts";
import { boolean, milliseconds, oneOf, optionalFunction } from "./_options.ts";
import type { ClosableEventTarget, TypedEvent } from "./typed_event_target.ts";

/** Where a spoke stands. */
export type SpokeState = "connecting" | "open" | "reconnecting" | "closed";

/** What `onStatus` is told: every change of state and every fault. */
export type SpokeStatus =
  | { readonly type: "connecting" }
  | { readonly type: "open" }
  | {
    readonly type: "reconnecting";
    /** The attempt that comes next, counted from 1. */
    readonly attempt: number;
    /** Milliseconds until then. */
    readonly delay: number;
    /** Why the connection ended, or why the attempt before failed. */
    readonly error: Error;
  }
  | {
    readonly type: "closed";
    /** The terminal failure; `undefined` after `close()`. */
    readonly error: Error | undefined;
  }
  | {
    /** A fault that changes no state: a listener threw, a peer misbehaved. */
    readonly type: "error";
    /** What went wrong. */
    readonly error: unknown;
    /** The topic of the listener that threw. */
    readonly topic?: string;
  };

/** Options of every spoke. */
export interface SpokeOptions extends ConnectionOptions {
  /**
   * How a lost connection is made again; `false` to give up on the first loss.
   *
   * @default {{ minDelay: 250, maxDelay: 20000, maxAttempts: Infinity }}
   */
  reconnect?: ReconnectOptions | false | undefined;
  /**
   * What `dispatchEvent` does while disconnected: queue up to
   * `backpressureLimit` bytes, or throw a `NotConnectedError`.
   *
   * @default {"queue"}
   */
  offline?: "queue" | "throw" | undefined;
  /**
   * Go on trying when the first connection fails, as after a loss, instead of
   * rejecting at once.
   *
   * @default {false}
   */
  waitOnFirstConnect?: boolean | undefined;
  /**
   * Milliseconds that one attempt to connect may take.
   *
   * @default {10000}
   */
  connectTimeout?: number | undefined;
  /** Told of every change of state and every fault. */
  onStatus?: ((status: SpokeStatus) => void) | undefined;
  /** Closes the target when it aborts. */
  signal?: AbortSignal | undefined;
}

/**
 * The client end of a connection: what it dispatches goes to the hub, what the
 * hub sends for the topics listened on reaches the listeners.
 *
 * @typeParam TEvent The union of events that travel.
 */
export interface SpokeEventTarget<TEvent extends TypedEvent = TypedEvent>
  extends ClosableEventTarget<TEvent> {
  /** Where the spoke stands. */
  readonly state: SpokeState;
  /**
   * Resolves with `undefined` after `close()` or when the hub closed normally,
   * and with the error after a terminal failure. Never rejects.
   */
  readonly closed: Promise<Error | undefined>;
  /** Bytes dispatched that the transport has not taken yet. */
  readonly bufferedBytes: number;
  /**
   * Resolves once the hub has worked off everything sent before, subscriptions
   * included. While disconnected it waits for the connection.
   *
   * @throws {ConnectionError} When the connection is lost first: what was in
   * flight may be lost with it.
   * @throws {ClosedError} When the target is closed.
   */
  flush(): Promise<void>;
  /**
   * Gives up the present connection, or the wait for the next attempt, and
   * connects now. Resolves once open.
   *
   * @throws {ClosedError} When the target is closed.
   */
  reconnect(): Promise<void>;
  /**
   * Sends what is queued, waits up to `pingTimeout` for the hub to work it off,
   * then closes. Idempotent; leaves the endpoint open.
   */
  close(): Promise<void>;
}

/** The options with their defaults, checked. */
export function spokeOptions(options: SpokeOptions) {
  return {
    ...connectionOptions(options),
    reconnect: reconnectOptions(options.reconnect),
    offline: oneOf("offline", options.offline ?? "queue", ["queue", "throw"]),
    waitOnFirstConnect: boolean(
      "waitOnFirstConnect",
      options.waitOnFirstConnect ?? false,
    ),
    connectTimeout: milliseconds(
      "connectTimeout",
      options.connectTimeout ?? 10_000,
      1,
    ),
    onStatus: optionalFunction("onStatus", options.onStatus),
  };
}
