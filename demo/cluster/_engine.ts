// The engine, as a hub process is connected to it.

import type { EngineEventTarget } from "../../bridge.ts";
import { createNatsEventTarget } from "../../nats.ts";
import { createRedisEventTarget } from "../../redis.ts";
import type { EngineName } from "./_plan.ts";

export interface ConnectedEngine {
  readonly target: EngineEventTarget;
  close(): Promise<void>;
}

/** Milliseconds between two attempts to find the engine again. */
const RETRY = 150;

/**
 * Bytes that may wait for the engine: so few that in the short time in which
 * there is none some events are lost, and counted. By default it is 16 MiB.
 */
const backpressureLimit = 4 * 1024;

/** Never gives up; tells when the connection is lost and found. */
export function connectEngine(
  name: EngineName,
  url: string,
  onChange: (isUp: boolean) => void,
): Promise<ConnectedEngine> {
  return name === "nats"
    ? connectNats(url, onChange)
    : connectRedis(url, onChange);
}

async function connectNats(
  url: string,
  onChange: (isUp: boolean) => void,
): Promise<ConnectedEngine> {
  const { connect } = await import("@nats-io/transport-node");
  const connection = await connect({
    servers: url,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY,
    reconnectJitter: 0,
  });
  const target = createNatsEventTarget({ connection, backpressureLimit });
  const watch = async () => {
    for await (const { type } of connection.status()) {
      if (type === "disconnect") onChange(false);
      if (type === "reconnect") onChange(true);
    }
  };
  void watch();
  onChange(true);
  return {
    target,
    async close() {
      await target.close();
      await connection.close();
    },
  };
}

async function connectRedis(
  url: string,
  onChange: (isUp: boolean) => void,
): Promise<ConnectedEngine> {
  const { Redis } = await import("ioredis");
  const publishClient = new Redis(url, {
    retryStrategy: () => RETRY,
    maxRetriesPerRequest: null,
  });
  const subscribeClient = publishClient.duplicate();
  const clients = [publishClient, subscribeClient];
  const target = createRedisEventTarget({
    publishClient,
    subscribeClient,
    backpressureLimit,
    onError: () => {}, // The bridge tells.
  });
  const connected = new Set<typeof publishClient>();
  const change = () => onChange(connected.size === clients.length);
  for (const client of clients) {
    client.on("ready", () => {
      connected.add(client);
      change();
    });
    client.on("close", () => {
      if (connected.delete(client)) change();
    });
  }
  await target.flush();
  return {
    target,
    async close() {
      await target.close();
      for (const client of clients) client.disconnect();
    },
  };
}
