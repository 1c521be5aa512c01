// Targets on a Redis server and the clients under them, closed with the test.

import assert from "node:assert/strict";
import { once } from "node:events";
import { Redis, type RedisOptions } from "ioredis";
import type { Server, ServerOptions } from "../demo/_servers.ts";
import {
  createRedisEventTarget,
  type EngineEventTarget,
  type EngineFault,
  type RedisEventTargetArgs,
  type RedisPublisher,
  type RedisSubscriber,
} from "../redis.ts";
import { testWithRedis } from "./_engines.ts";
import { Log } from "./_waiting.ts";

/** What the tests need of a server. */
export interface RedisAddress {
  readonly port: number;
}

/** A target, what it reported, and its clients. */
export type TestTarget<
  TPublisher = RedisPublisher,
  TSubscriber = RedisSubscriber,
> = EngineEventTarget & {
  readonly faults: Log<EngineFault>;
  readonly publishClient: TPublisher;
  readonly subscribeClient: TSubscriber;
};

/** Dials again at once, and never gives up. */
export const PERSISTENT: RedisOptions = {
  retryStrategy: () => 20,
  maxRetriesPerRequest: null,
};

/** What a test on one server has at hand. */
export class RedisSetting<TServer extends RedisAddress = RedisAddress>
  implements AsyncDisposable {
  readonly server: TServer;
  readonly #closers: (() => unknown)[] = [];
  #admin: Redis | undefined;

  constructor(server: TServer) {
    this.server = server;
  }

  /** For what is done behind the targets. */
  get admin(): Redis {
    return this.#admin ??= this.client();
  }

  /** A client of that port, of this server's unless given. */
  client(options: RedisOptions = {}): Redis {
    const { port } = this.server;
    return this.closing(new Redis({ port, ...PERSISTENT, ...options }));
  }

  /** Has a client end with the test. */
  closing<TClient extends Closable>(client: TClient): TClient {
    client.on("error", () => {}); // Servers that are gone.
    this.#closers.push(() => ending(client));
    return client;
  }

  /** Clients of its own where none are given. */
  target<
    TPublisher extends RedisPublisher = Redis,
    TSubscriber extends RedisSubscriber = Redis,
  >(
    options: Partial<
      RedisEventTargetArgs & {
        publishClient: TPublisher;
        subscribeClient: TSubscriber;
      }
    > = {},
  ): TestTarget<TPublisher, TSubscriber> {
    const faults = new Log<EngineFault>();
    const {
      publishClient = this.client() as unknown as TPublisher,
      subscribeClient = this.client() as unknown as TSubscriber,
      ...rest
    } = options;
    const clients = { publishClient, subscribeClient };
    const args = { onError: faults.add, ...clients, ...rest };
    const target = createRedisEventTarget(args);
    this.#closers.push(() => target.close());
    return Object.assign(target, { faults, ...clients });
  }

  /** Tells every connection that listens on a channel. */
  async publish(channel: string, message: unknown): Promise<void> {
    const isText = typeof message === "string";
    await this.admin.publish(
      channel,
      isText ? message : JSON.stringify(message),
    );
  }

  /** How many connections are subscribed to each channel. */
  async subscribers(...channels: string[]): Promise<number[]> {
    const counts = await this.admin.pubsub("NUMSUB", ...channels);
    return counts.filter((_, i) => i % 2 === 1).map(Number);
  }

  /** How many patterns there are on the server. */
  async patterns(): Promise<number> {
    return Number(await this.admin.pubsub("NUMPAT"));
  }

  /** The channels that somebody is subscribed to. */
  async channels(): Promise<string[]> {
    const channels = await this.admin.pubsub("CHANNELS");
    return channels.map(String).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
  }
}

interface Closable {
  readonly status: string;
  on(event: "error", listener: () => void): unknown;
  once(event: "end", listener: () => void): unknown;
  disconnect(): void;
}

/** Those that wait to dial again just stop. */
async function ending(client: Closable): Promise<void> {
  const isOver = ["end", "reconnecting", "wait"].includes(client.status);
  const ended = new Promise<void>((resolve) => client.once("end", resolve));
  client.disconnect();
  if (!isOver) await ended;
}

/** A test on a server of its own. */
export function testOnRedis(
  name: string,
  fn: (setting: RedisSetting<Server>) => Promise<void>,
  options?: ServerOptions,
): void {
  testWithRedis(name, async (server) => {
    await using setting = new RedisSetting(server);
    await fn(setting);
  }, options);
}

/** The sum of what the faults say was lost. */
export function lostIn(faults: Log<EngineFault>): number {
  return faults.all.reduce((sum, { lost = 0 }) => sum + lost, 0);
}

/** Resolves with the first fault whose message matches. */
export async function faultLike(
  faults: Log<EngineFault>,
  pattern: RegExp,
): Promise<EngineFault & { readonly error: Error }> {
  const fault = await faults.find(({ error }) => pattern.test(String(error)));
  assert.ok(fault.error instanceof Error);
  return { ...fault, error: fault.error };
}

/** Resolves when a client has connected, now or the next time. */
export async function whenReady(client: Redis): Promise<void> {
  if (client.status !== "ready") await once(client, "ready");
}
