// When to try again: exponential, with full jitter, so that a thousand clients
// of one hub do not come back in the same instant.

import { milliseconds, positiveCount, show } from "./_options.ts";

/** How a lost connection is made again. */
export interface ReconnectOptions {
  /**
   * Milliseconds up to which the first retry is spread; doubles with each.
   *
   * @default {250}
   */
  minDelay?: number | undefined;
  /**
   * Milliseconds that the spread never passes.
   *
   * @default {20000}
   */
  maxDelay?: number | undefined;
  /**
   * Failed retries in a row after which the target gives up.
   *
   * @default {Infinity}
   */
  maxAttempts?: number | undefined;
}

/** The options with their defaults, checked; `false` never reconnects. */
export function reconnectOptions(
  options: ReconnectOptions | false | undefined,
): { minDelay: number; maxDelay: number; maxAttempts: number } {
  if (options === false) return { minDelay: 0, maxDelay: 0, maxAttempts: 0 };
  if (options !== undefined && typeof options !== "object") {
    throw new TypeError(
      `Cannot use reconnect: ${show(options)} is neither an object nor false`,
    );
  }
  const minDelay = milliseconds("minDelay", options?.minDelay ?? 250);
  return {
    minDelay,
    maxDelay: milliseconds(
      "maxDelay",
      options?.maxDelay ?? Math.max(20_000, minDelay),
      minDelay,
    ),
    maxAttempts: positiveCount("maxAttempts", options?.maxAttempts ?? Infinity),
  };
}

/** Milliseconds to wait before attempt number `attempt`, counted from 1. */
export function backoffDelay(
  attempt: number,
  options: { minDelay: number; maxDelay: number },
): number {
  const spread = Math.min(
    options.maxDelay,
    options.minDelay * 2 ** Math.min(attempt - 1, 52),
  );
  return Math.random() * spread;
}
