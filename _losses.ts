// Events that did not get through: every one is counted, and told of in as few
// words as will do.

import { PublishError } from "./errors.ts";

/** What is told. */
export interface Loss {
  /** Why the last of them was lost. */
  readonly error: PublishError;
  /** How many, since it was told last. */
  readonly lost: number;
  /** The topic of the last of them. */
  readonly topic: string;
}

/** Those of one kind that are not told yet. */
interface Untold {
  readonly cause: unknown;
  readonly topic: string;
  readonly lost: number;
}

/** Milliseconds in which losses are told once. */
const INTERVAL = 1_000;

/**
 * Tells of the first losses at once, those of one task together; of those after
 * them once a second, or when something gets through. What was lost by errors of
 * different names is told apart.
 */
export class Losses {
  readonly #tell: (loss: Loss) => void;
  readonly #untold = new Map<string, Untold>();
  #total = 0;
  /** Runs while losses are not told at once. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (loss: Loss) => void) {
    this.#tell = tell;
  }

  /** All so far. */
  get total(): number {
    return this.#total;
  }

  add(cause: unknown, topic: string): void {
    this.#total++;
    const name = cause instanceof Error ? cause.name : "";
    const lost = (this.#untold.get(name)?.lost ?? 0) + 1;
    this.#untold.set(name, { cause, topic, lost });
    if (this.#timer !== undefined) return;
    this.#startTimer();
    queueMicrotask(() => this.#report());
  }

  /** Tells what is untold; the next one is a first again. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#report();
  }

  #startTimer(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#untold.size === 0) return;
      this.#startTimer();
      this.#report();
    }, INTERVAL);
  }

  #report(): void {
    const all = [...this.#untold.values()];
    this.#untold.clear();
    for (const { cause, topic, lost } of all) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const error = new PublishError(
        `Cannot publish ${lost} ${lost === 1 ? "event" : "events"}: ${why}`,
        { cause },
      );
      this.#tell({ error, lost, topic });
    }
  }
}
