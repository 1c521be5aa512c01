// A process that a test starts, and tells what to do: each says lines of JSON to
// the other. The process itself may run in Node.js, too.

import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Deferred, deferred } from "../_deferred.ts";
import { Log } from "./_waiting.ts";

/** One line of JSON. */
export type Line = Readonly<Record<string, unknown>>;

/** What is said to a command. */
interface Reply {
  /** The number of the command. */
  readonly reply: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** What a process was asked could not be done. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
}

/** What to put before a script that is to run in Deno. */
export const inDeno = (...flags: string[]): string[] => [
  ...[Deno.execPath(), "run", "-A", "--quiet"],
  ...flags,
];

/** How much of what it wrote on its standard error is kept. */
const KEPT_ERRORS = 4000;

/**
 * A script in a process of its own; disposing of it kills it.
 *
 * @typeParam TLine What it says by itself.
 */
export class LineProcess<TLine extends object = Line>
  implements AsyncDisposable {
  /** All that it said by itself. */
  readonly said: Log<TLine> = new Log();
  /** Settles when it has ended, and all that it said was heard. */
  readonly ended: Promise<void>;
  readonly #script: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #asked: Deferred<Reply>[] = [];
  #errors = "";

  /** @param runtime What to put before the script. */
  constructor(
    script: URL,
    args: readonly string[] = [],
    runtime: readonly string[] = inDeno(),
  ) {
    this.#script = fileURLToPath(script);
    const [command = "", ...flags] = runtime;
    this.#child = new Deno.Command(command, {
      args: [...flags, this.#script, ...args],
      env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.ended = this.#listen();
    this.ended.catch(() => {}); // Whoever waits for it is told.
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What it wrote last on its standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** What a promise gives, or why it never will. */
  unlessEnded<T>(promise: Promise<T>): Promise<T> {
    const ended = this.ended.then(() => {
      throw new Error(`${this.#script} has ended: ${this.#errors}`);
    });
    return Promise.race([promise, ended]);
  }

  /** Resolves with the first line that has a key; it may have come already. */
  saying(key: string): Promise<TLine> {
    return this.unlessEnded(this.said.find((line) => key in line));
  }

  /** Says a line to it; a process that is gone does not hear it. */
  tell(line: unknown): void {
    const text = `${JSON.stringify(line)}\n`;
    this.#input.write(new TextEncoder().encode(text)).catch(() => {});
  }

  /**
   * Has it do something; resolves with what it answers.
   *
   * @throws {AnswerError} When that could not be done.
   */
  async ask<T = Line>(command: string, about?: unknown): Promise<T> {
    const answered = deferred<Reply>();
    const reply = this.#asked.push(answered) - 1;
    this.tell({ command, about, reply });
    const { value, error } = await this.unlessEnded(answered.promise);
    if (error !== undefined) throw new AnswerError(error);
    return value as T;
  }

  /** It goes on holding its sockets, and does nothing. */
  stop(): void {
    this.#child.kill("SIGSTOP");
  }

  /** It goes on where it was stopped. */
  continue(): void {
    this.#child.kill("SIGCONT");
  }

  /** Resolves when it is gone, and all that it said was heard. */
  async kill(): Promise<void> {
    this.#kill();
    await this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  /** Called with what it says by itself. */
  protected take(line: TLine): void {
    this.said.add(line);
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }

  async #listen(): Promise<void> {
    const errors = this.#keepErrors();
    try {
      for await (const line of linesOf(this.#child.stdout)) {
        const said: TLine | Reply = JSON.parse(line);
        if ("reply" in said) this.#asked[said.reply]!.resolve(said);
        else this.take(said);
      }
    } catch (error) {
      this.#kill(); // Nobody listens to it any more.
      throw error;
    } finally {
      await Promise.all([errors, this.#child.status]);
      await this.#input.close().catch(() => {});
    }
  }

  async #keepErrors(): Promise<void> {
    const texts = this.#child.stderr.pipeThrough(new TextDecoderStream());
    for await (const text of texts) {
      this.#errors = (this.#errors + text).slice(-KEPT_ERRORS);
    }
  }
}

/** Whole lines: the last one of a process that was killed may be none. */
export async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** For the process itself: says a line. */
export function say<TLine extends object>(line: TLine): void {
  console.log(JSON.stringify(line));
}

/** By name; each is given what it is about, and gives what JSON can hold. */
export type Commands = Readonly<Record<string, (about: never) => unknown>>;

/**
 * For the process itself: does what it is asked, one after the other. The process
 * ends when nobody can ask any more.
 */
export async function answer(commands: Commands): Promise<never> {
  for await (const line of linesOf(process.stdin)) {
    const { command, about, reply } = JSON.parse(line);
    try {
      say({ reply, value: await commands[command]!(about as never) });
    } catch (error) {
      const text = error instanceof Error ? error.stack : String(error);
      say({ reply, error: text });
    }
  }
  process.exit();
}
