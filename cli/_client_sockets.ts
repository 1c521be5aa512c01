// WebSockets of clients: those of the runtime, or of the package `ws`.

import { deferred, within } from "../_deferred.ts";
import type { WebSocketLike } from "../_websocket_types.ts";
import { loadWs, type SocketClass } from "./_ws.ts";

/** Milliseconds that a peer has to close as well. */
const CLOSE_TIMEOUT = 500;

/** Opens sockets, and sees them closed. */
export class ClientSockets {
  readonly #socketClass: SocketClass;
  readonly #closed = new Set<Promise<void>>();

  private constructor(socketClass: SocketClass) {
    this.#socketClass = socketClass;
  }

  /**
   * @param isTimed That of `ws` is taken if it is there, which sends at once.
   * @throws {Failure} In Node 20, which has none, when `ws` is not installed.
   */
  static async load(isTimed = false): Promise<ClientSockets> {
    const { WebSocket } = globalThis as { WebSocket?: unknown };
    const own = WebSocket as SocketClass | undefined;
    if (own && !isTimed) return new ClientSockets(own);
    const loading = loadWs("connect over WebSocket");
    const ws = await (own ? loading.catch(() => undefined) : loading);
    return new ClientSockets(ws?.WebSocket ?? own!);
  }

  /** Opens one; with headers, as all but those of browsers can. */
  open(url: string, headers?: Record<string, string>): WebSocketLike {
    const socketClass = this.#socketClass;
    const socket = headers
      ? new socketClass(url, { headers })
      : new socketClass(url);
    const { promise, resolve } = deferred<void>();
    this.#closed.add(promise);
    socket.addEventListener("close", () => {
      this.#closed.delete(promise);
      resolve();
    });
    return socket;
  }

  /**
   * Resolves once the peers of all have closed as well, or take too long: in a
   * process that ends before, a close is not sent.
   */
  async closed(): Promise<void> {
    await within(Promise.all(this.#closed), CLOSE_TIMEOUT, () => {});
  }
}
