// What links a hub to others: Redis or NATS, by a client that is loaded when it is
// asked for.

import type { NatsConnectionLike } from "../_nats_types.ts";
import type { EngineEventTarget } from "../_engine_options.ts";
import type { RedisPublisher, RedisSubscriber } from "../_redis_types.ts";
import { explain, Failure } from "./_failure.ts";
import { loadPackage } from "./_module.ts";
import { inLine } from "../_options.ts";

/** An engine and its client. */
export interface RunningEngine {
  readonly target: EngineEventTarget;
  /** For people: `NATS at 127.0.0.1:4222`. */
  readonly name: string;
  /** Closes the target, then what was made for it. */
  close(): Promise<void>;
}

/** What the log of a hub is told. */
export type OnEngineError = (
  fault: { error: unknown; lost?: number | undefined },
) => void;

type IoRedis = RedisPublisher & RedisSubscriber & {
  duplicate(): IoRedis;
  connect(): Promise<void>;
  disconnect(): void;
};

/** Redis, by `ioredis`. */
export async function connectRedis(
  url: string,
  onError: OnEngineError,
): Promise<RunningEngine> {
  const { Redis } = await loadPackage<
    { Redis: new (url: string, options: object) => IoRedis }
  >({ name: "ioredis", version: "^6.0.0", purpose: "use Redis" });
  const { createRedisEventTarget } = await import("../redis.ts");
  const name = `Redis at ${withoutSecrets(url)}`;
  const publishClient = new Redis(url, {
    enableAutoPipelining: true,
    lazyConnect: true,
  });
  const subscribeClient = publishClient.duplicate();
  const clients = [publishClient, subscribeClient];
  let why = "";
  for (const client of clients) {
    client.on("error", (error) => why ||= explain(error));
  }
  // A slip in the address is noticed here; later outages are ridden out.
  try {
    await Promise.all(clients.map((client) => client.connect()));
  } catch (cause) {
    for (const client of clients) client.disconnect();
    throw new Failure(`cannot connect to ${name}: ${why || explain(cause)}`, {
      cause,
    });
  }
  const target = createRedisEventTarget({
    publishClient,
    subscribeClient,
    onError,
  });
  return {
    target,
    name,
    async close() {
      await target.close();
      for (const client of clients) client.disconnect();
    },
  };
}

/** NATS, by `@nats-io/transport-node`. */
export async function connectNats(
  url: string,
  onError: OnEngineError,
): Promise<RunningEngine> {
  const { connect } = await loadPackage<{
    connect(
      options: object,
    ): Promise<NatsConnectionLike & { close(): Promise<void> }>;
  }>({
    name: "@nats-io/transport-node",
    version: "^3.0.0",
    purpose: "use NATS",
  });
  const { createNatsEventTarget } = await import("../nats.ts");
  const name = `NATS at ${withoutSecrets(url)}`;
  const { servers, ...access } = natsOptions(url);
  try {
    const connection = await connect({
      servers,
      ...access,
      maxReconnectAttempts: -1,
    });
    const target = createNatsEventTarget({ connection, onError });
    return {
      target,
      name,
      async close() {
        await target.close();
        await connection.close();
      },
    };
  } catch (cause) {
    throw new Failure(`cannot connect to ${name}: ${explain(cause)}`, {
      cause,
    });
  }
}

/** The client takes user and password apart from the address. */
function natsOptions(text: string): Record<string, unknown> {
  const isUrl = /^\w+:\/\//.test(text);
  if (!isUrl || !URL.canParse(text)) return { servers: text };
  const { host, username, password, protocol } = new URL(text);
  return {
    servers: host,
    ...username && password
      ? {
        user: decodeURIComponent(username),
        pass: decodeURIComponent(password),
      }
      : username && { token: decodeURIComponent(username) },
    ...protocol === "tls:" && { tls: {} },
  };
}

function withoutSecrets(url: string): string {
  return inLine(url.replace(/^\w+:\/\//, "").replace(/[?#].*|^[^/?#]*@/g, ""));
}
