// A process of `_net_peer.ts`, as the test sees it.

import { Log } from "../_waiting.ts";
import { LineProcess } from "./_net_lines.ts";
import type { Assignment, Command, Line } from "./_net_peer.ts";
import type { Place } from "./_net_transports.ts";

/** What a process was told to do could not be done. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** A hub or a spoke at one side of a network. */
export class NetProcess implements AsyncDisposable {
  /** The numbers of the events that have arrived. */
  readonly heard = new Log<number>();
  /** Of a spoke. */
  readonly statuses = new Log<NonNullable<Line["status"]>>();
  /** Of a hub: codes of errors. */
  readonly faults = new Log<string>();
  /** Of a hub: why connections ended. */
  readonly disconnections = new Log<string>();
  readonly #process: LineProcess<Line, Command>;
  readonly #places = new Log<Place>();
  readonly #answers = new Log<NonNullable<Line["answer"]>>();
  #commands = 0;

  private constructor(prefix: readonly string[], assignment: Assignment) {
    const script = new URL("./_net_peer.ts", import.meta.url);
    this.#process = new LineProcess<Line, Command>(
      script,
      [JSON.stringify(assignment)],
      (line) => this.#take(line),
      prefix,
    );
  }

  /** Starts a process and waits until it serves, or is connected. */
  static async start(
    prefix: readonly string[],
    assignment: Assignment,
  ): Promise<NetProcess> {
    await using started = new AsyncDisposableStack();
    const process = started.use(new NetProcess(prefix, assignment));
    await process.unlessEnded(process.#places.count(1));
    started.move(); // It is the caller's from here on.
    return process;
  }

  /** Where the hub is. */
  get place(): Place {
    return this.#places.all[0]!;
  }

  /** What it says, or why it never will. */
  unlessEnded<T>(promise: Promise<T>): Promise<T> {
    return this.#process.unlessEnded(promise);
  }

  /**
   * Has it do something.
   *
   * @throws {CommandError} When that could not be done.
   */
  async tell(command: Command): Promise<unknown> {
    const number = ++this.#commands;
    await this.#process.tell(command);
    await this.unlessEnded(this.#answers.count(number));
    const { value, failed } = this.#answers.all[number - 1]!;
    if (failed !== undefined) throw new CommandError(failed);
    return value;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }

  #take({ ready, heard, status, fault, disconnection, answer }: Line): void {
    if (ready !== undefined) this.#places.add(ready);
    if (heard !== undefined) this.heard.add(heard);
    if (status !== undefined) this.statuses.add(status);
    if (fault !== undefined) this.faults.add(fault);
    if (disconnection !== undefined) this.disconnections.add(disconnection);
    if (answer !== undefined) this.#answers.add(answer);
  }
}
