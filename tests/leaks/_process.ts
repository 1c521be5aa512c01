// A measured process, as its test sees it.

import { fileURLToPath } from "node:url";

/** A process that answers commands, see `_metered.ts`; disposing ends it. */
export class Metered implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: Promise<string>;

  private constructor(script: string, args: readonly string[]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--quiet", "--v8-flags=--expose-gc"],
        fileURLToPath(new URL(script, import.meta.url)),
        ...args,
      ],
      env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
    this.#errors = new Response(this.#child.stderr).text();
  }

  /** Starts one; gives what it says first, too. */
  static async start<T>(
    script: string,
    ...args: string[]
  ): Promise<{ process: Metered; hello: T }> {
    const process = new Metered(script, args);
    try {
      return { process, hello: await process.#answer<T>() };
    } catch (error) {
      await process[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Has a command carried out. */
  async ask<T>(command: string, count = 0): Promise<T> {
    const line = JSON.stringify([command, count]) + "\n";
    await this.#input.write(new TextEncoder().encode(line));
    return await this.#answer();
  }

  async #answer<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`The process ended: ${await this.#errors}`);
    const answer = JSON.parse(value) as { value: T; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#input.abort().catch(() => {});
    while (!(await this.#lines.next()).done);
    await Promise.all([this.#child.status, this.#errors]);
  }
}

async function* linesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string, undefined> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
