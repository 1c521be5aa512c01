// Hubs of every make, behind one face: WebSocket on two servers, iroh on two
// bindings.

import type {
  HubConnection,
  HubEventTarget,
  HubOptions,
} from "../websocket_server.ts";
import type { SpokeEventTarget, SpokeOptions } from "../websocket_client.ts";
import type { TestHub as IrohTestHub } from "./_setting.ts";
import { testOnBindings } from "./_setting.ts";
import {
  type TestHub as WebSocketTestHub,
  testOnServers,
} from "./_websocket.ts";

/** A spoke or a client, and what the hub knows it by. */
export type Peer = SpokeEventTarget & { readonly id: string };

/** What a test has at hand: one hub, and who connects to it. */
export interface HubStage {
  hub(options?: HubOptions): Promise<HubEventTarget>;
  /** @throws {ConnectError} When the hub refuses it. */
  peer(options?: SpokeOptions): Promise<Peer>;
}

/** One test, once for each make of hub. */
export function testOnHubs(
  name: string,
  fn: (stage: HubStage) => Promise<void>,
): void {
  testOnServers(name, async (setting) => {
    let hub: WebSocketTestHub;
    let peers = 0;
    await fn({
      hub: async (options) => hub = await setting.hub(options),
      async peer(options) {
        const id = `peer-${++peers}`;
        const client = await setting.client(`${hub.url}/${id}`, options);
        return Object.assign(client, { id });
      },
    });
  });
  testOnBindings(name, async (setting) => {
    let hub: IrohTestHub;
    await fn({
      hub: async (options) => hub = await setting.hub(options),
      async peer(options) {
        const on = await setting.endpoint();
        const spoke = await setting.spoke(hub.on, { ...options, on });
        return Object.assign(spoke, { id: on.nodeId });
      },
    });
  });
}

/** The hub's connection of a peer. */
export function connectionOf(hub: HubEventTarget, { id }: Peer): HubConnection {
  for (const connection of hub.connections) {
    if (connection.id === id) return connection;
  }
  throw new Error(`The hub has no connection of ${id}`);
}
