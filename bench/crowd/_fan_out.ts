// A server that sends events to all its clients, in a process of its own.

import { Peer } from "../_process.ts";
import type { ServerName } from "./_server.ts";

/** What is asked: so many bursts, of so many events each, in every way. */
export interface Bursts {
  bursts: number;
  events: number;
}

/** What bursts took, in milliseconds: medians. */
export interface Took {
  /** Until it had been handed to every socket. */
  sending: number;
  /** Until it had been received by all. */
  delivering: number;
}

/** The process that sends. */
export class FanOut implements AsyncDisposable {
  readonly #process: Peer;

  constructor(server: ServerName, clients: number) {
    const args = [server, String(clients)];
    this.#process = new Peer("./crowd/fan_out.ts", args);
  }

  /** Resolves when all clients are connected and subscribed. */
  async ready(): Promise<void> {
    await this.#process.next();
  }

  /** By the ways of the server. */
  run(question: Bursts): Promise<Record<string, Took>> {
    return this.#process.ask(question);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
