/**
 * The client end over WebSocket, for browsers, Deno, Bun and Node.
 *
 * @example In a page: comes back by itself, with a fresh token each time
 * ```ts ignore
 * import { createEvent, type EventsOf } from "@alkdev/pubsub";
 * import { createWebSocketClientEventTarget } from "@alkdev/pubsub/event-target-websocket-client";
 *
 * type Events = EventsOf<{ "message.sent": { text: string } }>;
 *
 * const target = await createWebSocketClientEventTarget<Events>(async () => {
 *   const token = await (await fetch("/token")).text();
 *   return new WebSocket("/events", ["alkpubsub", token]);
 * }, { onStatus: ({ type }) => document.title = type });
 *
 * target.addEventListener("message.sent:room-1", ({ detail }) => {
 *   document.body.append(detail.payload.text);
 * });
 * target.dispatchEvent(createEvent("message.sent", "room-1", { text: "hello" }));
 * ```
 *
 * @module
 */

import { connectionOptions } from "./_connection_options.ts";
import { optionalSignal } from "./_options.ts";
import { type Dialer, Spoke } from "./_spoke.ts";
import type { SpokeEventTarget, SpokeOptions } from "./_spoke_options.ts";
import { textCodec } from "./_text_codec.ts";
import { assertWebSocket, WebSocketLink } from "./_websocket_link.ts";
import type { WebSocketLike } from "./_websocket_types.ts";
import { CloseCode, ConnectError } from "./errors.ts";
import type { TypedEvent } from "./typed_event_target.ts";

export type {
  /** How a lost connection is made again. */
  ReconnectOptions,
} from "./_backoff.ts";
export type {
  /** What both ends of a connection can be told. */
  ConnectionOptions,
} from "./_connection_options.ts";
export type {
  /** The client end of a connection. */
  SpokeEventTarget,
  /** Options of every spoke. */
  SpokeOptions,
  /** Where a spoke stands. */
  SpokeState,
  /** What `onStatus` is told: every change of state and every fault. */
  SpokeStatus,
} from "./_spoke_options.ts";
export type {
  /** A WebSocket as the web platform has it. */
  WebSocketLike,
} from "./_websocket_types.ts";

/** Makes a socket, anew for each attempt to connect. */
export type WebSocketFactory = () => WebSocketLike | Promise<WebSocketLike>;

/** Options of {@linkcode createWebSocketClientEventTarget}. */
export interface WebSocketClientEventTargetOptions extends SpokeOptions {
  /** Subprotocols that are offered to the server of a URL. */
  protocols?: string | string[] | undefined;
}

/**
 * Connects to a hub and resolves once it has answered.
 *
 * A URL or a factory is asked for a socket whenever a connection is made; those
 * sockets are the target's. A socket that is handed in is the caller's: the
 * target ends with it and never makes another, and `close()` unsubscribes and
 * leaves it open. It takes one target at a time.
 *
 * @typeParam TEvent The union of events that travel.
 * @param socket A URL, a factory, or a socket that is open or about to be.
 * @param options Options; those on reconnecting are of no use with a socket.
 * @returns A target whose events go to the hub and come from it.
 * @throws {ConnectError} When the hub cannot be reached or refuses. With
 * `waitOnFirstConnect`, only when it refuses or `maxAttempts` are used up.
 * @throws {TypeError | RangeError} When an argument is wrong.
 *
 * @example Wait for a hub that may come later
 * ```ts
 * import { createWebSocketClientEventTarget } from "@alkdev/pubsub/event-target-websocket-client";
 *
 * const leave = new AbortController();
 * const connecting = createWebSocketClientEventTarget("ws://127.0.0.1:1/events", {
 *   waitOnFirstConnect: true,
 *   signal: leave.signal,
 *   onStatus: (status) => console.log(status.type), // "connecting", "reconnecting", …
 * });
 * leave.abort();
 * await connecting.catch((error) => console.log(error.code)); // "CLOSED"
 * ```
 */
export async function createWebSocketClientEventTarget<
  TEvent extends TypedEvent = TypedEvent,
>(
  socket: string | URL | WebSocketFactory | WebSocketLike,
  options: WebSocketClientEventTargetOptions = {},
): Promise<SpokeEventTarget<TEvent>> {
  optionalSignal(options.signal)?.throwIfAborted();
  const { maxFrameBytes } = connectionOptions(options);
  const dialer = webSocketDialer(socket, options.protocols, maxFrameBytes);
  const spoke = new Spoke<TEvent, string>(
    dialer,
    dialer.isBorrowed
      ? { ...options, reconnect: false, waitOnFirstConnect: false }
      : options,
  );
  await spoke.start();
  return spoke;
}

function webSocketDialer(
  from: string | URL | WebSocketFactory | WebSocketLike,
  protocols: string | string[] | undefined,
  maxFrameBytes: number,
): Dialer<string> {
  const isBorrowed = typeof from === "object" && !(from instanceof URL);
  const create = isBorrowed
    ? () => from
    : typeof from === "function"
    ? from
    : () => new WebSocket(from, protocols);
  const name = isBorrowed
    ? "the hub of the given socket"
    : typeof from === "function"
    ? "the hub of the socket factory"
    : `hub ${withoutSecrets(from)}`;
  const linkOptions = { maxFrameBytes, isBorrowed };
  return {
    name,
    isBorrowed,
    codec: textCodec(maxFrameBytes),
    async dial(signal) {
      const socket = await made(create, name, typeof from === "function");
      const link = new WebSocketLink(socket, linkOptions);
      const onAbort = () => link.close(CloseCode.NORMAL, "");
      signal.addEventListener("abort", onAbort);
      if (signal.aborted) onAbort();
      await link.opened;
      signal.removeEventListener("abort", onAbort);
      if (!link.isClosed) return link;
      const { code, reason, error } = await link.closed;
      throw new ConnectError(`Cannot connect to ${name}: ${reason}`, {
        cause: error,
        closeCode: code,
      });
    },
  };
}

async function made(
  create: WebSocketFactory,
  name: string,
  isFactory: boolean,
): Promise<WebSocketLike> {
  let socket: WebSocketLike;
  try {
    socket = await create();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    // No URL, no subprotocol or no WebSocket: trying again changes nothing.
    if (!isFactory || (cause as Error)?.name === "SyntaxError") throw cause;
    throw new ConnectError(`Cannot connect to ${name}: ${why}`, { cause });
  }
  assertWebSocket(socket);
  return socket;
}

/** A URL for messages, without what may be secret. */
function withoutSecrets(url: string | URL): string {
  return String(url).replace(/[?#].*|(?<=\/\/)[^/?#]*@/gs, "");
}
