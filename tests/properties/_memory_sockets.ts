// WebSockets between two ends in one process: as the platform's, without TCP.

import type { WebSocketLike } from "../../websocket_client.ts";

type Type = "open" | "message" | "error" | "close";

/** One end. */
export class MemorySocket implements WebSocketLike {
  /** Open from the beginning. */
  readyState = 1;
  readonly bufferedAmount = 0;
  #other!: MemorySocket;
  readonly #hops: number;
  readonly #events = new EventTarget();
  /** What the other end has sent, in order. */
  #inbox: Promise<void> = Promise.resolve();

  private constructor(hops: number) {
    this.#hops = hops;
  }

  /**
   * Both ends.
   *
   * @param hops How many turns of promises a message takes.
   */
  static pair(hops: number): [MemorySocket, MemorySocket] {
    const one = new MemorySocket(hops);
    const other = new MemorySocket(hops);
    one.#other = other;
    other.#other = one;
    return [one, other];
  }

  send(data: string): void {
    if (this.readyState !== 1) return;
    this.#other.#arrives(() => {
      if (this.#other.readyState === 1) this.#other.#emit("message", { data });
    });
  }

  close(code = 1005, reason = ""): void {
    if (this.readyState > 1) return;
    this.readyState = 2;
    this.#other.#arrives(() => {
      this.#other.#end(code, reason);
      this.#arrives(() => this.#end(code, reason));
    });
  }

  /** The connection is gone, and all that was on its way. */
  lose(): void {
    this.#end(1006, "");
    this.#other.#end(1006, "");
  }

  addEventListener(type: Type, listener: EventListener): void {
    this.#events.addEventListener(type, listener);
  }

  removeEventListener(type: Type, listener: EventListener): void {
    this.#events.removeEventListener(type, listener);
  }

  #arrives(act: () => void): void {
    this.#inbox = this.#inbox.then(async () => {
      for (let hop = 0; hop < this.#hops; hop++) await null;
      act();
    });
  }

  #end(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#emit("close", { code, reason });
  }

  #emit(type: Type, fields: object): void {
    this.#events.dispatchEvent(Object.assign(new Event(type), fields));
  }
}
