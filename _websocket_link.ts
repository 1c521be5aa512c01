// A link over one WebSocket: one text message per envelope (RFC 6455, 5.6).

import { type Deferred, deferred, later } from "./_deferred.ts";
import { tooLarge } from "./_frames.ts";
import {
  closeReason,
  type Link,
  type LinkClosed,
  type LinkHandlers,
} from "./_link.ts";
import { inLine, show } from "./_options.ts";
import { isLongerThan, utf8Length } from "./_utf8_length.ts";
import type { AnyWebSocketLike, WebSocketLike } from "./_websocket_types.ts";
import { CloseCode, EnvelopeError } from "./errors.ts";

const OPEN = 1;

/** What `close` events say when a close frame came without a code. */
const NO_CODE = 1005;

/** What they say when none came: Deno has 0 for it. */
const NO_CLOSE_FRAME = 1006;

/** How links are used: of a hub, all in the same way. */
export interface WebSocketLinkOptions {
  readonly maxFrameBytes: number;
  /** The socket is the application's: a regular end leaves it open. */
  readonly isBorrowed: boolean;
  /**
   * Called, once or more, when nothing is left of the socket, or it is left
   * alone: the peer of a link that has ended may take its time to close.
   */
  onReleased?(socket: AnyWebSocketLike): void;
}

/** A link over a WebSocket. The handlers MUST hold no message back. */
export class WebSocketLink implements Link<string> {
  readonly #socket: AnyWebSocketLike;
  readonly #options: WebSocketLinkOptions;
  #opened: Deferred<void> | undefined = deferred();
  readonly closed: Promise<LinkClosed>;
  #resolveClosed!: (closed: LinkClosed) => void;
  #isClosed = false;
  protected handlers: LinkHandlers<string> | undefined;
  #ready: Deferred<void> | undefined;
  #sent = 0;
  #error: unknown;

  /** How it was closed before the socket was open. */
  #early: { readonly code: number; readonly reason: string } | undefined;

  readonly #onOpen = () => {
    // It opens once: a listener takes 250 bytes.
    (this.#socket as WebSocketLike).removeEventListener("open", this.#onOpen);
    this.#open();
    // A server's socket of Deno opens all the same (measured on Deno 2.9).
    if (this.#early) this.#closeSocket(this.#early.code, this.#early.reason);
  };
  readonly #onMessage = ({ data }: { data: unknown }) => this.receive(data);
  readonly #onError = (event: { error?: unknown; message?: string }) => {
    this.#error = event.error ?? new Error(event.message || "no connection");
  };
  readonly #onClose = (event: { code: number; reason: string }) =>
    this.ended(event.code, event.reason);

  constructor(
    socket: AnyWebSocketLike,
    options: WebSocketLinkOptions,
  ) {
    this.closed = new Promise((resolve) => this.#resolveClosed = resolve);
    this.#socket = socket;
    this.#options = options;
    this.#listen("addEventListener");
    if (socket.readyState === OPEN) this.#open();
    if (socket.readyState > OPEN) this.ended(NO_CLOSE_FRAME, "");
  }

  get bufferedBytes(): number {
    return (this.#socket as WebSocketLike).bufferedAmount;
  }

  get takenBytes(): number {
    return this.#sent - this.bufferedBytes;
  }

  get isClosed(): boolean {
    // A socket that is closing drops what it is given, and says nothing.
    return this.#isClosed || this.#socket.readyState > OPEN;
  }

  /** Settles when the socket is open, or the link has ended before. */
  get opened(): Promise<void> | undefined {
    return this.#opened?.promise;
  }

  open(handlers: LinkHandlers<string>): void {
    this.handlers = handlers;
    this.#ready?.resolve();
  }

  /** @returns What the socket's `send` does. */
  send(message: string, bytes: number): unknown {
    // A socket that is closing is not asked: it drops what it is given anyway.
    if (this.#isClosed) return;
    this.#sent += bytes;
    return this.#socket.send(message);
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    const isRegular = code === CloseCode.NORMAL ||
      code === CloseCode.GOING_AWAY;
    if (this.#options.isBorrowed && isRegular) return this.detach(reason);
    if (this.#socket.readyState < OPEN) this.#early = { code, reason };
    this.#stop();
    const finish = () => {
      this.#resolveClosed({ code, reason, byPeer: false });
      this.#closeSocket(code, reason);
    };
    // Later, if the peer has to learn why: a socket of Deno that is closed in the
    // turn in which more has arrived drops the connection instead.
    if (isRegular) finish();
    else later(finish);
  }

  /** Ends the link and leaves the socket as it is. */
  detach(reason: string): void {
    this.#end({ code: undefined, reason, byPeer: false });
    this.#release();
  }

  unsent(): string[] {
    return [];
  }

  /** A message arrived. */
  receive(data: unknown): void {
    if (this.#isClosed) return;
    this.handlers?.onBytes();
    this.take(this.#messageIn(data));
  }

  /** Handles a message once there are handlers. */
  protected take(message: string | Error): void {
    if (this.handlers) this.handle(message);
    else (this.#ready ??= deferred()).promise.then(() => this.take(message));
  }

  /** The message, or what is wrong with it. */
  #messageIn(data: unknown): string | Error {
    if (typeof data !== "string") {
      return new EnvelopeError(
        "Cannot decode envelope: it is a binary message",
      );
    }
    const { maxFrameBytes } = this.#options;
    return isLongerThan(data, maxFrameBytes)
      ? tooLarge("decode", utf8Length(data), maxFrameBytes)
      : data;
  }

  protected handle(message: string | Error): void | Promise<void> {
    return typeof message === "string"
      ? this.handlers!.onMessage(message)
      : this.handlers!.onFault(message);
  }

  /** The socket has closed. */
  ended(code: number, reason: string): void {
    this.#release();
    if (code === 0 || code === NO_CLOSE_FRAME) {
      const error = this.#error;
      const why = error instanceof Error ? error.message : "connection closed";
      this.#end({ code: undefined, reason: why, byPeer: false, error });
    } else {
      const given = code === NO_CODE ? CloseCode.NORMAL : code;
      this.#end({ code: given, reason: inLine(reason, 123), byPeer: true });
    }
  }

  #end(closed: LinkClosed): void {
    if (this.#isClosed) return;
    this.#stop();
    this.#resolveClosed(closed);
  }

  #stop(): void {
    this.#isClosed = true;
    this.#open();
  }

  #open(): void {
    this.#opened?.resolve();
    this.#opened = undefined;
  }

  /**
   * A client of the web platform may close with 1000 and 3000 to 4999 alone.
   * There 1002 becomes 4002, and so on.
   */
  #closeSocket(code: number, reason: string): void {
    const short = closeReason(reason);
    try {
      this.#socket.close(code, short);
    } catch {
      this.#socket.close(4000 + code % 1000, short);
    }
  }

  #release(): void {
    this.#options.onReleased?.(this.#socket);
    this.#listen("removeEventListener");
  }

  /** Nothing on a socket that takes no listeners. */
  #listen(how: "addEventListener" | "removeEventListener"): void {
    const socket = this.#socket;
    if (!("addEventListener" in socket)) return;
    socket[how]("open", this.#onOpen);
    socket[how]("message", this.#onMessage);
    socket[how]("error", this.#onError);
    socket[how]("close", this.#onClose);
  }
}

/**
 * @throws {TypeError} When it is no socket.
 */
export function assertWebSocket(
  value: unknown,
): asserts value is AnyWebSocketLike {
  const socket = value as Partial<Record<string, unknown>> | null | undefined;
  const methods = [
    socket?.send,
    socket?.close,
    socket?.addEventListener ?? socket?.getBufferedAmount,
  ];
  if (methods.some((method) => typeof method !== "function")) {
    throw new TypeError(`Cannot use socket: ${show(value)} is not a WebSocket`);
  }
}
