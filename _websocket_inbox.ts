// What has arrived on a hub's socket while the message before is held back, by
// a hook that is awaited: the platform's sockets cannot be told to wait.

/** What a message that waits costs, be it empty. */
const ENTRY_BYTES = 64;

/** Messages that wait, up to a limit. */
export class WebSocketInbox {
  readonly #limit: number;
  readonly #onFull: () => void;
  #handle: ((message: string) => void | Promise<void>) | undefined;
  #messages: string[] = [];
  #bytes = 0;
  #isBusy = false;

  /** @param onFull Called when more arrives than may wait; what waited is gone. */
  constructor(limit: number, onFull: () => void) {
    this.#limit = limit;
    this.#onFull = onFull;
  }

  /** Starts to hand messages over, one at a time. */
  open(handle: (message: string) => void | Promise<void>): void {
    this.#handle = handle;
    void this.#work();
  }

  push(message: string): void {
    if (this.#handle && !this.#isBusy) {
      const pending = this.#handle(message);
      if (pending) void this.#work(pending);
      return;
    }
    this.#bytes += message.length + ENTRY_BYTES;
    if (this.#bytes > this.#limit) {
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
        this.#bytes -= message.length + ENTRY_BYTES;
        await this.#handle?.(message);
      }
    }
    this.#isBusy = false;
  }
}
