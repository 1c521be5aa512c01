// Waiting that a signal breaks off.

import { deferred } from "../_deferred.ts";

/**
 * Resolves when a promise does, or the signal aborts; rejects as the promise does.
 * Nothing of it is left at a signal that lives on.
 */
export async function untilAborted(
  signal: AbortSignal,
  promise?: Promise<unknown>,
): Promise<void> {
  if (signal.aborted) return;
  const aborted = deferred<void>();
  const onAbort = () => aborted.resolve();
  signal.addEventListener("abort", onAbort);
  try {
    await Promise.race([aborted.promise, promise ?? aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Waits, unless the signal aborts before. */
export async function pause(
  signal: AbortSignal,
  milliseconds: number,
): Promise<void> {
  const waited = deferred<void>();
  const timer = setTimeout(() => waited.resolve(), milliseconds);
  await untilAborted(signal, waited.promise);
  clearTimeout(timer);
}
