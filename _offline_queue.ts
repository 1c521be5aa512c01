// The events of a spoke that wait for a connection, up to a limit.

import type { Codec } from "./_link.ts";
import { BufferFullError } from "./errors.ts";

/** Messages that wait, counted in bytes. */
export class OfflineQueue<TMessage> {
  readonly #codec: Codec<TMessage>;
  readonly #limit: number;
  #messages: TMessage[] = [];
  #bytes = 0;

  constructor(codec: Codec<TMessage>, limit: number) {
    this.#codec = codec;
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#messages.length;
  }

  /**
   * Adds one behind the others; it is copied.
   *
   * @param size Its bytes.
   * @throws {BufferFullError} When there is no room.
   */
  push(message: TMessage, size: number): void {
    if (this.#bytes + size > this.#limit) {
      throw new BufferFullError(this.#bytes, this.#limit);
    }
    this.#messages.push(this.#codec.keep(message));
    this.#bytes += size;
  }

  /** Puts those first that were accepted before, whatever the limit. */
  unshift(messages: readonly TMessage[]): void {
    this.#messages = [...messages, ...this.#messages];
    for (const message of messages) this.#bytes += this.#codec.sizeOf(message);
  }

  /** Takes all out, in order. */
  takeAll(): TMessage[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    return messages;
  }
}
