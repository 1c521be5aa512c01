// Faults of a hub, for people: one line each, and never so many that nothing else
// can be read.

import { inLine } from "../_options.ts";
import { explain } from "./_failure.ts";
import type { Notes } from "./_notes.ts";
import { counted } from "./_quantity.ts";

/** Lines in one span of time; of more the number is told at its end. */
const MAX_LINES = 10;
const SPAN = 5_000;

/** Tells faults. */
export class FaultLog {
  readonly #notes: Notes;
  #lines = 0;
  #left = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  add(text: string): void {
    this.#timer ??= setTimeout(() => this.#endSpan(), SPAN);
    if (this.#lines >= MAX_LINES) this.#left++;
    else {
      this.#lines++;
      this.#notes.warn(inLine(text, MAX_LENGTH));
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
    this.#endSpan();
  }

  #endSpan(): void {
    if (this.#left > 0) {
      this.#notes.warn(`${counted(this.#left, "line")} more of this kind`);
    }
    this.#timer = undefined;
    this.#lines = this.#left = 0;
  }
}

const MAX_LENGTH = 500;
