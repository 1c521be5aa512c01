// A target with many topics subscribed, in a process of its own.

import { Peer } from "../_process.ts";

/** What dispatches; a bare `Map` is the limit. */
export type TargetName = "hub" | "in-process" | "map";

/** What is asked: so many events, for one topic or for all of them by chance. */
export interface Question {
  events: number;
  spread: boolean;
}

/** The process that dispatches. */
export class Topics implements AsyncDisposable {
  readonly #process: Peer;

  constructor(target: TargetName, topics: number) {
    this.#process = new Peer("./crowd/topics.ts", [target, String(topics)]);
  }

  /** Resolves when all is subscribed. */
  async ready(): Promise<void> {
    await this.#process.next();
  }

  /** Events per second, until the last had come. */
  rate(question: Question): Promise<number> {
    return this.#process.ask(question);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
