// The sockets that this library takes, by what it uses of them.

/**
 * A WebSocket as the web platform has it
 * (https://websockets.spec.whatwg.org/#the-websocket-interface): of a browser,
 * Deno, Bun or Node, or of the npm package `ws`, at either end.
 */
export interface WebSocketLike {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Bytes given to `send` that the network has not taken yet. */
  readonly bufferedAmount: number;
  /** Sends one text message. */
  send(data: string): void;
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void;
  /** Listens to `open`, `message`, `error` and `close`. */
  addEventListener(
    type: "open" | "message" | "error" | "close",
    // deno-lint-ignore no-explicit-any -- each make has event types of its own
    listener: (event: any) => void,
  ): void;
  /** Stops listening. */
  removeEventListener(
    type: "open" | "message" | "error" | "close",
    // deno-lint-ignore no-explicit-any -- each make has event types of its own
    listener: (event: any) => void,
  ): void;
}

/**
 * A server's WebSocket that tells its events to handlers of the server instead
 * of to listeners: the `ServerWebSocket` of `Bun.serve`. The handlers have to
 * pass on what they are told.
 */
export interface HandledWebSocketLike {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Bytes given to `send` that the network has not taken yet. */
  getBufferedAmount(): number;
  /** Sends one text message; 0 when it was dropped. */
  send(data: string): number;
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void;
}

/** A socket of either kind. */
export type AnyWebSocketLike = WebSocketLike | HandledWebSocketLike;
