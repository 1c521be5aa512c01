// A hub process: one hub of iroh and one of WebSocket, and a bridge that links
// both to those of the other processes.

import { type Bridge, bridge } from "../../bridge.ts";
import { createIrohHubEventTarget } from "../../iroh_hub.ts";
import {
  createWebSocketServerEventTarget,
  type HubEventTarget,
  type HubFault,
} from "../../websocket_server.ts";
import { createEndpoint, type LoopbackEndpoint } from "../_endpoint.ts";
import { answerCalls, report } from "../_party_side.ts";
import { briefly } from "../_protocol.ts";
import { type ConnectedEngine, connectEngine } from "./_engine.ts";
import { type Room, ROOMS, topicOf } from "./_plan.ts";
import { type HubCalls, type HubReport, LIVENESS } from "./_protocol.ts";

/** Milliseconds between two looks at the hub. */
const LOOK_INTERVAL = 200;

/** Milliseconds that the other hubs have to say who is in a room. */
const ANSWER_TIMEOUT = 500;

let engine: ConnectedEngine;
let loopback: LoopbackEndpoint;
let server: Deno.HttpServer<Deno.NetAddr>;
let hubs: Record<"iroh" | "webSocket", HubEventTarget>;
let link: Bridge;
let looking: ReturnType<typeof setTimeout> | undefined;

const tell = report<HubReport>;

/** What a lost connection is, its own spoke tells. */
function onError({ error, connection }: HubFault): void {
  const { iroh, webSocket } = hubs;
  const isHere = connection && (iroh.connections.has(connection) ||
    webSocket.connections.has(connection));
  if (isHere) tell({ say: "fault", why: briefly(error) });
}

async function look(): Promise<void> {
  const all = await Promise.all(
    ROOMS.map(async (room): Promise<[Room, number]> => {
      const ids = await link.subscribers(topicOf(room), {
        timeout: ANSWER_TIMEOUT,
      });
      return [room, ids.length];
    }),
  );
  const connections = [hubs.iroh, hubs.webSocket].flatMap((hub) => [
    ...hub.connections,
  ]);
  tell({
    say: "state",
    state: {
      iroh: hubs.iroh.connections.size,
      webSocket: hubs.webSocket.connections.size,
      topics: new Set(connections.flatMap(({ topics }) => [...topics])).size,
      lost: link.lost,
      subscribers: Object.fromEntries(all),
    },
  });
}

function lookAgain(): void {
  looking = setTimeout(() => {
    look().catch((error) => {
      // What is asked while all ends is not answered any more.
      if (looking !== undefined) tell({ say: "fault", why: briefly(error) });
    }).finally(() => looking !== undefined && lookAgain());
  }, LOOK_INTERVAL);
}

await answerCalls<HubCalls>({
  async start(args) {
    engine = await connectEngine(
      args.engine,
      args.engineUrl,
      (isUp) => tell({ say: "engine", isUp }),
    );
    loopback = await createEndpoint("number0", {
      secretKey: args.secretKey,
      port: args.irohPort,
    });
    const options = { relay: true, onError, ...LIVENESS };
    const webSocket = createWebSocketServerEventTarget(options);
    const iroh = await createIrohHubEventTarget({
      endpoint: loopback.endpoint,
      ...options,
    });
    hubs = { iroh, webSocket };
    link = bridge({
      hub: [iroh, webSocket],
      engine: engine.target,
      onError: ({ error, lost = 0 }) =>
        tell({ say: "bridge", why: briefly(error), lost }),
    });
    // Before any spoke can come: it would find a hub that nobody else hears.
    await link.flush();
    server = Deno.serve({
      hostname: "127.0.0.1",
      port: args.webSocketPort ?? 0,
      onListen() {},
    }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      webSocket.addConnection(socket, {
        id: new URL(request.url).pathname.slice(1) || undefined,
      });
      return response;
    });
    lookAgain();
    return {
      ticket: loopback.address,
      irohPort: loopback.port,
      url: `ws://127.0.0.1:${server.addr.port}`,
      webSocketPort: server.addr.port,
    };
  },
  async flush() {
    await link.flush();
    return { lost: link.lost };
  },
  async stop() {
    clearTimeout(looking);
    looking = undefined;
    await link.close();
    await Promise.all([hubs.iroh.close(), hubs.webSocket.close()]);
    await Promise.all([server.shutdown(), loopback.close(), engine.close()]);
  },
});
