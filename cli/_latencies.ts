// Latencies, kept as counts: as little memory for a million as for ten.

/** Buckets for each doubling: a latency is known to 2 %. */
const PER_OCTAVE = 32;

/** The shortest one that is told apart, in milliseconds. */
const SHORTEST = 0.001;

/** Latencies, in milliseconds. */
export class Latencies {
  readonly #counts: number[] = [];
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  get min(): number {
    return this.#count === 0 ? 0 : this.#min;
  }

  get max(): number {
    return this.#max;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  add(latency: number): void {
    const octaves = Math.log2(Math.max(SHORTEST, latency) / SHORTEST);
    const bucket = Math.floor(octaves * PER_OCTAVE);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    this.#sum += latency;
    if (latency < this.#min) this.#min = latency;
    if (latency > this.#max) this.#max = latency;
  }

  /** What that part of them, from 0 to 1, did not exceed. */
  quantile(part: number): number {
    let left = Math.ceil(this.#count * part);
    for (const [bucket, count = 0] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return Math.min(this.#max, boundOf(bucket + 1));
    }
    return this.#max;
  }

  /** How many did not exceed each of the bounds, and did the one before. */
  between(bounds: readonly number[]): number[] {
    const counts = bounds.map(() => 0);
    for (const [bucket, count = 0] of this.#counts.entries()) {
      const middle = Math.sqrt(boundOf(bucket) * boundOf(bucket + 1));
      const at = bounds.findIndex((bound) => middle <= bound);
      counts[at < 0 ? bounds.length - 1 : at]! += count;
    }
    return counts;
  }
}

/** The latency with which a bucket begins. */
function boundOf(bucket: number): number {
  return SHORTEST * 2 ** (bucket / PER_OCTAVE);
}
