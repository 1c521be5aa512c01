// Events that did not get through: every one is counted, and told of in as few
// words as will do.

import { ConnectionError } from "./errors.ts";

/** What is told. */
export interface Loss {
  /** Why the last of them was lost. */
  readonly error: ConnectionError;
  /** How many, since it was told last. */
  readonly lost: number;
  /** The topic of the last of them. */
  readonly topic: string;
}

/**
 * Tells of the first losses at once, those of one task together; of what is lost
 * after them once something gets through again.
 */
export class Losses {
  readonly #tell: (loss: Loss) => void;
  #total = 0;
  #told = 0;
  #cause: unknown;
  #topic = "";
  #isFailing = false;

  constructor(tell: (loss: Loss) => void) {
    this.#tell = tell;
  }

  /** All so far. */
  get total(): number {
    return this.#total;
  }

  add(cause: unknown, topic: string): void {
    this.#total++;
    this.#cause = cause;
    this.#topic = topic;
    if (this.#isFailing) return;
    this.#isFailing = true;
    queueMicrotask(() => this.#report());
  }

  /** Something got through, or nothing will any more. */
  end(): void {
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#report();
  }

  #report(): void {
    const lost = this.#total - this.#told;
    if (lost === 0) return;
    this.#told = this.#total;
    const cause = this.#cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = new ConnectionError(
      `Cannot publish ${lost} ${lost === 1 ? "event" : "events"}: ${why}`,
      { cause },
    );
    this.#tell({ error, lost, topic: this.#topic });
  }
}
