// A snippet of the documentation in a process of its own.

import { inDeno } from "./_line_process.ts";
import { outputOf } from "./_output.ts";

/** A snippet that goes on until it is ended, type-checked. */
export class Snippet implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #errors: Promise<string>;
  #printed = "";

  constructor(path: string, ...args: string[]) {
    const [command = "", ...flags] = inDeno("--check");
    this.#child = new Deno.Command(command, {
      args: [...flags, path, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reader = this.#child.stdout
      .pipeThrough(new TextDecoderStream()).getReader();
    this.#errors = new Response(this.#child.stderr).text();
  }

  /** Resolves with the first match in what it prints. */
  async printed(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = this.#printed.match(pattern);
      if (match) return match[0];
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`It ended: ${await this.#errors}`);
      this.#printed += value;
    }
  }

  /** Ends it; resolves with what it wrote of errors. */
  async kill(signal: Deno.Signal = "SIGKILL"): Promise<string> {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended already.
    }
    await this.#child.status;
    await this.#reader.cancel();
    return await this.#errors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** The code, output and errors of a snippet that ends by itself, type-checked. */
export async function run(path: string, ...args: string[]): Promise<unknown[]> {
  const { code, stdout, stderr } = await outputOf(
    [...inDeno("--check"), path, ...args],
  );
  return [code, stdout, stderr];
}
