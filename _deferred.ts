// `Promise.withResolvers`, which Node 20 does not have, and when to go on.

/** A promise with its two functions beside it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Creates a promise that is settled from outside. */
export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((resolveIt, rejectIt) => {
    resolve = resolveIt;
    reject = rejectIt;
  });
  return { promise, resolve, reject };
}

/**
 * Waits no longer than `delay` milliseconds for a promise.
 *
 * @returns What the promise gives, or what `onTimeout` gives or throws.
 */
export async function within<T, U>(
  promise: Promise<T>,
  delay: number,
  onTimeout: () => U,
): Promise<T | Awaited<U>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<typeof TIMEOUT>((resolve) => {
    timer = setTimeout(resolve, delay, TIMEOUT);
  });
  try {
    const first = await Promise.race([promise, timeout]);
    return first === TIMEOUT ? await onTimeout() : first as T;
  } finally {
    clearTimeout(timer);
  }
}

const TIMEOUT = Symbol("timeout");

/** Behind what has arrived in this turn; a timer can come too early for that. */
export const later: (callback: () => void) => unknown =
  (globalThis as { setImmediate?: (callback: () => void) => unknown })
    .setImmediate ?? setTimeout;
