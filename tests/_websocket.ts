// Hubs behind real servers of WebSockets, and clients of them, closed at the
// end of the test.

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket as WsSocket, WebSocketServer } from "ws";
import { within } from "../_deferred.ts";
import { PubSubError } from "../mod.ts";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
  type WebSocketClientEventTargetOptions,
  type WebSocketFactory,
  type WebSocketLike,
} from "../websocket_client.ts";
import {
  createWebSocketServerEventTarget,
  type HubOptions,
  type WebSocketServerEventTarget,
} from "../websocket_server.ts";
import { Log } from "./_waiting.ts";
import { RawWebSocket } from "./_websocket_peer.ts";

/**
 * Told of each socket in the task in which it was made, with the path of its
 * URL and the subprotocols that the client offers.
 */
export type OnSocket = (
  socket: WebSocketLike,
  path: string,
  protocols: string,
) => void;

/** A server of WebSockets on a port of its own. */
export interface SocketServer {
  /** Without a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

/** A make of server sockets. */
export interface ServerKind {
  readonly name: "Deno" | "ws";
  serve(onSocket: OnSocket, port?: number): Promise<SocketServer>;
}

/** Its sockets are CONNECTING when they are made. */
export const denoServer: ServerKind = {
  name: "Deno",
  serve(onSocket, port = 0) {
    const server = Deno.serve({
      hostname: "127.0.0.1",
      port,
      onListen() {},
    }, (request) => {
      const offer = request.headers.get("sec-websocket-protocol") ?? "";
      const { socket, response } = Deno.upgradeWebSocket(request, {
        protocol: offer.split(",")[0],
      });
      onSocket(socket, new URL(request.url).pathname, offer);
      return response;
    });
    return Promise.resolve({
      url: `ws://127.0.0.1:${server.addr.port}`,
      close: () => server.shutdown(),
    });
  },
};

/** Its sockets are OPEN when they are made, and can be terminated. */
export const wsServer: ServerKind = {
  name: "ws",
  async serve(onSocket, port = 0) {
    const server = createServer();
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket: WsSocket, request: IncomingMessage) => {
      const { pathname } = new URL(request.url!, "ws://127.0.0.1");
      onSocket(
        socket,
        pathname,
        request.headers["sec-websocket-protocol"] ?? "",
      );
    });
    await new Promise<void>((resolve) => {
      server.listen(port, "127.0.0.1", resolve);
    });
    const address = server.address() as AddressInfo;
    return {
      url: `ws://127.0.0.1:${address.port}`,
      async close() {
        for (const socket of sockets.clients) socket.terminate();
        sockets.close();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  },
};

export const serverKinds: readonly ServerKind[] = [denoServer, wsServer];

/** A hub, its server, and the server's end of each socket. */
export type TestHub = WebSocketServerEventTarget & {
  readonly url: string;
  readonly sockets: Log<WebSocketLike>;
};

/** A TCP server whose connections are upgraded by hand, if at all. */
export interface RawServer {
  readonly url: string;
  /** The next connection as TCP has it. */
  acceptTcp(): Promise<Deno.TcpConn>;
  /** The next connection, upgraded; the texts come with the answer to it. */
  accept(texts?: readonly string[]): Promise<RawWebSocket>;
  /** No one can connect any more. */
  stop(): void;
}

/** What a test has at hand. */
export class WebSocketSetting implements AsyncDisposable {
  readonly kind: ServerKind;
  readonly #closers: (() => unknown)[] = [];
  readonly #peers: { destroy(): void }[] = [];

  constructor(kind: ServerKind = denoServer) {
    this.kind = kind;
  }

  async server(onSocket: OnSocket, port?: number): Promise<SocketServer> {
    const server = await this.kind.serve(onSocket, port);
    this.#closers.push(() => server.close());
    return server;
  }

  /** A hub that adds each socket at once; the path of its URL is its id. */
  async hub(
    { port, ...options }: HubOptions & { port?: number } = {},
  ): Promise<TestHub> {
    const hub = createWebSocketServerEventTarget(options);
    const sockets = new Log<WebSocketLike>();
    const { url } = await this.server((socket, path) => {
      hub.addConnection(socket, { id: path.slice(1) || undefined });
      sockets.add(socket);
    }, port);
    this.#closers.push(() => hub.close());
    return Object.assign(hub, { url, sockets });
  }

  /** A hub to which the test adds sockets by itself. */
  bareHub(options: HubOptions = {}): WebSocketServerEventTarget {
    const hub = createWebSocketServerEventTarget(options);
    this.#closers.push(() => hub.close());
    return hub;
  }

  async client(
    to: string | URL | WebSocketFactory | WebSocketLike,
    options: WebSocketClientEventTargetOptions = {},
  ): Promise<SpokeEventTarget> {
    const client = await createWebSocketClientEventTarget(to, options);
    this.#closers.push(() => client.close());
    return client;
  }

  async rawPeer(url: string): Promise<RawWebSocket> {
    const peer = await RawWebSocket.connect(url);
    this.#peers.push(peer);
    return peer;
  }

  rawServer(port = 0): RawServer {
    const listener = Deno.listen({ hostname: "127.0.0.1", port });
    let isListening = true;
    const stop = () => {
      if (isListening) listener.close();
      isListening = false;
    };
    this.#peers.push({ destroy: stop });
    return {
      url: `ws://127.0.0.1:${listener.addr.port}`,
      acceptTcp: async () => {
        const conn = await listener.accept();
        this.#peers.push({ destroy: () => closeQuietly(conn) });
        return conn;
      },
      accept: async (texts) => {
        const peer = await RawWebSocket.upgrade(await listener.accept(), texts);
        this.#peers.push(peer);
        return peer;
      },
      stop,
    };
  }

  /** A URL of this machine at which nobody listens. */
  nobodysUrl(): string {
    const { url, stop } = this.rawServer();
    stop();
    return url;
  }

  /** Calls this at the end of the test, before what was made earlier ends. */
  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // First: whoever waits for an answer of theirs would wait for long.
    for (const peer of this.#peers) peer.destroy();
    for (const close of this.#closers.reverse()) await close();
  }
}

function closeQuietly(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // The test has closed it.
  }
}

/** Far more than any test takes. */
const DEADLINE = 60_000;

/** Runs a test; one that hangs fails. */
async function run(
  kind: ServerKind,
  fn: (setting: WebSocketSetting) => Promise<void>,
): Promise<void> {
  await using setting = new WebSocketSetting(kind);
  await within(fn(setting), DEADLINE, () => {
    throw new Error(`The test did not end in ${DEADLINE} ms`);
  });
}

/** One test, once for each make of server sockets. */
export function testOnServers(
  name: string,
  fn: (setting: WebSocketSetting) => Promise<void>,
): void {
  for (const kind of serverKinds) {
    Deno.test(`${kind.name}: ${name}`, () => run(kind, fn));
  }
}

/** One test where the make of the server changes nothing. */
export function testOnDeno(
  name: string,
  fn: (setting: WebSocketSetting) => Promise<void>,
): void {
  Deno.test(name, () => run(denoServer, fn));
}

/** How many listeners a socket of `ws` has; those of others do not tell. */
export function listenerCount(socket: WebSocketLike): number[] {
  assert(socket instanceof EventEmitter);
  return ["open", "message", "error", "close"].map((type) =>
    socket.listenerCount(type)
  );
}

/** Resolves with the next event of a socket. */
export function eventOf(
  socket: WebSocketLike,
  type: "open" | "message" | "close" | "error",
): Promise<{ data: unknown; code: number; reason: string }> {
  return new Promise((resolve) => {
    const listener = (
      event: { data: unknown; code: number; reason: string },
    ) => {
      socket.removeEventListener(type, listener);
      resolve(event);
    };
    socket.addEventListener(type, listener);
  });
}

/** A promise's rejection with an error of this library, which must come. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<PubSubError> {
  const error = await promise.then(
    () => assert.fail("It resolved"),
    (error) => error,
  );
  assert(error instanceof PubSubError, String(error));
  return error;
}
