// Who listens to what, counted at the real thing.

import { createInProcessEventTarget } from "../in_process.ts";
import type { ClosableEventTarget } from "../typed_event_target.ts";

/** How often a listener was added and removed. */
export interface Counts {
  /** Topics or event types, in the order of the calls. */
  readonly added: string[];
  readonly removed: string[];
  /** How many listen right now. */
  readonly listening: number;
}

/** What targets, signals and ports have. */
interface Listened {
  addEventListener(type: string, ...rest: unknown[]): void;
  removeEventListener(type: string, ...rest: unknown[]): void;
}

/** Counts the listeners of a target, a signal or a port, which work as before. */
export function counted(listened: object): Counts {
  const target = listened as Listened;
  const { addEventListener, removeEventListener } = target;
  const listeners = new Map<unknown, string>();
  const counts = {
    added: [] as string[],
    removed: [] as string[],
    get listening() {
      return listeners.size;
    },
  };
  target.addEventListener = (type, ...rest) => {
    addEventListener.call(target, type, ...rest);
    counts.added.push(type);
    listeners.set(rest[0], type);
  };
  target.removeEventListener = (type, ...rest) => {
    removeEventListener.call(target, type, ...rest);
    counts.removed.push(type);
    if (listeners.get(rest[0]) === type) listeners.delete(rest[0]);
  };
  return counts;
}

/** A target in process that counts its listeners. */
export function countedTarget(): {
  eventTarget: ClosableEventTarget;
  counts: Counts;
} {
  const eventTarget = createInProcessEventTarget();
  return { eventTarget, counts: counted(eventTarget) };
}

/** A controller whose signal counts its listeners. */
export function countedAbort(): AbortController & { counts: Counts } {
  const controller = new AbortController();
  const counts = counted(controller.signal);
  return Object.assign(controller, { counts });
}
