// What happened lately, for whoever has to understand a violation.

import type { Finding } from "./_received.ts";

const MAX_EVENTS = 20;
const MAX_STATUSES = 10;

/** Remembers the last faults, and the last statuses of each spoke. */
export class Story {
  readonly #start = performance.now();
  readonly #events: string[] = [];
  readonly #statuses = new Map<string, string[]>();

  /** Seconds since the beginning. */
  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** Something was done to the processes. */
  event(text: string): void {
    this.#events.push(this.#line(text));
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
  }

  /** Something became of a spoke's connection. */
  status(name: string, text: string): void {
    const statuses = this.#statuses.get(name) ?? [];
    if (statuses.length === 0) this.#statuses.set(name, statuses);
    statuses.push(this.#line(text));
    if (statuses.length > MAX_STATUSES) statuses.shift();
  }

  forget(names: readonly string[]): void {
    for (const name of names) this.#statuses.delete(name);
  }

  /** All that is known around some spokes. */
  around(...names: string[]): string[] {
    const lines = ["What was done last:", ...this.#events];
    for (const name of new Set(names)) {
      const statuses = this.#statuses.get(name);
      if (statuses) lines.push(`What became of ${name}:`, ...statuses);
    }
    return lines;
  }

  #line(text: string): string {
    return `  ${this.seconds.toFixed(2).padStart(8)} s  ${text}`;
  }
}

/** A finding in one sentence. */
export function sentenceOf(finding: Finding): string {
  const { kind, receiver, from, topic, first, last, note } = finding;
  const numbers = first === last
    ? `number ${first}`
    : `numbers ${first} to ${last}`;
  const what = {
    gap: "never got",
    late: "got too late",
    duplicate: "got twice",
    corrupted: "got damaged",
    foreign: "got without listening",
    own: "got back its own",
    unsent: "got, though nobody sent it,",
  }[kind];
  const more = note === undefined ? "" : ` (${note})`;
  return `${receiver} ${what} ${numbers} of ${topic} from ${from}${more}`;
}
