// The transports whose hub and spoke are measured, each end in a process of its
// own.

import { WebSocket as WsSocket } from "ws";
import {
  createIrohHubEventTarget,
  type HubEventTarget,
  type HubOptions,
  type IrohConnection,
  type IrohEndpoint,
} from "../../iroh_hub.ts";
import {
  createIrohSpokeEventTarget,
  type IrohSpokeEventTargetArgs,
  type SpokeEventTarget,
  type SpokeOptions,
} from "../../iroh_spoke.ts";
import { createWebSocketClientEventTarget } from "../../websocket_client.ts";
import { createWebSocketServerEventTarget } from "../../websocket_server.ts";
import { bindings } from "../_iroh.ts";
import { type ServerKind, wsServer } from "../_websocket.ts";

/** What connects to a hub, of one transport. */
export interface Dialling {
  /** Connects once: what is lost does not come back. */
  connect(options?: SpokeOptions): Promise<SpokeEventTarget>;
  /** One that the hub does not let in. */
  connectAsStranger(): Promise<SpokeEventTarget>;
  /** One whose connection can be broken under it, without a goodbye. */
  connectFragile(
    options?: SpokeOptions,
  ): Promise<{ spoke: SpokeEventTarget; breakOff: () => void }>;
}

export interface Transport {
  readonly name: string;
  /** Why it cannot run here; `undefined` when it can. */
  readonly unavailable: string | undefined;
  readonly isIroh: boolean;
  /** The hub's end. */
  hub(options: HubOptions): Promise<{ hub: HubEventTarget; address: string }>;
  dialling(address: string): Promise<Dialling>;
}

/**
 * As `denoServer`, with no idle timeout: its timer holds on to a socket whose
 * connection broke, for up to 30 s (Deno 2.9). The hub has pings of its own.
 */
const denoServer: ServerKind = {
  name: "Deno",
  serve(onSocket) {
    const server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen() {},
    }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request, {
        idleTimeout: 0,
      });
      onSocket(socket, new URL(request.url).pathname, "");
      return response;
    });
    return Promise.resolve({
      url: `ws://127.0.0.1:${server.addr.port}`,
      close: () => server.shutdown(),
    });
  },
};

const webSockets = [denoServer, wsServer].map((kind): Transport => ({
  name: `WebSocket, ${kind.name}`,
  unavailable: undefined,
  isIroh: false,
  async hub(options) {
    const hub = createWebSocketServerEventTarget({
      ...options,
      authorizeConnection: ({ id }) => id !== "stranger",
    });
    let count = 0;
    const { url } = await kind.serve((socket, path) => {
      const id = path === "/stranger" ? "stranger" : String(++count);
      hub.addConnection(socket, { id });
    });
    return { hub, address: url };
  },
  dialling: (url) =>
    Promise.resolve({
      connect: (options) => createWebSocketClientEventTarget(url, options),
      connectAsStranger: () =>
        createWebSocketClientEventTarget(`${url}/stranger`),
      async connectFragile(options) {
        // The platform's own cannot be terminated.
        let socket!: WsSocket;
        const spoke = await createWebSocketClientEventTarget(
          () => socket = new WsSocket(url),
          options,
        );
        return { spoke, breakOff: () => socket.terminate() };
      },
    }),
}));

const iroh = bindings.map((binding): Transport => ({
  name: binding.name,
  unavailable: binding.unavailable,
  isIroh: true,
  async hub(options) {
    const { endpoint, address } = await binding.createEndpoint();
    const hub = await createIrohHubEventTarget({ endpoint, ...options });
    return { hub, address };
  },
  async dialling(hubNodeId) {
    const { endpoint } = await binding.createEndpoint();
    const connect = (options: Partial<IrohSpokeEventTargetArgs> = {}) =>
      createIrohSpokeEventTarget({ endpoint, hubNodeId, ...options });
    return {
      connect,
      connectAsStranger: () => connect({ alpn: "stranger/1" }),
      async connectFragile(options) {
        const { watched, last } = watching(endpoint);
        const spoke = await connect({ endpoint: watched, ...options });
        const breakOff = binding.name === "@number0/iroh"
          ? () => last().close(0n, [])
          : () => last().close(0, "");
        return { spoke, breakOff };
      },
    };
  },
}));

/** An endpoint whose last connection can be had besides. */
function watching<T extends IrohEndpoint>(
  endpoint: T,
): { watched: T; last: () => IrohConnection } {
  let last!: IrohConnection;
  const watched = new Proxy(endpoint, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      // A native method takes its own object alone.
      if (name !== "connect") return value.bind(target);
      return async (...args: unknown[]) =>
        last = await value.apply(target, args);
    },
  });
  return { watched, last: () => last };
}

export const transports: readonly Transport[] = [...webSockets, ...iroh];

/** The transport of a process, by its argument. */
export function transportNamed(name: string | undefined): Transport {
  return transports.find((one) => one.name === name)!;
}
