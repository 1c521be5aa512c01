// Operations that are under way: `flush` waits for those of now, and not for
// what is started meanwhile.

import { type Deferred, deferred } from "./_deferred.ts";

/** Counts operations by generation: one ends with each wait. */
export class InFlight {
  #generation = 0;
  /** The oldest comes first: only the newest is ever added to. */
  readonly #counts = new Map<number, number>();
  readonly #waits: { readonly until: number; readonly done: Deferred<void> }[] =
    [];

  /** @returns The generation, for `end`. */
  start(): number {
    const count = this.#counts.get(this.#generation) ?? 0;
    this.#counts.set(this.#generation, count + 1);
    return this.#generation;
  }

  /** An operation of that generation is over, whatever came of it. */
  end(generation: number): void {
    const left = this.#counts.get(generation)! - 1;
    if (left > 0) return void this.#counts.set(generation, left);
    this.#counts.delete(generation);
    const [oldest = Infinity] = this.#counts.keys();
    while (this.#waits[0] && this.#waits[0].until < oldest) {
      this.#waits.shift()!.done.resolve();
    }
  }

  /** Resolves once all that is under way now is over. */
  settled(): Promise<void> {
    if (this.#counts.size === 0) return Promise.resolve();
    const done = deferred<void>();
    this.#waits.push({ until: this.#generation++, done });
    return done.promise;
  }
}
