// Reference counting over sockets in memory, in volume.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createWebSocketClientEventTarget } from "../../websocket_client.ts";
import type { SpokeStatus } from "../../websocket_client.ts";
import type { HubConnection } from "../../websocket_server.ts";
import { createWebSocketServerEventTarget } from "../../websocket_server.ts";
import { Log } from "../_waiting.ts";
import { type Pair, runCase, steps } from "./_counting_case.ts";
import { MemorySocket } from "./_memory_sockets.ts";
import { asyncProperty } from "./_property.ts";

async function openPair(hops: number): Promise<Pair> {
  const admitted = new Log<HubConnection>();
  const statuses = new Log<SpokeStatus>();
  const hub = createWebSocketServerEventTarget({
    pingInterval: 0,
    onConnection: admitted.add,
  });
  let atHub!: MemorySocket;
  const spoke = await createWebSocketClientEventTarget(() => {
    const [client, server] = MemorySocket.pair(hops);
    atHub = server;
    hub.addConnection(server, { id: "spoke" });
    return client;
  }, {
    pingInterval: 0,
    reconnect: { minDelay: 0, maxDelay: 0 },
    onStatus: statuses.add,
  });
  return {
    hub,
    spoke,
    admitted,
    statuses,
    async cut(how) {
      if (how === "lost") atHub.lose();
      else await admitted.all.at(-1)!.close(1001);
    },
    async [Symbol.asyncDispose]() {
      await spoke.close();
      await hub.close();
      assert.equal(hub.connections.size, 0);
    },
  };
}

/** Any order of steps, with messages that take their time or none. */
export const counting = asyncProperty({
  name: "counting",
  runs: 1500,
  arbitrary: fc.tuple(fc.nat(3), steps),
  check: async ([hops, steps]) => runCase(await openPair(hops), steps),
});
