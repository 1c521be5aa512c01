// Why a command has to come to its end before it is done: Ctrl-C, or nobody
// reads any more.

import process from "node:process";
import { ExitCode } from "./_failure.ts";

/** Why it ends. */
export type EndReason = "interrupted" | "terminated" | "unread";

const SIGNALS = {
  SIGINT: "interrupted",
  SIGTERM: "terminated",
  SIGHUP: "terminated",
} as const;

type Signal = keyof typeof SIGNALS;

const CODES: Readonly<Record<EndReason, number>> = {
  interrupted: ExitCode.INTERRUPTED,
  terminated: ExitCode.TERMINATED,
  unread: ExitCode.OK,
};

/** Tells a command to come to its end: once by a signal, at once by another. */
export class Ending {
  readonly #controller = new AbortController();
  #reason: EndReason | undefined;
  #onSignal: ((isFirst: boolean) => void) | undefined;
  readonly #listeners: (readonly [Signal, () => void])[] = [];

  /** Aborts with the first reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get reason(): EndReason | undefined {
    return this.#reason;
  }

  /** The code of what was ended before it was done. */
  get code(): number {
    return this.#reason === undefined ? ExitCode.OK : CODES[this.#reason];
  }

  /** Resolves when it ends, or a promise does. */
  async after(promise?: Promise<unknown>): Promise<void> {
    if (this.signal.aborted) return;
    let onAbort!: () => void;
    const ended = new Promise<void>((resolve) => onAbort = resolve);
    this.signal.addEventListener("abort", onAbort);
    await Promise.race([ended, promise ?? ended]);
    this.signal.removeEventListener("abort", onAbort);
  }

  /** Waits, unless it ends before. */
  async wait(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const waited = new Promise((resolve) =>
      timer = setTimeout(resolve, milliseconds)
    );
    await this.after(waited);
    clearTimeout(timer);
  }

  /** The reader of standard output is gone. */
  unread(): void {
    this.#end("unread");
  }

  /** Takes the signals of the process from here on. */
  listen(): void {
    for (const [signal, reason] of Object.entries(SIGNALS)) {
      const listener = () => {
        const isFirst = !this.signal.aborted;
        this.#onSignal?.(isFirst);
        if (!isFirst) process.exit(CODES[reason]);
        this.#end(reason);
      };
      process.on(signal as Signal, listener);
      this.#listeners.push([signal as Signal, listener]);
    }
  }

  /** Leaves the signals to the process. */
  release(): void {
    for (const [signal, listener] of this.#listeners) {
      process.off(signal, listener);
    }
  }

  /** Told of signals, before it ends: to say so, and to put a terminal in order. */
  onSignal(callback: (isFirst: boolean) => void): void {
    this.#onSignal = callback;
  }

  #end(reason: EndReason): void {
    if (this.signal.aborted) return;
    this.#reason = reason;
    this.#controller.abort();
  }
}
