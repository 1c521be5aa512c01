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

const { navigator, WorkerGlobalScope } = globalThis as {
  navigator?: { locks?: Locks };
  WorkerGlobalScope?: unknown;
};
const locks = navigator?.locks;

let life: Promise<string | undefined> | undefined;

/**
 * Gives this worker's sign of life, from the first call until the worker ends.
 * Not until a target closes: the lock would fall before what was sent last has
 * arrived.
 *
 * @returns What the host needs to watch it, once it can; `undefined` where the
 * platform says when a worker ends, or has no locks.
 */
export function giveLife(): Promise<string | undefined> | undefined {
  if (!locks || typeof WorkerGlobalScope !== "function") return undefined;
  return life ??= new Promise((resolve) => {
    const name = `alkpubsub/${crypto.randomUUID()}`;
    locks.request(name, {}, () => {
      resolve(name);
      return new Promise(() => {});
    }).catch(() => resolve(undefined)); // In a sandbox nothing is to be locked.
  });
}

/**
 * Watches a worker's sign of life.
 *
 * @param onGone Called when the worker has ended.
 * @returns Stops watching; `undefined` where the platform has no locks.
 */
export function watchLife(
  name: string,
  onGone: () => void,
): (() => void) | undefined {
  if (!locks) return undefined;
  const abort = new AbortController();
  locks.request(name, { signal: abort.signal }, () => {
    onGone();
    return Promise.resolve();
  }).catch(() => {}); // Nobody watches any more.
  return () => abort.abort();
}
