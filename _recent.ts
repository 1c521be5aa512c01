// What came already: an engine may bring an event by two subscriptions, or once
// more after a connection was lost.

/** How many keys are known at the least. */
const KEPT = 16_384;

/** The last keys: those of this generation and of the one before. */
export class RecentKeys {
  #present = new Set<string>();
  #past = new Set<string>();

  /** @returns Whether it is new among the last ones. */
  add(key: string): boolean {
    if (this.#present.has(key) || this.#past.has(key)) return false;
    this.#present.add(key);
    if (this.#present.size >= KEPT) {
      this.#past = this.#present;
      this.#present = new Set();
    }
    return true;
  }
}
