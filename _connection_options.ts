// Options that spokes and hubs share.

import { milliseconds, positiveInteger } from "./_options.ts";
import { DEFAULT_MAX_FRAME_BYTES } from "./_frames.ts";

/** What both ends of a connection can be told. */
export interface ConnectionOptions {
  /**
   * Milliseconds without a byte from the peer after which it is pinged; `0`
   * never pings, and then a peer that vanished is found by its transport alone.
   *
   * @default {10000}
   */
  pingInterval?: number | undefined;
  /**
   * Milliseconds that a pinged peer has to send anything at all. Also how long
   * `close()` waits for the peer to work off what was sent.
   *
   * @default {5000}
   */
  pingTimeout?: number | undefined;
  /**
   * The longest envelope in bytes of JSON, in both directions; 128 at the least,
   * which control events need.
   *
   * @default {1048576}
   */
  maxFrameBytes?: number | undefined;
  /**
   * Bytes that may wait: on a hub for a connection that does not read, on a
   * spoke while it is disconnected.
   *
   * @default {1048576}
   */
  backpressureLimit?: number | undefined;
}

/** What control events need. */
const MIN_FRAME_BYTES = 128;

/** The options with their defaults, checked. */
export function connectionOptions(
  options: ConnectionOptions,
): Required<{ [K in keyof ConnectionOptions]: number }> {
  return {
    pingInterval: milliseconds("pingInterval", options.pingInterval ?? 10_000),
    pingTimeout: milliseconds("pingTimeout", options.pingTimeout ?? 5_000, 1),
    maxFrameBytes: positiveInteger(
      "maxFrameBytes",
      options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
      0xFFFFFFFF,
      MIN_FRAME_BYTES,
    ),
    backpressureLimit: positiveInteger(
      "backpressureLimit",
      options.backpressureLimit ?? DEFAULT_MAX_FRAME_BYTES,
    ),
  };
}
