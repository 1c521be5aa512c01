// How many messages one connection may send: a bucket that fills by the second,
// and holds what one second allows.

/** The rate of one peer's messages. */
export class MessageRate {
  readonly #perSecond: number;
  /** Subscriptions that do not count. */
  #freeSubscriptions: number;
  #left: number;
  #filledAt = performance.now();

  /**
   * @param freeSubscriptions A spoke that comes back subscribes to all its
   * topics at once: so many do not count.
   */
  constructor(perSecond: number, freeSubscriptions: number) {
    this.#perSecond = this.#left = perSecond;
    this.#freeSubscriptions = freeSubscriptions;
  }

  /** @returns Whether one more message, of that type, is within the rate. */
  take(type: string): boolean {
    if (type === "__subscribe" && this.#freeSubscriptions > 0) {
      this.#freeSubscriptions--;
      return true;
    }
    const now = performance.now();
    const gained = (now - this.#filledAt) / 1000 * this.#perSecond;
    this.#filledAt = now;
    this.#left = Math.min(this.#left + gained, this.#perSecond);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
