// Standard output: data, as fast as its reader takes it.

import process from "node:process";
import { later } from "../_deferred.ts";
import type { Ending } from "./_ending.ts";
import { Failure } from "./_failure.ts";
import { type ColorChoice, columnsOf, styleOf } from "./_stream.ts";
import type { Style } from "./_style.ts";

/** Bytes that may wait for a reader that has stopped, as a pager may. */
const MAX_WAITING = 64 * 1024 * 1024;

/** Writes data to standard output. */
export class Output {
  readonly style: Style;
  readonly #ending: Ending;
  #isGone = false;
  /** What is written in one turn goes in one call: a call costs more than a line. */
  #pending = "";

  constructor(color: ColorChoice, ending: Ending) {
    this.style = styleOf(process.stdout, color);
    this.#ending = ending;
    // `sub … | head -1`: nobody reads any more, which is no error.
    process.stdout.on("error", () => {
      this.#isGone = true;
      ending.unread();
    });
  }

  get isTerminal(): boolean {
    return !!process.stdout.isTTY;
  }

  get columns(): number {
    return columnsOf(process.stdout);
  }

  /**
   * Writes a line.
   *
   * @throws {Failure} When too much waits for the reader.
   */
  line(text: string): void {
    this.write(`${text}\n`);
  }

  /** Writes as it is, at the end of the turn. */
  write(text: string): void {
    if (this.#isGone) return;
    const waiting = process.stdout.writableLength + this.#pending.length;
    if (waiting > MAX_WAITING) {
      throw new Failure(
        `cannot write: the reader of standard output does not keep up, ${MAX_WAITING} bytes wait`,
      );
    }
    if (this.#pending === "") later(() => this.drain());
    this.#pending += text;
  }

  /** Writes what is left of this turn now: it comes before what others write. */
  drain(): void {
    const text = this.#pending;
    this.#pending = "";
    if (text !== "" && !this.#isGone) process.stdout.write(text);
  }

  /** Resolves once the reader has all, or is gone. */
  async flush(): Promise<void> {
    this.drain();
    if (this.#isGone) return;
    const written = new Promise<void>((resolve) =>
      process.stdout.write("", () => resolve())
    );
    await this.#ending.after(written);
    if (this.#ending.reason !== "unread") await written;
  }
}
