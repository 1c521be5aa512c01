// Timers that run out, and a clock that moves, when the test says so.

/** The timers that are taken. */
export interface Timers extends Disposable {
  /** How many have been set so far. */
  readonly set: number;
  /** How many are set and neither cleared nor run out. */
  readonly pending: number;
  /** Runs out those that are pending. */
  runOut(): void;
}

/** Takes the timers of exactly that many milliseconds; all others go on. */
export function takeTimers(delay: number): Timers {
  const { setTimeout, clearTimeout } = globalThis;
  const pending = new Map<unknown, () => void>();
  let set = 0;
  const replacement = {
    setTimeout: (
      callback: (...args: unknown[]) => void,
      after?: number,
      ...args: unknown[]
    ) => {
      if (after !== delay) return setTimeout(callback, after, ...args);
      const timer = `taken ${++set}`;
      pending.set(timer, () => callback(...args));
      return timer;
    },
    clearTimeout: (timer: number | undefined) => {
      if (!pending.delete(timer)) clearTimeout(timer);
    },
  };
  Object.assign(globalThis, replacement);
  return {
    get set() {
      return set;
    },
    get pending() {
      return pending.size;
    },
    runOut() {
      const callbacks = [...pending.values()];
      pending.clear();
      for (const callback of callbacks) callback();
    },
    [Symbol.dispose]() {
      Object.assign(globalThis, { setTimeout, clearTimeout });
    },
  };
}

/** What `performance.now()` says. */
export interface Clock extends Disposable {
  now: number;
}

/** Takes the clock: it stands still until it is set. */
export function takeClock(): Clock {
  const { now } = performance;
  const clock = {
    now: 0,
    [Symbol.dispose]: () => void Object.assign(performance, { now }),
  };
  Object.assign(performance, { now: () => clock.now });
  return clock;
}
