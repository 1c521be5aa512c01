// The largest few of many: a heap of as many, whatever the number of the others.

/** Keeps the `size` items with the largest weights of all that it is offered. */
export class TopN<T> {
  readonly #size: number;
  readonly #items: T[] = [];
  /** A binary heap with its smallest weight first. */
  readonly #weights: number[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** Whether an item of that weight would be kept: it need not be made before. */
  takes(weight: number): boolean {
    return this.#items.length < this.#size || weight > this.#weights[0]!;
  }

  offer(item: T, weight: number): void {
    if (!this.takes(weight)) return;
    if (this.#items.length < this.#size) this.#rise(item, weight);
    else this.#sink(item, weight);
  }

  /** What was kept, the largest first. */
  toSorted(): T[] {
    return this.#items
      .map((item, i) => ({ item, weight: this.#weights[i]! }))
      .sort((a, b) => b.weight - a.weight)
      .map(({ item }) => item);
  }

  /** Puts an item behind all others, and above those that weigh more. */
  #rise(item: T, weight: number): void {
    let at = this.#items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#weights[parent]! <= weight) break;
      this.#place(at, this.#items[parent]!, this.#weights[parent]!);
      at = parent;
    }
    this.#place(at, item, weight);
  }

  /** Puts an item in the place of the smallest, and below those that weigh less. */
  #sink(item: T, weight: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (
        child + 1 < this.#size &&
        this.#weights[child + 1]! < this.#weights[child]!
      ) child++;
      if (this.#weights[child]! >= weight) break;
      this.#place(at, this.#items[child]!, this.#weights[child]!);
      at = child;
    }
    this.#place(at, item, weight);
  }

  #place(at: number, item: T, weight: number): void {
    this.#items[at] = item;
    this.#weights[at] = weight;
  }
}
