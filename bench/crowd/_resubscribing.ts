// A client with many subscriptions, in a process of its own.

import { Peer } from "../_process.ts";

/** What clients can be asked to connect with. */
export type ClientName = "websocket" | "iroh" | "nats" | "socket.io";

/** What one client took until the server had confirmed all, in milliseconds. */
export interface Resubscribing {
  /** From nothing. */
  readonly connect: number;
  /** From a connection that stands, which is given up. */
  readonly reconnect: number;
}

/** The process of the clients, one after another. */
export class Resubscriber implements AsyncDisposable {
  readonly #process: Peer;

  /** @param binding Of iroh. */
  constructor(
    client: ClientName,
    address: string,
    topics: number,
    binding: string,
  ) {
    const all = [client, address, String(topics), binding];
    this.#process = new Peer("./crowd/resubscriber.ts", all);
  }

  run(): Promise<Resubscribing> {
    return this.#process.ask("run");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
