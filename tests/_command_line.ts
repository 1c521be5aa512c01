// The command line as processes: what it is told, and what it says.

import { fileURLToPath } from "node:url";
import { type Deferred, deferred } from "../_deferred.ts";
import { inDeno, linesOf } from "./_line_process.ts";
import type { End } from "./_output.ts";
import { Log } from "./_waiting.ts";

const script = fileURLToPath(new URL("../cli.ts", import.meta.url));

/** What stands before a command. */
export const inDenoCli: readonly string[] = [...inDeno(), script];

/** How a command is started. */
export interface CommandOptions {
  /** What stands before its name; Deno unless given. */
  readonly runtime?: readonly string[];
  readonly env?: Record<string, string>;
  /** What is on its standard input; nothing unless given. */
  readonly input?: string | Uint8Array | ReadableStream<Uint8Array>;
}

/** A command that runs; disposing of it kills it. */
export class Command implements AsyncDisposable {
  /** Lines of its standard output. */
  readonly output: Log<string> = new Log();
  /** Lines of its standard error. */
  readonly notes: Log<string> = new Log();
  readonly #child: Deno.ChildProcess;
  readonly #ended: Deferred<End> = deferred();

  constructor(
    args: readonly string[],
    { runtime = inDenoCli, env = {}, input }: CommandOptions = {},
  ) {
    const [command = "", ...flags] = runtime;
    this.#child = new Deno.Command(command, {
      args: [...flags, ...args],
      env: {
        NO_COLOR: "",
        ALKPUBSUB_HUB: "",
        ALKPUBSUB_TOKEN: "",
        DENO_NO_UPDATE_CHECK: "1",
        ...env,
      },
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (input !== undefined) void this.#feed(input);
    void this.#listen();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves when it has ended, with all that it said. */
  get ended(): Promise<End> {
    return this.#ended.promise;
  }

  /** Resolves with the first line on standard error that has a text in it. */
  noting(text: string): Promise<string> {
    return this.#unlessEnded(this.notes.find((line) => line.includes(text)));
  }

  /** Resolves with the first line on standard output that has a text in it. */
  printing(text: string): Promise<string> {
    return this.#unlessEnded(this.output.find((line) => line.includes(text)));
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** As Ctrl-C does; resolves when it has ended. */
  interrupt(): Promise<End> {
    this.signal("SIGINT");
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.signal("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.ended;
  }

  #unlessEnded<T>(promise: Promise<T>): Promise<T> {
    const ended = this.ended.then(({ code, stderr }) => {
      throw new Error(`It has ended with ${code}: ${stderr}`);
    });
    return Promise.race([promise, ended]);
  }

  async #feed(input: NonNullable<CommandOptions["input"]>): Promise<void> {
    const stream = typeof input === "string" || input instanceof Uint8Array
      ? new Blob([input as BlobPart]).stream()
      : input;
    // It may end before it has read all.
    await stream.pipeTo(this.#child.stdin).catch(() => {});
  }

  async #listen(): Promise<void> {
    const { stdout, stderr, status } = this.#child;
    const texts = await Promise.all([
      keep(stdout, this.output),
      keep(stderr, this.notes),
    ]);
    const { code } = await status;
    this.#ended.resolve({ code, stdout: texts[0], stderr: texts[1] });
  }
}

async function keep(
  stream: ReadableStream<Uint8Array>,
  log: Log<string>,
): Promise<string> {
  const [lines, whole] = stream.tee();
  const text = new Response(whole).text();
  for await (const line of linesOf(lines)) log.add(line);
  return await text;
}

/** Runs a command until it ends by itself. */
export async function endOf(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<End> {
  await using command = new Command(args, options);
  return await command.ended;
}

/** Where a hub that runs can be reached. */
export interface HubInfo {
  readonly nodeId?: string;
  readonly ticket?: string;
  readonly urls: readonly string[];
  readonly dashboard?: string;
}

/** A hub that runs, on ports that were free. */
export class HubCommand extends Command {
  readonly info: Promise<HubInfo>;

  constructor(args: readonly string[] = [], options: CommandOptions = {}) {
    super(["hub", "--json", ...args], options);
    this.info = this.printing("{").then((line) => JSON.parse(line));
    this.info.catch(() => {}); // Whoever asks for it is told.
  }

  /** A hub over WebSocket and, on this machine alone, iroh. */
  static local(...args: readonly string[]): HubCommand {
    return new HubCommand(["--local", "--port", "0", ...args]);
  }

  /** A hub over WebSocket alone. */
  static webSocket(...args: readonly string[]): HubCommand {
    return new HubCommand(["--no-iroh", "--port", "0", ...args]);
  }

  async url(): Promise<string> {
    return (await this.info).urls[0]!;
  }
}
