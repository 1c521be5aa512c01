// A terminal that is drawn over: its other screen, keys one by one, and all as it
// was at the end.

import process from "node:process";
import { columnsOf, rowsOf } from "./_stream.ts";

// Lines are not wrapped: what a character takes is the terminal's to know.
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const CLEAR_LINE = "\x1b[2K";
const CLEAR_REST = "\x1b[J";
const HOME = "\x1b[H";

/** What a screen tells. */
export interface ScreenHandlers {
  onKey(key: string): void;
  onResize(): void;
}

/** The screen, from its making until `close`. */
export class Screen {
  readonly #handlers: ScreenHandlers;
  readonly #onKey = (bytes: Uint8Array | string) => {
    const text = typeof bytes === "string"
      ? bytes
      : new TextDecoder().decode(bytes);
    // Arrows and the like are several characters, and mean nothing here.
    if (!text.startsWith("\x1b")) {
      for (const key of text) this.#handlers.onKey(key);
    }
  };
  readonly #onExit = () => this.close();
  #isOpen = true;

  constructor(handlers: ScreenHandlers) {
    this.#handlers = handlers;
    const { stdin, stdout } = process;
    stdout.write(ENTER);
    stdout.on("resize", handlers.onResize);
    // Whatever ends the process.
    process.on("exit", this.#onExit);
    if (!stdin.isTTY) return;
    stdin.setRawMode(true);
    stdin.on("data", this.#onKey);
    stdin.resume();
  }

  get columns(): number {
    return columnsOf(process.stdout);
  }

  get rows(): number {
    return rowsOf(process.stdout);
  }

  /** Draws lines over those that are there; what does not fit is left out. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    // Cleared before it is drawn: behind it, the last column would be gone.
    const shown = lines.slice(0, this.rows).map((line, i, { length }) =>
      `${i + 1 < length ? CLEAR_LINE : CLEAR_REST}${line}`
    );
    process.stdout.write(`${HOME}${shown.join("\r\n")}`);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { stdin, stdout } = process;
    process.off("exit", this.#onExit);
    stdout.off("resize", this.#handlers.onResize);
    if (stdin.isTTY) {
      stdin.off("data", this.#onKey);
      stdin.setRawMode(false);
      stdin.pause();
    }
    stdout.write(LEAVE);
  }
}
