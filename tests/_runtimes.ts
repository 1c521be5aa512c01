// The runtimes that the library is for, each as a command, and scripts in them.

import { bunPath } from "./_bun.ts";
import { inDeno, linesOf } from "./_line_process.ts";
import type { End } from "./_output.ts";
import { Log } from "./_waiting.ts";

/** A runtime, which may be missing here. */
export interface Runtime {
  readonly name: "Deno" | "Node.js" | "Bun";
  /** What to put before a script. */
  readonly command: readonly string[];
  /** Why it cannot run here; `undefined` when it can. */
  readonly unavailable: string | undefined;
}

const bun = bunPath();

export const runtimes: readonly Runtime[] = [
  {
    name: "Deno",
    command: inDeno(),
    unavailable: undefined,
  },
  { name: "Node.js", command: ["node"], unavailable: nodeFault() },
  {
    name: "Bun",
    command: [bun ?? "bun"],
    unavailable: bun === undefined ? "it is not installed" : undefined,
  },
];

for (const { name, unavailable } of runtimes) {
  if (unavailable !== undefined) {
    console.warn(`Skipping the tests in ${name}: ${unavailable}`);
  }
}

function nodeFault(): string | undefined {
  try {
    const { stdout } = new Deno.Command("node", {
      args: ["--version"],
      stdin: "null",
    }).outputSync();
    const version = new TextDecoder().decode(stdout).trim();
    return parseInt(version.slice(1)) >= 20 ? undefined : `it is ${version}`;
  } catch {
    return "it is not installed";
  }
}

/** Milliseconds in which a script ends that needs a second or two. */
const PATIENCE = 30_000;

/** A script in a process of its own; disposing of it ends it. */
export class Script implements AsyncDisposable {
  /** Settles when the process has ended and all of it was read. */
  readonly #ended: Promise<End>;
  readonly #child: Deno.ChildProcess;
  readonly #lines = new Log<string>();

  constructor(
    runtime: Runtime,
    path: string,
    env: Record<string, string> = {},
  ) {
    const [command = "", ...args] = runtime.command;
    this.#child = new Deno.Command(command, {
      args: [...args, path],
      env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#ended = this.#read();
  }

  /** Resolves with the first line, past or to come, that passes. */
  async line(passes: (line: string) => boolean): Promise<string> {
    const ended = this.#ended.then(({ stdout, stderr }) => {
      throw new Error(`No such line came: ${stdout}${stderr}`);
    });
    return await Promise.race([this.#lines.find(passes), ended]);
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Resolves when it has ended, and throws when it does not do so by itself. */
  async end(): Promise<End> {
    let isStuck = false;
    const timer = setTimeout(() => {
      isStuck = true;
      this.kill("SIGKILL");
    }, PATIENCE);
    const end = await this.#ended;
    clearTimeout(timer);
    if (!isStuck) return end;
    throw new Error(`It did not end by itself: ${end.stdout}${end.stderr}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#ended;
  }

  async #read(): Promise<End> {
    const { stdout, stderr, status } = this.#child;
    const [out, err, { code }] = await Promise.all([
      this.#readLines(stdout),
      new Response(stderr).text(),
      status,
    ]);
    return { code, stdout: out, stderr: err };
  }

  async #readLines(stdout: ReadableStream<Uint8Array>): Promise<string> {
    const [one, other] = stdout.tee();
    const text = new Response(other).text();
    for await (const line of linesOf(one)) this.#lines.add(line);
    return await text;
  }
}
