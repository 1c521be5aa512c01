// A process of the soak, as the conductor has it.

import { fileURLToPath } from "node:url";
import { deferred } from "../../_deferred.ts";
import { type Order, readMessages, type Report } from "./_protocol.ts";

/** A process that was started. */
export class Child {
  readonly name: string;
  /** Settles when the process has ended and all that it said has been heard. */
  readonly ended: Promise<void>;
  hasEnded = false;
  /** Whether its end is wanted. */
  isDoomed = false;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<Report["say"], (report: Report) => void>();
  #errors = "";

  /** @param script A file in this directory. */
  constructor(
    name: string,
    script: string,
    args: unknown,
    onReport: (report: Report, child: Child) => void,
  ) {
    this.name = name;
    const file = fileURLToPath(new URL(script, import.meta.url));
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", file, JSON.stringify(args)],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.ended = this.#listen(onReport);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** What it wrote last on its standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** Gives an order; a process that is gone does not hear it. */
  order(order: Order): void {
    const line = `${JSON.stringify(order)}\n`;
    this.#input.write(new TextEncoder().encode(line)).catch(() => {});
  }

  /**
   * Resolves with the next report of a kind.
   *
   * @throws {Error} When the process ends first.
   */
  async next<TSay extends Report["say"]>(
    say: TSay,
  ): Promise<Extract<Report, { say: TSay }>> {
    const heard = deferred<Report>();
    this.#waiting.set(say, heard.resolve);
    const report = await Promise.race([heard.promise, this.ended]);
    if (report?.say === say) return report as Extract<Report, { say: TSay }>;
    throw new Error(`${this.name} ended before it was ${say}`);
  }

  /** SIGKILL; resolves once it is gone. */
  async kill(): Promise<void> {
    this.isDoomed = true;
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.ended;
  }

  /**
   * SIGSTOP, and later SIGCONT. A shell does it: it goes on when this process
   * dies, and then nothing stays behind that is stopped.
   */
  async stopFor(ms: number): Promise<void> {
    const shell = new Deno.Command("sh", {
      args: [
        "-c",
        'kill -STOP "$1"; read -r _; kill -CONT "$1"',
        "sh",
        `${this.pid}`,
      ],
      stdin: "piped",
      stderr: "null",
    }).spawn();
    const wake = () => shell.stdin.close().catch(() => {});
    await Promise.race([
      new Promise((resolve) => setTimeout(resolve, ms)),
      this.ended,
    ]);
    await wake();
    await shell.status;
  }

  async #listen(
    onReport: (report: Report, child: Child) => void,
  ): Promise<void> {
    const errors = this.#readErrors();
    for await (const report of readMessages<Report>(this.#process.stdout)) {
      onReport(report, this);
      this.#waiting.get(report.say)?.(report);
      this.#waiting.delete(report.say);
    }
    await errors;
    await this.#process.status;
    await this.#input.close().catch(() => {});
    this.hasEnded = true;
  }

  async #readErrors(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#process.stderr) {
      const text = decoder.decode(chunk, { stream: true });
      this.#errors = (this.#errors + text).slice(-2000);
    }
  }
}
