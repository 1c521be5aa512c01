// What a hub and a spoke across a network are on each transport: what the
// processes of `_net_peer.ts` run.

import type { HubOptions } from "../../_hub_options.ts";
import type { SpokeOptions } from "../../_spoke_options.ts";
import { createIrohHubEventTarget } from "../../iroh_hub.ts";
import { createIrohSpokeEventTarget } from "../../iroh_spoke.ts";
import { createWebSocketClientEventTarget } from "../../websocket_client.ts";
import { createWebSocketServerEventTarget } from "../../websocket_server.ts";
import {
  announce,
  type BindingName,
  bindings,
  type TestEndpoint,
} from "../_iroh.ts";

export type TransportName = "WebSocket" | BindingName;

/** Where a hub is. */
export interface Place {
  readonly port: number;
  /** Its node id on iroh, empty on WebSocket. */
  readonly nodeId: string;
}

/** All interfaces: addresses come and go. */
const hostname = "0.0.0.0";

const bound = (name: BindingName): Promise<TestEndpoint> =>
  bindings.find((one) => one.name === name)!.createEndpoint({ hostname });

/** A hub at all addresses of its machine. */
export async function openHub(name: TransportName, options: HubOptions) {
  if (name !== "WebSocket") {
    const { endpoint, nodeId, port } = await bound(name);
    const hub = await createIrohHubEventTarget({ endpoint, ...options });
    return { hub, place: { nodeId, port } };
  }
  const hub = createWebSocketServerEventTarget(options);
  const server = Deno.serve(
    { hostname, port: 0, onListen() {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      hub.addConnection(socket);
      return response;
    },
  );
  return { hub, place: { nodeId: "", port: server.addr.port } };
}

/** How a spoke is told that the hub can be found at another address. */
export type OnHubMoved = (address: string) => Promise<void> | void;

/**
 * A spoke of a hub at one of these addresses: the first, unless the transport
 * can be given them all.
 */
export async function openSpoke(
  name: TransportName,
  { nodeId, port }: Place,
  [address = "", ...others]: readonly string[],
  options: SpokeOptions,
) {
  if (name === "WebSocket") {
    const spoke = await createWebSocketClientEventTarget(
      () => new WebSocket(`ws://${address}:${port}`),
      options,
    );
    const onHubMoved: OnHubMoved = (next) => void (address = next);
    return { spoke, onHubMoved };
  }
  const { endpoint } = await bound(name);
  if (name === "@rayhanadev/iroh") {
    const onHubMoved: OnHubMoved = (next) => announce(nodeId, port, next);
    await onHubMoved(address);
    const spoke = await createIrohSpokeEventTarget({
      endpoint,
      hubNodeId: nodeId,
      ...options,
    });
    return { spoke, onHubMoved };
  }
  const { EndpointAddr, EndpointId } = await import("@number0/iroh");
  const spoke = await createIrohSpokeEventTarget({
    endpoint,
    hubNodeId: new EndpointAddr(
      EndpointId.fromString(nodeId),
      undefined,
      [address, ...others].map((one) => `${one}:${port}`),
    ),
    ...options,
  });
  // Whom it dials was said once and for all.
  const onHubMoved: OnHubMoved = () => {};
  return { spoke, onHubMoved };
}
