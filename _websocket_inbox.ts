// What has arrived on a hub's socket while the message before is held back, by
// a hook that is awaited: the platform's sockets cannot be told to wait.

/** What a message that waits costs, be it empty. */
const ENTRY_BYTES = 64;

/** Messages that wait, up to a limit, and what was wrong behind them. */
export class WebSocketInbox {
  readonly #limit: number;
  readonly #onFull: () => void;
  #handle: ((message: string | Error) => void | Promise<void>) | undefined;
  #messages: (string | Error)[] = [];
  #bytes = 0;
  #isBusy = false;
  /** Nothing counts behind what was wrong, or too much. */
  #isOver = false;

  /** @param onFull Called when more arrives than may wait; what waited is gone. */
  constructor(limit: number, onFull: () => void) {
    this.#limit = limit;
    this.#onFull = onFull;
  }

  /** Starts to hand messages over, one at a time. */
  open(handle: (message: string | Error) => void | Promise<void>): void {
    this.#handle = handle;
    void this.#work();
  }

  /** @param message A message, or what is wrong with it. */
  push(message: string | Error): void {
    if (this.#isOver) return;
    if (message instanceof Error) this.#isOver = true;
    if (this.#handle && !this.#isBusy) {
      const pending = this.#handle(message);
      if (pending) void this.#work(pending);
      return;
    }
    this.#bytes += sizeOf(message);
    if (this.#bytes > this.#limit) {
      this.#isOver = true;
      this.#messages = [];
      return this.#onFull();
    }
    this.#messages.push(message);
  }

  async #work(pending?: Promise<void>): Promise<void> {
    this.#isBusy = true;
    await pending;
    while (this.#messages.length > 0) {
      const messages = this.#messages;
      this.#messages = [];
      for (const message of messages) {
        this.#bytes -= sizeOf(message);
        await this.#handle?.(message);
      }
    }
    this.#isBusy = false;
  }
}

function sizeOf(message: string | Error): number {
  return ENTRY_BYTES + (message instanceof Error ? 0 : message.length);
}
