// Many clients of one server, in a process of their own.

import { Peer } from "../_process.ts";
import type { ProtocolName } from "./_protocols.ts";

/** Clients subscribe: to the same topics, or each to its own. */
export interface Subscribe {
  /** The first client that does; the others after it do, too. */
  from: number;
  /** How many topics each. */
  subscribe: number;
  /** Where their numbers begin. */
  first: number;
  own: boolean;
}

/** One thing to do; what is said is how many clients there are, or bytes. */
export type Question =
  /** Connects so many more. */
  | { connect: number }
  | Subscribe
  /** Waits until so many bytes came since they connected or subscribed last. */
  | { came: number };

/** The process that starts them. */
export class Clients implements AsyncDisposable {
  readonly #process: Peer;

  constructor(protocol: ProtocolName, port: number) {
    this.#process = new Peer("./crowd/clients.ts", [protocol, String(port)]);
  }

  connect(count: number): Promise<number> {
    return this.#ask({ connect: count });
  }

  subscribe(how: Subscribe): Promise<number> {
    return this.#ask(how);
  }

  /** @throws {Error} When more came. */
  async receive(bytes: number): Promise<void> {
    const came = await this.#ask({ came: bytes });
    if (came !== bytes) throw new Error(`${came} of ${bytes} bytes came`);
  }

  #ask(question: Question): Promise<number> {
    return this.#process.ask<number>(question);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}

/** What an event of `messageEvent` has for its topic, in room `n`. */
export function roomTopic(n: number): string {
  return `message.sent:room-${n}`;
}
