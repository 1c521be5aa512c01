// Processes that are told what to do, and tell what happens, in lines of JSON.

/** The values of lines of JSON. */
export async function* valuesOf<T>(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<T> {
  let rest = "";
  for await (const chunk of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}

/**
 * A script in a process of its own; disposing of it kills it.
 *
 * @typeParam TLine What the process says.
 * @typeParam TCommand What it can be told.
 */
export class LineProcess<TLine, TCommand> implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #read: Promise<unknown>;
  /** Rejects once it has ended. */
  readonly #ended: Promise<never>;

  /**
   * @param script Where the script is.
   * @param args Its arguments.
   * @param onLine Called with what it says.
   * @param prefix A command that runs the command behind it.
   */
  constructor(
    script: URL,
    args: readonly string[],
    onLine: (line: TLine) => void,
    prefix: readonly string[] = [],
  ) {
    const deno = [Deno.execPath(), "run", "-A", "--quiet", script.pathname];
    const [command = "", ...rest] = [...prefix, ...deno, ...args];
    this.#child = new Deno.Command(command, {
      args: rest,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    const stderr = new Response(this.#child.stderr).text();
    this.#read = Promise.all([stderr, this.#readLines(onLine)]);
    this.#ended = this.#read.then(async () => {
      throw new Error(`The process has ended: ${await stderr}`);
    });
    this.#ended.catch(() => {});
  }

  /** What it says, or why it never will. */
  unlessEnded<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#ended]);
  }

  async tell(command: TCommand): Promise<void> {
    const text = `${JSON.stringify(command)}\n`;
    await this.#input.write(new TextEncoder().encode(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#read;
    await this.#child.status;
    await this.#input.close().catch(() => {});
  }

  async #readLines(onLine: (line: TLine) => void): Promise<void> {
    for await (const line of valuesOf<TLine>(this.#child.stdout)) onLine(line);
  }
}
