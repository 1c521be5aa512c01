// A spoke of either kind, which asks for a hub before each attempt to connect.

import {
  createIrohSpokeEventTarget,
  type SpokeEventTarget,
  type SpokeStatus,
} from "../../iroh_spoke.ts";
import type { TypedEvent } from "../../typed_event_target.ts";
import { createWebSocketClientEventTarget } from "../../websocket_client.ts";
import { createEndpoint } from "../_endpoint.ts";
import type { SpokePlan } from "./_plan.ts";
import { type HubAddress, LIVENESS } from "./_protocol.ts";

export interface Dialled<TEvent extends TypedEvent> {
  readonly target: SpokeEventTarget<TEvent>;
  /** Lets go of what the target was made on. */
  release(): Promise<void>;
}

export async function createSpoke<TEvent extends TypedEvent>(
  { name, kind }: SpokePlan,
  choose: () => HubAddress,
  onStatus: (status: SpokeStatus) => void,
): Promise<Dialled<TEvent>> {
  const options = {
    ...LIVENESS,
    reconnect: { minDelay: 50, maxDelay: 400 },
    connectTimeout: 1_000,
    waitOnFirstConnect: true,
    onStatus,
  };
  if (kind === "WebSocket") {
    const target = await createWebSocketClientEventTarget<TEvent>(
      () => new WebSocket(`${choose().url}/${name}`),
      options,
    );
    return { target, release: () => Promise.resolve() };
  }
  const { endpoint, close } = await createEndpoint("number0");
  const target = await createIrohSpokeEventTarget<TEvent>({
    endpoint,
    hubNodeId: () => choose().ticket,
    ...options,
  });
  return { target, release: close };
}
