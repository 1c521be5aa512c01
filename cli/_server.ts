// A server of HTTP and WebSocket on whatever runtime this is. All that Deno does
// by itself and others do by `node:http` and `ws` ends here.

import { within } from "../_deferred.ts";
import type { WebSocketLike } from "../_websocket_types.ts";
import { Failure } from "./_failure.ts";

/** What a server does with a request. */
export interface ServerRequest {
  readonly request: Request;
  /** The peer's IP address. */
  readonly remoteAddress: string;
  /**
   * Makes the request a WebSocket.
   *
   * @param take Gets the socket, in the task in which it was made.
   * @returns What the handler has to give back.
   */
  upgrade(take: (socket: WebSocketLike) => void): Response;
}

/** Answers a request. */
export type RequestHandler = (
  request: ServerRequest,
) => Response | Promise<Response>;

/** Where a server listens. */
export interface ServerOptions {
  readonly hostname: string;
  /** 0 is any that is free. */
  readonly port: number;
}

/** A server that listens. */
export interface RunningServer {
  readonly hostname: string;
  readonly port: number;
  /** Takes no more connections, and ends those that are no WebSockets. */
  close(): Promise<void>;
}

/** What is used of Deno: the library is compiled without its types, too. */
interface DenoLike {
  serve(
    options: ServerOptions & { onListen(): void },
    handler: (
      request: Request,
      info: { remoteAddr: { hostname?: string } },
    ) => Response | Promise<Response>,
  ): {
    readonly addr: { readonly hostname: string; readonly port: number };
    shutdown(): Promise<void>;
  };
  upgradeWebSocket(
    request: Request,
  ): { socket: WebSocketLike; response: Response };
}

/**
 * Listens.
 *
 * @throws {Failure} When the port is taken, or may not be had.
 */
export async function startServer(
  options: ServerOptions,
  handler: RequestHandler,
): Promise<RunningServer> {
  try {
    const { Deno } = globalThis as { Deno?: DenoLike };
    if (Deno) return startInDeno(Deno, options, handler);
    const { startInNode } = await import("./_node_server.ts");
    return await startInNode(options, handler);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      `cannot listen on ${hostText(options.hostname)}:${options.port}: ${
        whyNot(error)
      }`,
      { cause: error },
    );
  }
}

/** An address as it stands in a URL. */
export function hostText(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

/** Milliseconds that requests under way get when a server closes. */
const CLOSE_TIMEOUT = 1_000;

function startInDeno(
  Deno: DenoLike,
  options: ServerOptions,
  handler: RequestHandler,
): RunningServer {
  const server = Deno.serve(
    { ...options, onListen() {} },
    (request, { remoteAddr }) =>
      answer(handler, {
        request,
        remoteAddress: remoteAddr.hostname ?? "",
        upgrade(take) {
          const { socket, response } = Deno.upgradeWebSocket(request);
          take(socket);
          return response;
        },
      }),
  );
  return {
    hostname: server.addr.hostname,
    port: server.addr.port,
    async close() {
      // A body that never ends would hold it for ever. Nothing cuts it off by
      // then: a server of Deno that shuts down cannot be aborted any more.
      await within(server.shutdown(), CLOSE_TIMEOUT, () => {});
    },
  };
}

/** What a request is answered; one that makes no sense is no fault of ours. */
async function answer(
  handler: RequestHandler,
  request: ServerRequest,
): Promise<Response> {
  try {
    return await handler(request);
  } catch {
    return new Response("Bad request\n", { status: 400 });
  }
}

function whyNot(error: unknown): string {
  const { code, name, message } = Object(error) as Error & { code?: string };
  if (code === "EADDRINUSE" || name === "AddrInUse") return "it is in use";
  if (code === "EACCES" || name === "PermissionDenied") {
    return "that needs more rights";
  }
  if (code === "EADDRNOTAVAIL" || name === "AddrNotAvailable") {
    return "this machine has no such address";
  }
  if (code === "ENOTFOUND") return "nobody knows that host";
  return message ?? String(error);
}
