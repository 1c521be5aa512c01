// What was counted so far, by processes that live and by those that are gone.

import type { Figures } from "./_protocol.ts";

/** Of a process that has only begun. */
export const NOTHING: Readonly<Figures> = {
  sent: 0,
  received: 0,
  inSequence: 0,
  compared: 0,
  skipped: 0,
  lives: 0,
  reconnects: 0,
  open: 0,
  rss: 0,
  heap: 0,
};

/** The figures of all processes of one sort. */
export class Tally {
  readonly #present = new Map<object, Figures>();
  #past = NOTHING;
  /** The most that one process took, in bytes. */
  peakRss = 0;

  /** What a process has counted since it began. */
  set(process: object, figures: Figures): void {
    this.#present.set(process, figures);
    this.peakRss = Math.max(this.peakRss, figures.rss);
  }

  /** A process is gone; what it counted last stays. */
  retire(process: object): void {
    const figures = this.#present.get(process);
    if (!figures) return;
    this.#present.delete(process);
    this.#past = sum(this.#past, { ...figures, open: 0, rss: 0, heap: 0 });
  }

  get total(): Figures {
    return [...this.#present.values()].reduce(sum, this.#past);
  }
}

function sum(one: Figures, other: Figures): Figures {
  const keys = Object.keys(one) as (keyof Figures)[];
  const total = { ...one };
  for (const key of keys) total[key] += other[key];
  return total;
}
