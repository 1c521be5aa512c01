// A hub's link over a WebSocket: what arrives while the message before is held
// back, by a hook that is awaited, waits here. The platform's sockets cannot be
// told to wait.

import type { HubLink, LinkHandlers } from "./_link.ts";
import { Traffic } from "./_traffic.ts";
import { WebSocketLink, type WebSocketLinkOptions } from "./_websocket_link.ts";
import type { AnyWebSocketLike } from "./_websocket_types.ts";
import { CloseCode } from "./errors.ts";

/** What a message that waits costs, be it empty. */
const ENTRY_BYTES = 64;

/** Of a frame (RFC 6455, 5.2): some sockets count it, too. */
const MAX_HEADER_BYTES = 14;

/** How the links of a hub are used. */
export interface WebSocketHubLinkOptions extends WebSocketLinkOptions {
  /** So many bytes may wait. */
  readonly inboxLimit: number;
  /** Called when more arrives than may wait; what waited is gone. */
  onInboxFull(link: WebSocketHubLink): void;
}

/** A link whose handlers may hold messages back. */
export class WebSocketHubLink extends WebSocketLink implements HubLink<string> {
  readonly traffic = new Traffic();
  readonly socket: AnyWebSocketLike;
  readonly remoteId: string;
  readonly #options: WebSocketHubLinkOptions;
  /** No more bytes than this wait. */
  #most = 0;
  /** Messages that wait, up to the limit, and what was wrong behind them. */
  #inbox: (string | Error)[] | undefined;
  #bytes = 0;
  /** Nothing is handled before the link is open. */
  #isBusy = true;
  /** Nothing counts behind what was wrong, or too much. */
  #isOver = false;

  constructor(
    socket: AnyWebSocketLike,
    remoteId: string,
    options: WebSocketHubLinkOptions,
  ) {
    super(socket, options);
    this.socket = socket;
    this.remoteId = remoteId;
    this.#options = options;
  }

  override open(handlers: LinkHandlers<string>): void {
    super.open(handlers);
    void this.#work();
  }

  hasRoom(bytes: number, limit: number): boolean {
    // Asking the socket costs a tenth of sending (measured on Deno 2.9): it is
    // asked only when what was sent since the last time could be too much.
    if (this.#most + bytes > limit) this.#most = this.bufferedBytes;
    return this.#most + bytes <= limit;
  }

  override get bufferedBytes(): number {
    return "getBufferedAmount" in this.socket
      ? this.socket.getBufferedAmount()
      : this.socket.bufferedAmount;
  }

  override send(message: string, bytes: number): void {
    this.#most += bytes + MAX_HEADER_BYTES;
    const accepted = super.send(message, bytes);
    if (accepted === 0 && !this.isClosed) {
      this.close(CloseCode.GOING_AWAY, "message dropped");
    }
  }

  protected override take(message: string | Error): void {
    if (this.#isOver) return;
    if (message instanceof Error) this.#isOver = true;
    if (!this.#isBusy) {
      const pending = this.handle(message);
      if (pending) void this.#work(pending);
      return;
    }
    this.#bytes += sizeOf(message);
    if (this.#bytes > this.#options.inboxLimit) {
      this.#isOver = true;
      this.#inbox = undefined;
      return this.#options.onInboxFull(this);
    }
    (this.#inbox ??= []).push(message);
  }

  async #work(pending?: Promise<void>): Promise<void> {
    this.#isBusy = true;
    await pending;
    while (this.#inbox) {
      const messages = this.#inbox;
      this.#inbox = undefined;
      for (const message of messages) {
        this.#bytes -= sizeOf(message);
        await this.handle(message);
      }
    }
    this.#isBusy = false;
  }
}

function sizeOf(message: string | Error): number {
  return ENTRY_BYTES + (message instanceof Error ? 0 : message.length);
}
