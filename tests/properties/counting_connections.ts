// Reference counting over real connections: WebSockets of both servers, iroh on
// both bindings. One hub serves all cases, each has a spoke of its own.

import { WebSocket as WsSocket } from "ws";
import { CloseCode } from "../../errors.ts";
import { createIrohSpokeEventTarget } from "../../iroh_spoke.ts";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
  type SpokeStatus,
} from "../../websocket_client.ts";
import type { HubConnection, HubEventTarget } from "../../websocket_server.ts";
import { type Binding, number0, rayhanadev } from "../_iroh.ts";
import { Setting } from "../_setting.ts";
import { Log } from "../_waiting.ts";
import {
  type ServerKind,
  serverKinds,
  WebSocketSetting,
} from "../_websocket.ts";
import { type Cut, type Pair, runCase, steps } from "./_counting_case.ts";
import { asyncProperty, type Property } from "./_property.ts";

/** A hub on some transport, and how a spoke gets to it. */
interface Stage extends AsyncDisposable {
  readonly hub: HubEventTarget;
  readonly admitted: Log<HubConnection>;
  connect(
    options: typeof SPOKE & {
      onStatus(status: SpokeStatus): void;
    },
  ): Promise<SpokeEventTarget>;
  cut(how: Cut): Promise<void>;
}

const SPOKE = {
  pingInterval: 0,
  reconnect: { minDelay: 0, maxDelay: 0 },
  // A look-up of a node id can fail where the machine is busy.
  waitOnFirstConnect: true,
};

/** What makes a spoke come back, where a hub cannot break off without a word. */
const CODES = {
  "lost": CloseCode.SLOW_CONSUMER,
  "going away": CloseCode.GOING_AWAY,
};

async function openPair(stage: Stage): Promise<Pair> {
  const { hub, admitted } = stage;
  const statuses = new Log<SpokeStatus>();
  admitted.all.length = 0;
  const spoke = await stage.connect({ ...SPOKE, onStatus: statuses.add });
  return {
    hub,
    spoke,
    admitted,
    statuses,
    cut: (how) => stage.cut(how),
    [Symbol.asyncDispose]: () => spoke.close(),
  };
}

async function webSocketStage(kind: ServerKind): Promise<Stage> {
  const setting = new WebSocketSetting(kind);
  const admitted = new Log<HubConnection>();
  const ended = new Log<HubConnection>();
  const hub = await setting.hub({
    pingInterval: 0,
    onConnection: admitted.add,
    onDisconnection: ended.add,
  });
  return {
    hub,
    admitted,
    // Each server with clients of its own make. Deno's wait for TCP's
    // acknowledgements, some 40 ms each.
    connect: (options) =>
      createWebSocketClientEventTarget(
        kind.name === "ws" ? () => new WsSocket(hub.url) : hub.url,
        options,
      ),
    async cut(how) {
      const connection = admitted.all.at(-1)!;
      const socket = hub.sockets.all.at(-1)!;
      if (how === "lost" && "terminate" in socket) {
        (socket as unknown as { terminate(): void }).terminate();
        await ended.find((one) => one === connection);
      } else {
        await connection.close(CODES[how]);
      }
    },
    [Symbol.asyncDispose]: () => setting[Symbol.asyncDispose](),
  };
}

async function irohStage(binding: Binding): Promise<Stage> {
  const setting = new Setting(binding);
  const admitted = new Log<HubConnection>();
  const hub = await setting.hub({
    pingInterval: 0,
    onConnection: admitted.add,
  });
  const { endpoint } = await setting.endpoint();
  return {
    hub,
    admitted,
    connect: (options) =>
      createIrohSpokeEventTarget({
        endpoint,
        hubNodeId: hub.on.address,
        ...options,
      }),
    cut: (how) => admitted.all.at(-1)!.close(CODES[how]),
    [Symbol.asyncDispose]: () => setting[Symbol.asyncDispose](),
  };
}

function over(
  name: string,
  runs: number,
  open: () => Promise<Stage>,
  unavailable?: string,
): Property {
  return asyncProperty({
    name: `counting-${name}`,
    runs,
    unavailable,
    arbitrary: steps,
    open,
    check: async (steps, stage) => runCase(await openPair(stage), steps),
  });
}

/** One property for each server and each binding. */
export const countingConnections: readonly Property[] = [
  ...serverKinds.map((kind) =>
    over(
      `websocket-${kind.name.toLowerCase()}`,
      kind.name === "ws" ? 200 : 15,
      () => webSocketStage(kind),
    )
  ),
  ...[number0, rayhanadev].map((binding) =>
    over(
      `iroh-${binding.name.slice(1).replace("/iroh", "")}`,
      80,
      () => irohStage(binding),
      binding.unavailable,
    )
  ),
];
