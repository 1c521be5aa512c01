// Targets on engines, each with a client of its own that comes back soon.

import { connect } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import { createNatsEventTarget } from "../nats.ts";
import { createRedisEventTarget } from "../redis.ts";
import type { EngineEventTarget, EngineOptions } from "../redis.ts";

/** The engines that this machine may have. */
export type EngineName = "NATS" | "Redis";

/** A target, and its client, which goes with it. */
export interface ConnectedEngine extends AsyncDisposable {
  readonly target: EngineEventTarget;
}

/** Milliseconds between two attempts to reach a server. */
const RETRY_DELAY = 50;

/** @param address `host:port`. */
export async function connectEngine(
  name: EngineName,
  address: string,
  options: EngineOptions = {},
): Promise<ConnectedEngine> {
  if (name === "NATS") {
    const connection = await connect({
      servers: address,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RETRY_DELAY,
      reconnectJitter: 0,
    });
    const target = createNatsEventTarget({ connection, ...options });
    return {
      target,
      async [Symbol.asyncDispose]() {
        await target.close();
        await connection.close();
      },
    };
  }
  const clients = [0, 1].map(() => {
    const client = new Redis(`redis://${address}`, {
      retryStrategy: () => RETRY_DELAY,
    });
    client.on("error", () => {}); // The target tells of it.
    return client;
  });
  const [publishClient, subscribeClient] = clients as [Redis, Redis];
  const target = createRedisEventTarget({
    publishClient,
    subscribeClient,
    ...options,
  });
  return {
    target,
    async [Symbol.asyncDispose]() {
      await target.close();
      for (const client of clients) client.disconnect();
    },
  };
}
