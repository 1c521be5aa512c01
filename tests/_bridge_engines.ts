// The engines that hubs are linked over: a real server, targets on it, and what
// the server itself says about them.

import { connect, type NatsConnection } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import { subjectOf, subscriptionOf } from "../_nats_subject.ts";
import type { EngineEventTarget, EngineOptions } from "../_engine_options.ts";
import { type Server, startNats, startRedis } from "../demo/_servers.ts";
import { parseTopic } from "../mod.ts";
import { createNatsEventTarget } from "../nats.ts";
import { createRedisEventTarget } from "../redis.ts";
import { natsFault, redisFault } from "./_engines.ts";
import { ending } from "./_redis.ts";
import { Log } from "./_waiting.ts";

/** An engine of one kind. */
export interface EngineKind {
  readonly name: "Redis" | "NATS";
  /** Why it cannot run here. */
  readonly fault: string | undefined;
  start(): Promise<TestEngine>;
}

/** A server, and whoever is connected to it; disposing of it ends them all. */
export interface TestEngine extends AsyncDisposable {
  readonly server: Server;
  /** A target with clients of its own. */
  target(options?: EngineOptions): Promise<EngineEventTarget>;
  /** How many clients the server has that are subscribed to a topic. */
  subscribed(topic: string): Promise<number>;
  /** Its subscriptions of all topics, but for those of bridges themselves. */
  subscriptions(): Promise<number>;
  /** A text from somebody who does not use this library. */
  publish(topic: string, text: string): Promise<void>;
  /** What is published from now on, but for what bridges tell each other. */
  watch(): Promise<Log<string>>;
}

const PREFIX = "alkpubsub";

/** How soon a client dials again, in milliseconds. */
const RETRY_DELAY = 20;

/** What bridges tell each other. */
const isTalk = (name: string) => /^alkpubsub.__bridge\b/.test(name);

class RedisEngine implements TestEngine {
  readonly server: Server;
  readonly #clients: Redis[] = [];
  readonly #targets: EngineEventTarget[] = [];
  readonly #own: Redis;

  constructor(server: Server) {
    this.server = server;
    this.#own = this.#client();
  }

  target(options: EngineOptions = {}): Promise<EngineEventTarget> {
    const target = createRedisEventTarget({
      publishClient: this.#client(),
      subscribeClient: this.#client(),
      onError() {},
      ...options,
    });
    this.#targets.push(target);
    return Promise.resolve(target);
  }

  async subscribed(topic: string): Promise<number> {
    const answer = await this.#own.pubsub("NUMSUB", `${PREFIX}:${topic}`);
    return Number(answer[1]);
  }

  async subscriptions(): Promise<number> {
    const channels = await this.#own.pubsub("CHANNELS", `${PREFIX}:*`);
    const patterns = await this.#own.pubsub("NUMPAT");
    return (channels as string[]).filter((name) => !isTalk(name)).length +
      Number(patterns);
  }

  async publish(topic: string, text: string): Promise<void> {
    await this.#own.publish(`${PREFIX}:${topic}`, text);
  }

  async watch(): Promise<Log<string>> {
    const log = new Log<string>();
    const client = this.#client();
    client.on("pmessage", (_pattern: string, channel: string, text: string) => {
      if (!isTalk(channel)) log.add(text);
    });
    await client.psubscribe(`${PREFIX}:*`);
    return log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#targets.map((target) => target.close()));
    await Promise.all(this.#clients.map(ending));
    await this.server.stop();
  }

  #client(): Redis {
    const client = new Redis(this.server.port, "127.0.0.1", {
      retryStrategy: () => RETRY_DELAY,
      maxRetriesPerRequest: null,
    });
    client.on("error", () => {}); // It dials again.
    this.#clients.push(client);
    return client;
  }
}

class NatsEngine implements TestEngine {
  readonly server: Server;
  readonly #connections: NatsConnection[] = [];
  readonly #targets: EngineEventTarget[] = [];
  readonly #own: NatsConnection;
  readonly #monitorPort: number;

  constructor(server: Server, own: NatsConnection, monitorPort: number) {
    this.server = server;
    this.#own = own;
    this.#monitorPort = monitorPort;
  }

  static async start(): Promise<NatsEngine> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const server = await startNats({ config: [`http: "127.0.0.1:${port}"`] });
    return new NatsEngine(server, await connectTo(server), port);
  }

  async target(options: EngineOptions = {}): Promise<EngineEventTarget> {
    const connection = await connectTo(this.server);
    this.#connections.push(connection);
    const target = createNatsEventTarget({
      connection,
      onError() {},
      ...options,
    });
    this.#targets.push(target);
    return target;
  }

  async subscribed(topic: string): Promise<number> {
    const subject = subscriptionOf(PREFIX, topic);
    return (await this.#subjects()).filter((one) => one === subject).length;
  }

  async subscriptions(): Promise<number> {
    const subjects = await this.#subjects();
    return subjects.filter((subject) => !isTalk(subject)).length;
  }

  async publish(topic: string, text: string): Promise<void> {
    const { type, id } = parseTopic(topic);
    // The server may have just come back.
    for (let isSent = false; !isSent && !this.#own.isClosed();) {
      this.#own.publish(subjectOf(PREFIX, type, id), text);
      isSent = await this.#own.flush().then(() => true, () => false);
    }
  }

  async watch(): Promise<Log<string>> {
    const log = new Log<string>();
    this.#own.subscribe(`${PREFIX}.>`, {
      callback: (_error, message) => {
        if (!isTalk(message.subject)) log.add(message.string());
      },
    });
    await this.#own.flush();
    return log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#targets.map((target) => target.close()));
    for (const one of [this.#own, ...this.#connections]) await one.close();
    await this.server.stop();
  }

  /** Of all subscriptions, with ours among them. */
  async #subjects(): Promise<string[]> {
    const url = `http://127.0.0.1:${this.#monitorPort}/subsz?subs=1&limit=9999`;
    const answer = await fetch(url);
    const { subscriptions_list: list } = await answer.json();
    return (list as { subject: string }[])
      .map(({ subject }) => subject)
      .filter((subject) => subject.startsWith(`${PREFIX}.`));
  }
}

async function connectTo({ address }: Server): Promise<NatsConnection> {
  return await connect({
    servers: address,
    reconnectTimeWait: RETRY_DELAY,
    reconnectJitter: 0,
    maxReconnectAttempts: -1,
  });
}

export const redis: EngineKind = {
  name: "Redis",
  fault: redisFault,
  start: async () => new RedisEngine(await startRedis()),
};

export const nats: EngineKind = {
  name: "NATS",
  fault: natsFault,
  start: () => NatsEngine.start(),
};

export const engineKinds: readonly EngineKind[] = [redis, nats];

/** What somebody publishes who does not use this library. */
export function foreign(
  type: string,
  id = "",
  payload: unknown = null,
): string {
  return JSON.stringify({ type, id, payload });
}
