// The examples as somebody starts them: the command of a task, as a process.

import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { linesOf } from "./_line_process.ts";
import { Log } from "./_waiting.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The command of a task of `deno.json`; disposing of it is Ctrl-C. */
export class Example implements AsyncDisposable {
  readonly lines: Log<string> = new Log();
  readonly errors: Log<string> = new Log();
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  /** @param task Without the process of `deno task` before it. */
  constructor(
    task: keyof typeof config.tasks,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...scriptOf(task), ...args],
      cwd: root,
      env: { NO_COLOR: "1", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#read = Promise.all([
      readLines(this.#child.stdout, this.lines),
      readLines(this.#child.stderr, this.errors),
    ]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Types a line. */
  type(line: string): Promise<void> {
    return this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Resolves with a line that matches; rejects when the process ends first. */
  async find(pattern: RegExp): Promise<RegExpMatchArray> {
    const line = await Promise.race([
      this.lines.find((line) => pattern.test(line)),
      this.#read.then(() => ""),
    ]);
    const match = line.match(pattern);
    if (match) return match;
    throw new Error(`No ${pattern} in ${this.lines.all}: ${this.errors.all}`);
  }

  /** Resolves with the exit code when it has ended and all of it was read. */
  async ended(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#input.close().catch(() => {});
    await this.#read;
    return code;
  }

  /** Ends the process as Ctrl-C does, and resolves with its exit code. */
  stop(): Promise<number> {
    return this.#end("SIGTERM");
  }

  /** Presses Ctrl-C, and does not wait. */
  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  /** Kills the process, which is not told. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #end(signal: Deno.Signal): Promise<number> {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended by itself.
    }
    return this.ended();
  }
}

/** What follows `deno` in the command of a task. */
function scriptOf(task: keyof typeof config.tasks): string[] {
  const entry = config.tasks[task];
  const command = typeof entry === "string" ? entry : entry.command;
  const [deno, run, ...rest] = command.split(" ");
  if (deno !== "deno" || run !== "run") {
    throw new Error(`Cannot start ${task}: ${command} is not deno run`);
  }
  return [run, "--quiet", ...rest];
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  log: Log<string>,
): Promise<void> {
  for await (const line of linesOf(stream)) log.add(line);
}

/** What a server answers somebody who asks for a socket: `HTTP/1.1 101`. */
export async function answerToUpgrade(
  port: string,
  path: string,
  origin: string,
): Promise<string> {
  using socket = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(port),
  });
  const request = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    `Origin: ${origin}`,
    "\r\n",
  ];
  await socket.write(new TextEncoder().encode(request.join("\r\n")));
  const answer = new Uint8Array("HTTP/1.1 101".length);
  await socket.read(answer);
  return new TextDecoder().decode(answer);
}
