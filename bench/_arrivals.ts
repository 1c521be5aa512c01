/** Milliseconds in which everything has come, or never will. */
const PATIENCE = 30_000;

/** Counts the bytes that come, and tells when they are so many. */
export class Arrivals {
  #came = 0;
  #expected = Infinity;
  #onExpected = () => {};

  add(bytes: number): void {
    this.#came += bytes;
    if (this.#came >= this.#expected) this.#onExpected();
  }

  /** Begins anew. */
  clear(): void {
    this.#came = 0;
  }

  /** How many came: what does not come at all is told, too. */
  async until(bytes: number): Promise<number> {
    this.#expected = bytes;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE);
      this.#onExpected = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#came >= bytes) this.#onExpected();
    });
    this.#expected = Infinity;
    return this.#came;
  }
}
