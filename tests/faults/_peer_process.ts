// A hub, a spoke or a peer by hand in a process of its own, to be stopped and
// killed. It takes lines on its standard input and says lines of JSON.

import { Log } from "../_waiting.ts";

const here = new URL(".", import.meta.url);
const encoder = new TextEncoder();

/** One line of JSON. */
export type Line = Readonly<Record<string, unknown>>;

/** A script of this folder, as a process. */
export class PeerProcess implements AsyncDisposable {
  /** All that it said. */
  readonly said = new Log<Line>();
  readonly #script: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #read: Promise<void>;
  #asked = 0;

  /** @param args Handed over as one argument of JSON. */
  constructor(script: string, args: unknown) {
    this.#script = script;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        new URL(script, here).pathname,
        JSON.stringify(args),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#read = this.#readLines();
  }

  /** Resolves with the first line that has a key; it may have come already. */
  async saying(key: string): Promise<Line> {
    const line = await Promise.race([
      this.said.find((line) => key in line),
      this.#read, // All has been said.
    ]);
    if (line) return line;
    throw new Error(`${this.#script} ended and never said "${key}"`);
  }

  /** Has it do something; resolves with what it answers. */
  async ask(command: string, about?: unknown): Promise<Line> {
    const reply = `reply ${++this.#asked}`;
    const text = JSON.stringify({ command, about, reply });
    await this.#input.write(encoder.encode(`${text}\n`));
    return (await this.saying(reply))[reply] as Line;
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
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It was killed before.
    }
    await this.#child.status;
    await this.#input.close().catch(() => {});
    await this.#read;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  async #readLines(): Promise<void> {
    for await (const line of linesOf(this.#child.stdout)) {
      this.said.add(JSON.parse(line));
    }
  }
}

/** For the process itself: says a line. */
export function say(line: Line): void {
  console.log(JSON.stringify(line));
}

/** For the process itself: answers what it is asked until its input ends. */
export async function answer(
  commands: Record<string, (about: unknown) => Line | Promise<Line>>,
): Promise<void> {
  for await (const line of linesOf(Deno.stdin.readable)) {
    const { command, about, reply } = JSON.parse(line);
    say({ [reply]: await commands[command]!(about) });
  }
}

/** Whole lines: the last one of a process that was killed may be none. */
async function* linesOf(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
