// What came already: an engine may bring an event by two subscriptions, or once
// more after a connection was lost. A window slides over the numbers of each
// source, as against replays in IPsec (RFC 4303, section 3.4.3).

import type { Origin } from "./_origin.ts";

/** Numbers that are told apart, up to the highest that came. */
export const WINDOW = 32_768;

/** Windows that are kept, at 4 KiB each: those that were used last. */
const MAX_SOURCES = 1_024;

/** The numbers of each source that came. */
export class RecentOrigins {
  readonly #windows = new Map<string, Window>();

  /** Whether it came; what is older than its window counts as such. */
  has({ source, number }: Origin): boolean {
    return this.#windows.get(source)?.has(number) ?? false;
  }

  /** @returns Whether it is new. */
  add({ source, number }: Origin): boolean {
    const known = this.#windows.get(source);
    const window = known ?? new Window();
    if (!known || this.#windows.size > MAX_SOURCES / 2) {
      // It is the last that will have to go.
      this.#windows.delete(source);
      this.#windows.set(source, window);
      const [first] = this.#windows.keys();
      if (this.#windows.size > MAX_SOURCES) this.#windows.delete(first!);
    }
    return window.add(number);
  }
}

class Window {
  readonly #bits = new Uint32Array(WINDOW / 32);
  #highest = 0;

  has(number: number): boolean {
    if (number > this.#highest) return false;
    return number <= this.#highest - WINDOW ||
      (this.#bits[this.#wordOf(number)]! & bitOf(number)) !== 0;
  }

  add(number: number): boolean {
    if (this.has(number)) return false;
    if (number > this.#highest) this.#slideTo(number);
    this.#bits[this.#wordOf(number)]! |= bitOf(number);
    return true;
  }

  #slideTo(number: number): void {
    if (number - this.#highest >= WINDOW) this.#bits.fill(0);
    else {
      for (let passed = this.#highest + 1; passed <= number; passed++) {
        this.#bits[this.#wordOf(passed)]! &= ~bitOf(passed);
      }
    }
    this.#highest = number;
  }

  #wordOf(number: number): number {
    return (number % WINDOW) >>> 5;
  }
}

function bitOf(number: number): number {
  return 1 << number % 32;
}
