// Standard output: data, as fast as its reader takes it.

import process from "node:process";
import { later, within } from "../_deferred.ts";
import type { Ending } from "./_ending.ts";
import { explain, Failure } from "./_failure.ts";
import { type ColorChoice, columnsOf, styleOf } from "./_stream.ts";
import type { Style } from "./_style.ts";

/** Bytes that may wait for a reader that has stopped, as a pager may. */
const MAX_WAITING = 64 * 1024 * 1024;

/** Milliseconds that a reader that has stopped gets at the end. */
const PATIENCE = 1_000;

/** Writes data to standard output. */
export class Output {
  readonly style: Style;
  readonly #ending: Ending;
  #isGone = false;
  /** Why nothing can be written any more, unless nobody reads it. */
  #fault: Failure | undefined;
  /** Too much waits for the reader. */
  #isStuck = false;
  readonly #onError = (error: unknown) => this.#fail(error);
  /** What is written in one turn goes in one call: a call costs more than a line. */
  #pending = "";

  constructor(color: ColorChoice, ending: Ending) {
    this.style = styleOf(process.stdout, color);
    this.#ending = ending;
    process.stdout.on("error", this.#onError);
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
      this.#isStuck = true;
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
    if (text === "" || this.#isGone) return;
    try {
      process.stdout.write(text);
    } catch (error) {
      // Deno throws what others tell by an event.
      this.#fail(error);
    }
  }

  /**
   * Resolves once the reader has all, or is gone.
   *
   * @throws {Failure} When it could not be written.
   */
  async flush(): Promise<void> {
    this.drain();
    const written = this.#isGone ? Promise.resolve() : new Promise<void>(
      (resolve) => process.stdout.write("", () => resolve()),
    );
    if (this.#isStuck) await within(written, PATIENCE, () => {});
    else {
      await this.#ending.after(written);
      if (!this.#isGone) await written;
    }
    if (this.#fault) throw this.#fault;
  }

  /** Leaves the stream to the process. */
  release(): void {
    process.stdout.off("error", this.#onError);
  }

  #fail(error: unknown): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const { code, name } = Object(error) as { code?: string; name?: string };
    // `sub … | head -1`: nobody reads any more, which is no error.
    if (code === "EPIPE" || name === "BrokenPipe") {
      return this.#ending.unread();
    }
    this.#fault = new Failure(`cannot write: ${explain(error)}`, {
      cause: error,
    });
    this.#ending.unwritable();
  }
}
