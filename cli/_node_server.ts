// A server on Node and Bun: `node:http`, with the WebSockets of the package `ws`.

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { WebSocketLike } from "../_websocket_types.ts";
import type {
  RequestHandler,
  RunningServer,
  ServerOptions,
} from "./_server.ts";
import { loadWs } from "./_ws.ts";

/** Listens; rejects when it cannot. */
export async function startInNode(
  options: ServerOptions,
  handler: RequestHandler,
): Promise<RunningServer> {
  const { WebSocketServer } = await loadWs("serve WebSocket");
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer(async (incoming, outgoing) => {
    const response = await answer(handler, incoming, () => {
      throw new Error("Cannot upgrade: it is no request for a WebSocket");
    });
    outgoing.writeHead(
      response.status,
      Object.fromEntries(response.headers),
    );
    outgoing.end(new Uint8Array(await response.arrayBuffer()));
  });
  server.on("upgrade", async (incoming, socket, head) => {
    // A peer that is gone is no fault of the server's.
    socket.on("error", () => {});
    let isTaken = false;
    const response = await answer(handler, incoming, (take) => {
      isTaken = true;
      sockets.handleUpgrade(incoming, socket, head, take);
      return new Response();
    });
    if (!isTaken) socket.end(await refusal(response));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.hostname, resolve);
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    hostname: address,
    port,
    close() {
      const closed = new Promise<void>((resolve) =>
        server.close(() => resolve())
      );
      server.closeAllConnections();
      return closed;
    },
  };
}

async function answer(
  handler: RequestHandler,
  incoming: IncomingMessage,
  upgrade: (take: (socket: WebSocketLike) => void) => Response,
): Promise<Response> {
  try {
    return await handler({
      request: requestOf(incoming),
      remoteAddress: incoming.socket.remoteAddress ?? "",
      upgrade,
    });
  } catch {
    return new Response("Bad request\n", { status: 400 });
  }
}

function requestOf(incoming: IncomingMessage): Request {
  const { headers, method = "GET", url = "/" } = incoming;
  const all = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all.set(name, String(value));
  }
  const init: RequestInit & { duplex: "half" } = {
    ...{ method, headers: all, duplex: "half" },
    ...method !== "GET" && method !== "HEAD" &&
      { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array> },
  };
  return new Request(
    new URL(url, `http://${headers.host ?? "localhost"}`),
    init,
  );
}

/** An answer on a socket that was to become a WebSocket. */
async function refusal(response: Response): Promise<string> {
  const body = await response.text();
  return [
    `HTTP/1.1 ${response.status} Refused`,
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${new TextEncoder().encode(body).length}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}
