// Targets on a Redis server and the clients under them, closed with the test.

import assert from "node:assert/strict";
import { Redis, type RedisOptions } from "ioredis";
import type { Server, ServerOptions } from "../demo/_servers.ts";
import {
  createRedisEventTarget,
  type EngineEventTarget,
  type EngineFault,
  type RedisEvents,
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
    const client = new Redis({ port, ...PERSISTENT, ...options });
    client.on("error", () => {}); // Servers that are gone.
    this.closeWith(() => ending(client));
    return client;
  }

  /** Calls something at the end of the test. */
  closeWith(close: () => unknown): void {
    this.#closers.push(close);
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
    this.closeWith(() => target.close());
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

/** One that is about to dial is waited for: it leaves a timer behind otherwise. */
export async function ending(client: Redis): Promise<void> {
  client.options.retryStrategy = () => null;
  while (!["ready", "end", "wait"].includes(client.status)) {
    await Promise.race([next(client, "ready"), next(client, "end")]);
  }
  if (client.status === "end") return;
  const ended = next(client, "end");
  client.disconnect();
  await ended;
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

/** Resolves when a client tells of something, whatever errors it tells before. */
export function next(client: RedisEvents, event: string): Promise<void> {
  return new Promise((resolve) => {
    const listener = () => {
      client.off(event, listener);
      resolve();
    };
    client.on(event, listener);
  });
}

/** Resolves once a client has connected. */
export async function whenReady(client: Redis): Promise<void> {
  if (client.status !== "ready") await next(client, "ready");
}

/** Resolves once a client knows that it has lost its server. */
export async function whenGone(client: Redis): Promise<void> {
  if (client.status === "ready") await next(client, "close");
}

/** Resolves once a connection has ended, or not come about, so many times. */
export async function closes(client: Redis, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await next(client, "close");
}
