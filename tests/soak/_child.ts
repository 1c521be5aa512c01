// A process of the soak, as the conductor has it.

import { deferred } from "../../_deferred.ts";
import { LineProcess } from "../_line_process.ts";
import type { Order, Report } from "./_protocol.ts";

/** A process that was started. */
export class Child extends LineProcess<Report> {
  readonly name: string;
  /** Whether its end is wanted. */
  isDoomed = false;
  readonly #onReport: (report: Report, child: Child) => void;
  readonly #waiting = new Map<Report["say"], (report: Report) => void>();

  /** @param script A file in this directory. */
  constructor(
    name: string,
    script: string,
    args: unknown,
    onReport: (report: Report, child: Child) => void,
  ) {
    super(new URL(script, import.meta.url), [JSON.stringify(args)]);
    this.name = name;
    this.#onReport = onReport;
  }

  /** Gives an order; a process that is gone does not hear it. */
  order(order: Order): void {
    this.tell(order);
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

  override kill(): Promise<void> {
    this.isDoomed = true;
    return super.kill();
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

  /** Kept by nobody: it says a lot in hours. */
  protected override take(report: Report): void {
    this.#onReport(report, this);
    this.#waiting.get(report.say)?.(report);
    this.#waiting.delete(report.say);
  }
}
