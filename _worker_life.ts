// How a host learns that a worker has gone where the platform does not tell, as
// in Deno and in browsers after `self.close()` or `terminate()`: the worker
// holds a lock (https://w3c.github.io/web-locks/), which falls when it goes.

interface Locks {
  request(
    name: string,
    options: { signal?: AbortSignal },
    callback: () => Promise<void>,
  ): Promise<void>;
}

/** Node and Bun have none; there workers say when they end. */
const locks = (globalThis as { navigator?: { locks?: Locks } })
  .navigator?.locks;

/** A sign of life: given by a worker, or watched by its host. */
export interface Life {
  /** What the other end needs to watch it. */
  readonly name: string;
  /** No longer gives it, or no longer watches it. */
  release(): void;
}

/**
 * Gives a sign of life until it is released or the worker ends.
 *
 * @param onHeld Called once it can be watched.
 * @returns `undefined` where the platform has no locks.
 */
export function giveLife(onHeld: () => void): Life | undefined {
  return lock(`alkpubsub/${crypto.randomUUID()}`, onHeld);
}

/**
 * Watches a worker's sign of life.
 *
 * @param onGone Called when it has fallen.
 * @returns `undefined` where the platform has no locks.
 */
export function watchLife(name: string, onGone: () => void): Life | undefined {
  return lock(name, onGone);
}

function lock(name: string, onHeld: () => void): Life | undefined {
  if (!locks) return undefined;
  const abort = new AbortController();
  let release = () => {};
  const released = new Promise<void>((resolve) => release = resolve);
  locks.request(name, { signal: abort.signal }, () => {
    onHeld();
    return released;
  }).catch(() => {}); // It was released before it was held.
  return {
    name,
    release() {
      abort.abort();
      release();
    },
  };
}
