// Standard error: what people read. One line each, and below them one that is
// written over.

import process from "node:process";
import { explain } from "./_failure.ts";
import { type ColorChoice, columnsOf, styleOf } from "./_stream.ts";
import type { Style } from "./_style.ts";

/** What the lines that complain begin with. */
const NAME = "alkpubsub";

const CLEAR_LINE = "\r\x1b[K";

/**
 * What is too long for a line is cut off: in a second one nobody clears it. The
 * cursor goes back for the same reason: a terminal writes `^C` where it is.
 */
const NO_WRAP = "\x1b[?7l";
const WRAP = "\x1b[?7h\r";

/** Writes for people, to standard error. */
export class Notes {
  readonly style: Style;
  readonly #isQuiet: boolean;
  #status = "";
  /** Something is on the line that is of no use. */
  #isDirty = false;

  constructor(color: ColorChoice, isQuiet: boolean) {
    this.style = styleOf(process.stderr, color);
    this.#isQuiet = isQuiet;
    process.stderr.on("error", ignore);
  }

  get isTerminal(): boolean {
    return !!process.stderr.isTTY;
  }

  get columns(): number {
    return columnsOf(process.stderr);
  }

  /** A line, or several. */
  say(text: string): void {
    if (!this.#isQuiet) this.#write(`${text}\n`);
  }

  /** Something that is not as it should be, and does not end the command. */
  warn(text: string): void {
    this.#write(`${this.style.paint(NAME, "magenta")}: ${text}\n`);
  }

  /** What ended the command. */
  fail(error: unknown): void {
    const name = this.style.paint(NAME, "red", "bold");
    this.#write(`${name}: ${explain(error)}\n`);
  }

  /** A line below all others, which the next one replaces; in a terminal alone. */
  status(text: string): void {
    if (this.#isQuiet || !this.isTerminal || text === this.#status) return;
    this.#status = text;
    put(`${CLEAR_LINE}${this.#statusText()}`);
  }

  /** A terminal has shown the key that was pressed: `^C`. */
  interrupted(): void {
    this.#isDirty = this.isTerminal;
  }

  /** Leaves the stream to the process. */
  release(): void {
    process.stderr.off("error", ignore);
  }

  #write(text: string): void {
    const clear = this.#status === "" && !this.#isDirty ? "" : CLEAR_LINE;
    this.#isDirty = false;
    put(`${clear}${text}${this.#statusText()}`);
  }

  #statusText(): string {
    return this.#status && `${NO_WRAP}${this.#status}${WRAP}`;
  }
}

/** Whoever closes standard error, or has no room for it, does not want to know. */
function put(text: string): void {
  try {
    process.stderr.write(text);
  } catch {
    // Deno throws what others tell by an event.
  }
}

function ignore(): void {}
