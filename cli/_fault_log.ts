// Faults of a hub, for people: one line each, the same one once in a while, and
// never so many that nothing else can be read.

import { inLine } from "../_options.ts";
import { explain } from "./_failure.ts";
import type { Notes } from "./_notes.ts";
import { counted, countText } from "./_quantity.ts";

/** Lines in one span of time; of more the number is told at its end. */
const MAX_LINES = 10;
const SPAN = 5_000;

/** Tells faults. */
export class FaultLog {
  readonly #notes: Notes;
  /** What was said, and how often it came again in this span. */
  readonly #said = new Map<string, number>();
  #left = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  add(text: string): void {
    this.#timer ??= setTimeout(() => this.#endSpan(), SPAN);
    const again = this.#said.get(text);
    if (again !== undefined) this.#said.set(text, again + 1);
    else if (this.#said.size >= MAX_LINES) this.#left++;
    else {
      this.#said.set(text, 0);
      this.#say(text);
    }
  }

  /** An error, as an `onError` is told of it. */
  fault({ error, lost }: { error: unknown; lost?: number | undefined }): void {
    const text = explain(error);
    this.add(lost ? `${text} (${counted(lost, "event")} lost)` : text);
  }

  /** Says what it has not said. */
  close(): void {
    clearTimeout(this.#timer);
    this.#tell();
  }

  #endSpan(): void {
    this.#timer = undefined;
    this.#tell();
    // An outage may last for hours: one line each span, until it is over.
    for (const [text, again] of this.#said) {
      if (again === 0) this.#said.delete(text);
      else this.#said.set(text, 0);
    }
    if (this.#said.size > 0) {
      this.#timer = setTimeout(() => this.#endSpan(), SPAN);
    }
  }

  #tell(): void {
    for (const [text, again] of this.#said) {
      if (again > 0) this.#say(`${text} (${countText(again)} times more)`);
    }
    if (this.#left > 0) {
      this.#notes.warn(`${counted(this.#left, "line")} more of this kind`);
    }
    this.#left = 0;
  }

  #say(text: string): void {
    this.#notes.warn(inLine(text, MAX_LENGTH));
  }
}

const MAX_LENGTH = 500;
