// The conductor's handle on a process.

import {
  type Calls,
  type CallTable,
  readMessages,
  type Reply,
  type Told,
} from "./_protocol.ts";

/** How long a party may take to answer; all of them take milliseconds. */
const ANSWER_TIMEOUT = 8_000;

interface Waiting {
  resolve(result: never): void;
  reject(error: Error): void;
}

/**
 * A hub or spoke process.
 *
 * @typeParam TCalls What it can be asked.
 * @typeParam TReport What it says unasked.
 */
export class Party<
  TCalls extends CallTable<TCalls> & Pick<Calls, "stop">,
  TReport extends Told,
> {
  readonly name: string;
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #lastRequest = 0;
  #hasExited = false;

  constructor(name: string, script: URL, onReport: (report: TReport) => void) {
    this.name = name;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", script.href],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#exited = this.#listen(onReport);
    // Whoever waits for an answer is told.
    this.#exited.catch(() => {});
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Asks the process to do something and waits for its answer. */
  call<TName extends keyof TCalls & string>(
    name: TName,
    args: TCalls[TName]["args"] = {},
  ): Promise<TCalls[TName]["result"]> {
    const request = ++this.#lastRequest;
    const line = JSON.stringify({ request, call: name, args }) + "\n";
    const failure = (why: string) =>
      new Error(`${this.name} did not ${name}: ${why}`);
    return new Promise((resolve, reject) => {
      if (this.#hasExited) return reject(failure("the process has ended"));
      const timer = setTimeout(
        () => settle(() => reject(failure(`silent for ${ANSWER_TIMEOUT} ms`))),
        ANSWER_TIMEOUT,
      );
      const settle = (how: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(request);
        how();
      };
      this.#waiting.set(request, {
        resolve: (result) => settle(() => resolve(result)),
        reject: ({ message }) => settle(() => reject(failure(message))),
      });
      // A process that is gone rejects this too; `#listen` tells.
      this.#stdin.write(new TextEncoder().encode(line)).catch(() => {});
    });
  }

  /** Ends the process; resolves once it is gone. */
  async kill(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
    await this.#exited.catch(() => {});
  }

  /** Lets the process end by itself. */
  async stop(): Promise<void> {
    await this.call("stop");
    await this.#stdin.close().catch(() => {});
    const timer = setTimeout(() => void this.kill(), ANSWER_TIMEOUT);
    const { success } = await this.#child.status;
    clearTimeout(timer);
    if (!success) throw new Error(`${this.name} did not end well`);
  }

  async #listen(onReport: (report: TReport) => void): Promise<void> {
    try {
      const messages = readMessages<TReport | Reply>(this.#child.stdout);
      for await (const message of messages) {
        if (!isReply(message)) {
          onReport(message);
          continue;
        }
        const { request, result, error } = message;
        if (error !== undefined) {
          this.#waiting.get(request)?.reject(new Error(error));
        } else this.#waiting.get(request)?.resolve(result as never);
      }
    } finally {
      this.#hasExited = true;
      for (const { reject } of this.#waiting.values()) {
        reject(new Error("the process has ended"));
      }
    }
  }
}

function isReply(message: Told): message is Reply {
  return message.say === "reply";
}
