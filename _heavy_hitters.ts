// Which of any number of keys count most, in memory for a few: Space-Saving
// (Metwally, Agrawal, El Abbadi: "Efficient Computation of Frequent and Top-k
// Elements in Data Streams", 2005).

/** A key that is counted. */
export interface Hitter<TOwn> {
  readonly key: string;
  /** Times that it came since the last {@linkcode HeavyHitters.next}: at most. */
  readonly count: number;
  /** By so much `count` may be too high. */
  readonly error: number;
  /** What the owner keeps for it, from the time it took its place. */
  readonly own: TOwn;
}

interface Entry<TOwn> extends Hitter<TOwn> {
  key: string;
  count: number;
  error: number;
  own: TOwn;
  /** Where it is in the heap. */
  at: number;
}

/**
 * Counts up to `capacity` keys exactly. One more takes the place of the one that
 * came least, and its count as a head start, which is its error: no more than
 * the number of all that came, divided by `capacity`. Whatever came more often
 * than that is in it.
 */
export class HeavyHitters<TOwn> {
  readonly #capacity: number;
  readonly #entries = new Map<string, Entry<TOwn>>();
  /** A binary heap with the smallest count first. */
  readonly #heap: Entry<TOwn>[] = [];
  readonly #own: () => TOwn;

  /** @param own Makes what the owner keeps for a key. */
  constructor(capacity: number, own: () => TOwn) {
    this.#capacity = capacity;
    this.#own = own;
  }

  /** Counts a key, and gives what the owner keeps for it. */
  add(key: string): TOwn {
    let entry = this.#entries.get(key);
    if (entry === undefined) entry = this.#insert(key);
    entry.count++;
    this.#sink(entry);
    return entry.own;
  }

  /** What the owner keeps for a key, if that is counted. */
  get(key: string): TOwn | undefined {
    return this.#entries.get(key)?.own;
  }

  /** All keys that are counted, in no order. */
  get entries(): readonly Hitter<TOwn>[] {
    return this.#heap;
  }

  /** Begins to count anew; the keys keep their places until others need them. */
  next(): void {
    for (const entry of this.#heap) entry.count = entry.error = 0;
  }

  #insert(key: string): Entry<TOwn> {
    if (this.#heap.length < this.#capacity) {
      const entry = { key, count: 0, error: 0, at: 0, own: this.#own() };
      // Nothing counts less than it: it belongs at the top.
      this.#pushAtTop(entry);
      this.#entries.set(key, entry);
      return entry;
    }
    const entry = this.#heap[0]!;
    this.#entries.delete(entry.key);
    entry.key = key;
    entry.error = entry.count;
    entry.own = this.#own();
    this.#entries.set(key, entry);
    return entry;
  }

  #pushAtTop(entry: Entry<TOwn>): void {
    let at = this.#heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      this.#place(at, this.#heap[parent]!);
      at = parent;
    }
    this.#place(0, entry);
  }

  /** Moves an entry whose count went up below those that count less. */
  #sink(entry: Entry<TOwn>): void {
    let { at } = entry;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#heap.length) break;
      const other = this.#heap[child + 1];
      if (other && other.count < this.#heap[child]!.count) child++;
      if (this.#heap[child]!.count >= entry.count) break;
      this.#place(at, this.#heap[child]!);
      at = child;
    }
    this.#place(at, entry);
  }

  #place(at: number, entry: Entry<TOwn>): void {
    this.#heap[at] = entry;
    entry.at = at;
  }
}
