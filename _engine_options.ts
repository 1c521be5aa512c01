// What an application tells the target of an engine, and what that tells it.

import {
  boolean,
  optionalFunction,
  optionalSignal,
  positiveInteger,
} from "./_options.ts";
import { DEFAULT_MAX_FRAME_BYTES } from "./_frames.ts";
import type { ClosableEventTarget, TypedEvent } from "./typed_event_target.ts";

/** Options of every engine. */
export interface EngineOptions {
  /**
   * Whether what the target dispatches comes back to its own listeners, as
   * engines do it: everybody who listens gets it.
   *
   * @default {true}
   */
  echo?: boolean | undefined;
  /**
   * The longest envelope in bytes of JSON, in both directions.
   *
   * @default {1048576}
   */
  maxFrameBytes?: number | undefined;
  /**
   * Bytes that may wait for the server to confirm that it has them.
   *
   * @default {16777216}
   */
  backpressureLimit?: number | undefined;
  /**
   * The server cannot be reached, events were lost, what came is no envelope, or
   * a listener threw. Without it what a listener throws is reported as on any
   * `EventTarget`.
   */
  onError?: ((fault: EngineFault) => void) | undefined;
  /** Closes the target when it aborts. */
  signal?: AbortSignal | undefined;
}

/** What `onError` is told. */
export interface EngineFault {
  /** What went wrong. */
  readonly error: unknown;
  /** With which topic, if with one. */
  readonly topic?: string | undefined;
  /** Events that are not known to have reached the server, if any. */
  readonly lost?: number | undefined;
}

/**
 * A target whose events go through an existing distributed system to all targets
 * on it, in whatever process they are.
 *
 * `dispatchEvent` throws a `FrameError` for an event over `maxFrameBytes`, a
 * `BufferFullError` when too much waits for the server, and a `RangeError` for a
 * topic that the engine has no name for. `flush()` resolves once the server has
 * answered to all events and subscriptions of before, however long an outage
 * takes, and rejects with a `ClosedError` when the target ends before that.
 * `close()` unsubscribes what the target subscribed, waits up to 5 seconds for the
 * server's answers unless it is known to be gone, and leaves the client as it is.
 * When a client is closed or gives up, the target ends: `closed` resolves with a
 * `ConnectionError`.
 *
 * @typeParam TEvent The union of events that travel.
 */
export type EngineEventTarget<TEvent extends TypedEvent = TypedEvent> =
  ClosableEventTarget<TEvent>;

/** Room for many events of one turn: an engine has the events of a whole hub. */
const DEFAULT_BACKPRESSURE_LIMIT = 16 * 1024 * 1024;

/** The options with their defaults, checked. */
export function engineOptions(options: EngineOptions) {
  return {
    echo: boolean("echo", options.echo ?? true),
    maxFrameBytes: positiveInteger(
      "maxFrameBytes",
      options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
    ),
    backpressureLimit: positiveInteger(
      "backpressureLimit",
      options.backpressureLimit ?? DEFAULT_BACKPRESSURE_LIMIT,
    ),
    onError: optionalFunction("onError", options.onError),
    signal: optionalSignal(options.signal),
  };
}
