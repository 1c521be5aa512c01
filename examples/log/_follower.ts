// How to get the past, then the present, and nothing twice.

import type { Answer, Entry } from "./events.ts";

/** What a follower is given. */
export interface FollowerHandlers {
  onEntry(entry: Entry): void;
  onError(error: Error): void;
  /** Asks for what is kept after a place. */
  ask(after: number): void;
}

/**
 * Somebody who reads along. Pages and entries come over one connection, in order,
 * and a page holds what is kept when it is made: an entry that comes before the
 * last page is in it, and one that comes behind it is new. So nothing has to be
 * kept while the past is read.
 */
export class Follower {
  readonly #handlers: FollowerHandlers;
  #seen: number;
  #isLive = false;

  constructor(after: number, handlers: FollowerHandlers) {
    this.#seen = after;
    this.#handlers = handlers;
  }

  /** The connection is new: whatever came meanwhile was missed. */
  begin(): void {
    this.#isLive = false;
    this.#handlers.ask(this.#seen);
  }

  /** Takes what was asked for. */
  page(page: Extract<Answer, { kind: "page" }>): void {
    // It was asked for on the connection before, or by somebody else.
    if (this.#isLive || page.after !== this.#seen) return;
    if (page.last < this.#seen) {
      const error = `Cannot follow: ${this.#seen} is not in the log, ` +
        `which ends with ${page.last}`;
      return this.#handlers.onError(new RangeError(error));
    }
    for (const entry of page.entries) this.#give(entry);
    if (page.isEnd) this.#isLive = true;
    else this.#handlers.ask(this.#seen);
  }

  /** Takes what is new. */
  take(entry: Entry): void {
    if (!this.#isLive || entry.seq <= this.#seen) return;
    if (entry.seq === this.#seen + 1) this.#give(entry);
    else this.begin();
  }

  #give(entry: Entry): void {
    this.#seen = entry.seq;
    this.#handlers.onEntry(entry);
  }
}
