// How far a command has come, on a line that is written over.

import { barText } from "./_bar.ts";
import { durationText } from "./_duration.ts";
import type { Notes } from "./_notes.ts";
import { bytesText, counted, countText, rateText } from "./_quantity.ts";

/** What takes less is not worth a line. */
const PATIENCE = 400;
const INTERVAL = 100;

/** How far it has come. */
export interface Progress {
  /** What is counted, so far. */
  readonly events: number;
  readonly bytes: number;
  /** From 0 to 1, if that is known. */
  readonly part: number | undefined;
}

/** Shows how far a command has come, once it takes long; until it is stopped. */
export class ProgressLine {
  readonly #notes: Notes;
  readonly #progress: () => Progress;
  readonly #begun: number = performance.now();
  readonly #timer: ReturnType<typeof setInterval> | undefined;

  constructor(notes: Notes, progress: () => Progress) {
    this.#notes = notes;
    this.#progress = progress;
    if (notes.isTerminal) {
      this.#timer = setInterval(() => this.#draw(), INTERVAL);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#notes.status("");
  }

  #draw(): void {
    const seconds = (performance.now() - this.#begun) / 1_000;
    if (seconds * 1_000 < PATIENCE) return;
    const { events, bytes, part } = this.#progress();
    const { style, columns } = this.#notes;
    const rate = `${rateText(events / seconds)}/s`;
    if (part === undefined) {
      const text = `${counted(events, "event")}  ${bytesText(bytes)}  ${rate}`;
      return this.#notes.status(style.paint(text, "cyan"));
    }
    const left = part > 0 ? seconds * (1 - part) / part : Infinity;
    const rest = left < 1e6 ? `  ${durationText(left * 1_000)} left` : "";
    const end = ` ${String(Math.floor(part * 100)).padStart(3)} %  ${
      countText(events)
    }  ${rate}${rest}`;
    const width = Math.max(0, Math.min(40, columns - end.length - 1));
    const bar = barText(part, width);
    const ground = "░".repeat(width - bar.length);
    this.#notes.status(
      style.paint(bar, "cyan") + style.paint(ground, "dim") + end,
    );
  }
}
