// How many messages one connection may send: a bucket that fills by the second,
// and holds what one second allows.

/** What sums of fractions may be off by. */
const ROUNDING = 1e-6;

/** Of so long a hook, or of so many short ones in a row, messages may wait. */
const MAX_HELD_SECONDS = 60;

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
    const gained = this.#gained();
    // What a hook held back comes in a row; behind it, a second's are enough.
    const most = gained < 1
      ? Math.max(this.#left, this.#perSecond)
      : this.#perSecond;
    this.#left = Math.min(this.#left + gained, most);
    if (this.#left < 1 - ROUNDING) return false;
    this.#left--;
    return true;
  }

  /** A hook held the peer's messages back: they had all that time to come. */
  resume(): void {
    const most = MAX_HELD_SECONDS * this.#perSecond;
    this.#left = Math.min(this.#left + this.#gained(), most);
  }

  /** What the time since the last call allows. */
  #gained(): number {
    const now = performance.now();
    const seconds = (now - this.#filledAt) / 1000;
    this.#filledAt = now;
    return seconds * this.#perSecond;
  }
}
