// Why a command has to come to its end before it is done: Ctrl-C, or nobody
// reads any more, or what it prints cannot be written.

import process from "node:process";
import { ExitCode } from "./_failure.ts";
import { pause, untilAborted } from "./_until.ts";

/** Why it ends. */
export type EndReason = "interrupted" | "terminated" | "unread" | "unwritable";

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
  unwritable: ExitCode.FAILURE,
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
  after(promise?: Promise<unknown>): Promise<void> {
    return untilAborted(this.signal, promise);
  }

  /** Waits, unless it ends before. */
  wait(milliseconds: number): Promise<void> {
    return pause(this.signal, milliseconds);
  }

  /** The reader of standard output is gone. */
  unread(): void {
    this.#end("unread");
  }

  /** Standard output takes nothing more: its disk is full, say. */
  unwritable(): void {
    this.#end("unwritable");
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
