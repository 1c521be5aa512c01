/**
 * The server end over WebSocket: takes raw sockets of any server or framework
 * and fans events out to them by topic.
 *
 * @example A hub behind `Deno.serve`, and a client
 * ```ts
 * import { createEvent } from "@alkdev/pubsub";
 * import { createWebSocketClientEventTarget } from "@alkdev/pubsub/event-target-websocket-client";
 * import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
 *
 * const hub = createWebSocketServerEventTarget({ relay: true });
 * const server = Deno.serve({ hostname: "127.0.0.1", port: 0 }, (request) => {
 *   const { socket, response } = Deno.upgradeWebSocket(request);
 *   hub.addConnection(socket, { id: "alice" }); // whoever the request is from
 *   return response;
 * });
 *
 * const client = await createWebSocketClientEventTarget(
 *   `ws://127.0.0.1:${server.addr.port}`,
 * );
 * client.addEventListener("message.sent:room-1", (event) => {
 *   console.log(event.detail.payload); // "hello"
 * });
 * await client.flush(); // The hub has the subscription.
 * hub.dispatchEvent(createEvent("message.sent", "room-1", "hello"));
 * await hub.flush(); // The client has the event.
 *
 * await client.close();
 * await hub.close();
 * await server.shutdown();
 * ```
 *
 * @module
 */

import { Hub } from "./_hub.ts";
import {
  type HubEventTarget,
  type HubOptions,
  hubOptions,
} from "./_hub_options.ts";
import { inLine, show } from "./_options.ts";
import { textCodec } from "./_text_codec.ts";
import {
  WebSocketHubLink,
  type WebSocketHubLinkOptions,
} from "./_websocket_hub_link.ts";
import { assertWebSocket } from "./_websocket_link.ts";
import type { AnyWebSocketLike } from "./_websocket_types.ts";
import { CloseCode, RefusedError } from "./errors.ts";
import type { TypedEvent } from "./typed_event_target.ts";

export type {
  /** What both ends of a connection can be told. */
  ConnectionOptions,
} from "./_connection_options.ts";
export type {
  /** What `onBackpressure` is told. */
  Backpressure,
  /** How a connection ended. */
  DisconnectReason,
  /** One connection of a hub, as its application sees it. */
  HubConnection,
  /** The server end of many connections. */
  HubEventTarget,
  /** What `onError` is told. */
  HubFault,
  /** Options of every hub. */
  HubOptions,
  /** What has gone through a hub since it was made. */
  HubStats,
} from "./_hub_options.ts";
export type {
  AnyWebSocketLike,
  HandledWebSocketLike,
  /** A WebSocket as the web platform has it. */
  WebSocketLike,
} from "./_websocket_types.ts";

/** What goes with a socket that is added. */
export interface WebSocketConnectionOptions {
  /**
   * The identity that the server knows for the peer, as from a session; the
   * peer alone may subscribe to `direct:<id>`. Several sockets may share it.
   *
   * @default {crypto.randomUUID()}
   */
  id?: string | undefined;
}

/**
 * A hub over WebSocket.
 *
 * @typeParam TEvent The union of events that travel.
 */
export interface WebSocketServerEventTarget<
  TEvent extends TypedEvent = TypedEvent,
> extends HubEventTarget<TEvent> {
  /**
   * Takes a socket in: at once when it is open, else when it opens within
   * `handshakeTimeout`; never when it has closed before. Adding it again changes
   * nothing. After `close()` a socket that is added is closed with 1001.
   *
   * @param socket It SHOULD be added in the same task in which it was made, as
   * what arrives before has no listener.
   * @param options The identity of the peer.
   * @throws {TypeError} When it is no socket, or was added with another id.
   */
  addConnection(
    socket: AnyWebSocketLike,
    options?: WebSocketConnectionOptions,
  ): void;
  /**
   * Forgets a socket, what it subscribed to, and the listeners on it; leaves
   * it open. It may be added again, as a new connection.
   *
   * @param socket What was added; any other is ignored.
   */
  removeConnection(socket: AnyWebSocketLike): void;
  /**
   * Passes on what the `message` handler of a server is told, where sockets
   * take no listeners, as in `Bun.serve`.
   *
   * @param socket What was added; any other is ignored.
   * @param data A text, if the peer keeps the protocol.
   */
  handleMessage(socket: AnyWebSocketLike, data: unknown): void;
  /**
   * Passes on what the `close` handler of a server is told, where sockets take
   * no listeners, as in `Bun.serve`.
   *
   * @param socket What was added; any other is ignored.
   * @param code The close code (RFC 6455, section 7.4).
   * @param reason What goes with it.
   */
  handleClose(socket: AnyWebSocketLike, code: number, reason?: string): void;
}

/**
 * Creates a hub that serves the sockets it is given.
 *
 * @typeParam TEvent The union of events that travel.
 * @param options Limits, authorization and callbacks.
 * @returns A target whose events go to the subscribed sockets and come from all.
 * @throws {TypeError | RangeError} When an option is wrong.
 *
 * @example Limits and authorization
 * ```ts
 * import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
 *
 * const hub = createWebSocketServerEventTarget({
 *   relay: true,
 *   maxConnections: 10_000,
 *   authorizeSubscribe: ({ connection, topic }) =>
 *     topic === `inbox.changed:${connection.id}`,
 *   authorizePublish: ({ envelope }) => envelope.type === "message.sent",
 *   onBackpressure: ({ connection, bufferedBytes }) =>
 *     console.warn(`${connection.id} does not read: ${bufferedBytes} bytes`),
 * });
 * await hub.close();
 * ```
 */
export function createWebSocketServerEventTarget<
  TEvent extends TypedEvent = TypedEvent,
>(options: HubOptions = {}): WebSocketServerEventTarget<TEvent> {
  return new WebSocketHub<TEvent>(options);
}

/** What a subscription takes besides its topic, waiting. */
const SUBSCRIBE_BYTES = 128;

class WebSocketHub<TEvent extends TypedEvent> extends Hub<TEvent, string>
  implements WebSocketServerEventTarget<TEvent> {
  readonly #links = new Map<AnyWebSocketLike, WebSocketHubLink>();
  readonly #linkOptions: WebSocketHubLinkOptions;
  /** Sockets of links that have ended, whose peer has not finished closing. */
  readonly #leaving = new Set<AnyWebSocketLike>();

  constructor(options: HubOptions) {
    const checked = hubOptions(options);
    super(textCodec(checked.maxFrameBytes), options);
    const { maxFrameBytes, maxTopicsPerConnection, maxTopicLength } = checked;
    this.#linkOptions = {
      maxFrameBytes,
      isBorrowed: false,
      // A client that comes back subscribes to all its topics at once.
      inboxLimit: Math.max(maxFrameBytes, checked.backpressureLimit) +
        maxTopicsPerConnection * (maxTopicLength + SUBSCRIBE_BYTES),
      onInboxFull: (link) => this.#onInboxFull(link),
      onReleased: (socket) => this.#forget(socket),
    };
  }

  protected override get lingering(): number {
    return this.#leaving.size;
  }

  addConnection(
    socket: AnyWebSocketLike,
    { id }: WebSocketConnectionOptions = {},
  ): void {
    assertWebSocket(socket);
    if (id !== undefined && (typeof id !== "string" || id === "")) {
      throw new TypeError(
        `Cannot add connection: id ${show(id)} is not a text that names a peer`,
      );
    }
    const added = this.#links.get(socket);
    if (added) {
      if (id === undefined || id === added.remoteId) return;
      throw new TypeError(
        `Cannot add connection: its id is ${
          show(added.remoteId)
        } already, not ${show(id)}`,
      );
    }
    const remoteId = id ?? crypto.randomUUID();
    const link = new WebSocketHubLink(socket, remoteId, this.#linkOptions);
    if (link.isClosed) return;
    this.#links.set(socket, link);
    void this.accept({
      remoteId,
      left: link.closed,
      async open() {
        await link.opened;
        return link.isClosed ? undefined : link;
      },
      close: (code, reason) => link.close(code, reason),
    });
  }

  removeConnection(socket: AnyWebSocketLike): void {
    this.#links.get(socket)?.detach("removed");
  }

  handleMessage(socket: AnyWebSocketLike, data: unknown): void {
    this.#links.get(socket)?.receive(data);
  }

  handleClose(socket: AnyWebSocketLike, code: number, reason = ""): void {
    this.#links.get(socket)?.ended(code, reason);
  }

  /** One that was turned away lingers uncounted: it holds next to nothing. */
  protected override onEnded(link: WebSocketHubLink): void {
    const { socket } = link;
    if (this.#links.get(socket) === link) this.#leaving.add(socket);
  }

  #onInboxFull(link: WebSocketHubLink): void {
    const { inboxLimit } = this.#linkOptions;
    this.reportTransport(
      new RefusedError(
        `Cannot keep connection of ${
          inLine(link.remoteId)
        }: over ${inboxLimit} bytes wait for a hook`,
      ),
      link,
    );
    link.close(CloseCode.SLOW_CONSUMER, "too much at once");
  }

  #forget(socket: AnyWebSocketLike): void {
    this.#links.delete(socket);
    this.#leaving.delete(socket);
  }
}
