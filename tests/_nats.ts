// What a test on a real server of NATS has at hand: targets, and others on the
// wire, all ended before the server is.

import {
  connect,
  type ConnectionOptions,
  type NatsConnection,
} from "@nats-io/transport-node";
import type { Server } from "../demo/_servers.ts";
import {
  createNatsEventTarget,
  type EngineEventTarget,
  type EngineFault,
  type NatsEventTargetArgs,
} from "../nats.ts";
import { testWithNats } from "./_engines.ts";
import { Log } from "./_waiting.ts";

/** A target, and what it told. */
export interface NatsParty {
  readonly target: EngineEventTarget;
  readonly connection: NatsConnection;
  readonly faults: Log<EngineFault>;
}

/** Two accounts: the tests are in one, the other is told about it. */
const CONFIG = [
  "accounts {",
  "  SYS { users: [{ user: sys, password: secret }] }",
  "  APP { users: [{ user: app, password: secret }] }",
  "}",
  "system_account: SYS",
  "no_auth_user: app",
];

/** A server, and who is connected to it. */
export class NatsSetting implements AsyncDisposable {
  readonly server: Server;
  readonly #stack = new AsyncDisposableStack();

  constructor(server: Server) {
    this.server = server;
  }

  async connection(options: ConnectionOptions = {}): Promise<NatsConnection> {
    const connection = await connect({
      servers: this.server.address,
      reconnectTimeWait: 20,
      maxReconnectAttempts: -1,
      ...options,
    });
    this.#stack.defer(() => connection.close());
    return connection;
  }

  /** A target, on a connection of its own unless it is given one. */
  async party(
    args: Partial<NatsEventTargetArgs> & { connection?: NatsConnection } = {},
  ): Promise<NatsParty> {
    const { connection = await this.connection() } = args;
    const faults = new Log<EngineFault>();
    const target = createNatsEventTarget({
      onError: faults.add,
      ...args,
      connection,
    });
    this.#stack.use(target);
    return { target, connection, faults };
  }

  /** The subjects that the server is subscribed to, by all connections. */
  async subscriptions(): Promise<string[]> {
    const system = await connect({
      servers: this.server.address,
      user: "sys",
      pass: "secret",
    });
    try {
      const answer = await system.request(
        "$SYS.REQ.SERVER.PING.CONNZ",
        JSON.stringify({ subscriptions: true, acc: "APP" }),
      );
      const { data } = answer.json<{
        data: { connections: { subscriptions_list?: string[] }[] };
      }>();
      return data.connections
        .flatMap((connection) => connection.subscriptions_list ?? [])
        .sort();
    } finally {
      await system.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** A test on a server of its own, to whose configuration lines are added. */
export function testOnNats(
  name: string,
  fn: (setting: NatsSetting) => Promise<void>,
  config: readonly string[] = CONFIG,
): void {
  testWithNats(name, async (server) => {
    await using setting = new NatsSetting(server);
    await fn(setting);
  }, { config });
}

/** The events that it told of as lost. */
export function lostOf({ faults }: NatsParty): number {
  return faults.all.reduce((sum, { lost = 0 }) => sum + lost, 0);
}

/** Each time that something happens to a connection. */
export function statusesOf(
  { connection }: NatsParty,
  type: string,
): Log<string> {
  const log = new Log<string>();
  (async () => {
    for await (const status of connection.status()) {
      if (status.type === type) log.add(type);
    }
  })();
  return log;
}
