// A spoke and its hub in a process each, and the bare binding between the same
// two: what `spoke_to_hub` and `compression` measure.

import type { BindingName } from "../tests/_iroh.ts";
import { Peer } from "./_process.ts";
import type { Question } from "./_receiver.ts";
import type { Run } from "./_sender.ts";

/** The two processes. */
export class Pair implements AsyncDisposable {
  readonly #sender: Peer;
  readonly #receiver: Peer;
  #sent = 0;

  private constructor(sender: Peer, receiver: Peer) {
    this.#sender = sender;
    this.#receiver = receiver;
  }

  static async start(binding: BindingName): Promise<Pair> {
    const receiver = new Peer("./_receiver.ts", [binding]);
    const { hub, raw } = await receiver.next<{ hub: string; raw: string }>();
    const sender = new Peer("./_sender.ts", [binding, hub, raw]);
    await sender.next();
    return new Pair(sender, receiver);
  }

  /**
   * Messages per second, from the first one to the receiver's word.
   *
   * @throws {Error} When not all of ours reached their listener.
   */
  async run(run: Run): Promise<number> {
    const rate = await this.#sender.ask<number>(run);
    if (run.how === "library" || run.how === "deflate") this.#sent += run.n;
    const came = await this.#ask("count");
    if (came === this.#sent) return rate;
    throw new Error(`${came} of ${this.#sent} events arrived`);
  }

  /** How many texts of such messages the receiver parses in a second. */
  parse(n: number): Promise<number> {
    return this.#ask({ parse: n });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender[Symbol.asyncDispose]();
    await this.#receiver[Symbol.asyncDispose]();
  }

  #ask(question: Question): Promise<number> {
    return this.#receiver.ask<number>(question);
  }
}
