/**
 * The processes of a measurement: JSON, line by line, over standard input and
 * output. A process that measures shares its cores with nobody who waits.
 */

import { linesOf } from "../tests/_line_process.ts";

/** A process that was started. */
export class Peer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  /** @param script A file in this directory. */
  constructor(script: string, args: string[], v8Flags: string[] = []) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        ...v8Flags.length > 0 ? [`--v8-flags=${v8Flags.join(",")}`] : [],
        new URL(script, import.meta.url).href,
        ...args,
      ],
      stdin: "piped",
      stdout: "piped",
      env: { NODE_NO_WARNINGS: "1" }, // On stderr, once per process.
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** What the process says next. */
  async next<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("A process ended before it had answered");
    return JSON.parse(value);
  }

  async ask<T>(question: unknown): Promise<T> {
    const line = JSON.stringify(question) + "\n";
    await this.#writer.write(new TextEncoder().encode(line));
    return await this.next<T>();
  }

  /** Ends the process: its standard input is at its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    const timer = setTimeout(() => this.#child.kill(), 5_000);
    await this.#child.status;
    clearTimeout(timer);
  }
}

/** Says something to the process that started this one. */
export function say(value: unknown): void {
  console.log(JSON.stringify(value));
}

/** What the process that started this one asks. */
export async function* questions<T>(): AsyncGenerator<T> {
  for await (const line of linesOf(Deno.stdin.readable)) yield JSON.parse(line);
}
