// The engines that link hubs, as the process of a hub reaches them.

import { connect } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import type { EngineEventTarget } from "../../bridge.ts";
import { createNatsEventTarget } from "../../nats.ts";
import { createRedisEventTarget } from "../../redis.ts";
import { BACKLOG_BYTES } from "../systems/_system.ts";

/** By the ids of the systems that serve them. */
export const ENGINE_IDS = ["nats", "redis"] as const;
export type EngineId = typeof ENGINE_IDS[number];

/** The limits are raised as those of all servers are: see `BACKLOG_BYTES`. */
const options = {
  backpressureLimit: BACKLOG_BYTES,
  onError: ({ error }: { error: unknown }) => console.error(error),
};

/** The target on an engine, with clients as their manuals have it. */
export async function engineTarget(
  id: EngineId,
  address: string,
): Promise<EngineEventTarget> {
  if (id === "nats") {
    const connection = await connect({ servers: address });
    return createNatsEventTarget({ ...options, connection });
  }
  const publishClient = new Redis(`redis://${address}`, {
    enableAutoPipelining: true,
  });
  const subscribeClient = publishClient.duplicate();
  return createRedisEventTarget({
    ...options,
    publishClient,
    subscribeClient,
  });
}
