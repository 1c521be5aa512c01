// Redis with somebody who makes the replica the master when the master is gone.

import { type Server, type ServerOptions, startProgram } from "./_program.ts";
import { askRedis, redisPlan, untilRedisSays } from "./_redis_plan.ts";

/** A master, its replica and their sentinel; disposing of it stops them. */
export interface RedisSentinel extends AsyncDisposable {
  /** What the sentinel calls the two servers. */
  readonly name: string;
  /** As clients want them. */
  readonly sentinels: readonly {
    readonly host: string;
    readonly port: number;
  }[];
  /** What is the master at first: kill it, and the replica is the master. */
  readonly master: Server;
  readonly replica: Server;
  readonly sentinel: Server;
  stop(): Promise<void>;
}

/** How the group is called. */
const NAME = "main";

/** Starts them; resolves once the sentinel knows whom it can promote. */
export async function startRedisSentinel(
  { config = [] }: ServerOptions = {},
): Promise<RedisSentinel> {
  await using starting = new AsyncDisposableStack();
  const prompt = [...config, "repl-diskless-sync-delay 0"];
  const master = starting.use(await startProgram(redisPlan(prompt)));
  const replica = starting.use(
    await startProgram(
      redisPlan([...prompt, `replicaof 127.0.0.1 ${master.port}`]),
    ),
  );
  // A sentinel asks a master for its replicas at once, then in ten seconds.
  await untilRedisSays(
    async () =>
      /state=online/.test(await askRedis(master, "info", "replication")),
    "its replica is not online",
  );
  const sentinel = starting.use(await startSentinel(master));
  await untilRedisSays(
    async () =>
      /master-link-status\nok\n/.test(
        await askRedis(sentinel, "sentinel", "replicas", NAME),
      ),
    "its sentinel has not found the replica",
  );
  const started = starting.move();
  const stop = () => started.disposeAsync();
  return {
    name: NAME,
    sentinels: [{ host: "127.0.0.1", port: sentinel.port }],
    ...{ master, replica, sentinel },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function startSentinel(master: Server): Promise<Server> {
  return startProgram({
    name: "redis-server",
    lastArgs: ["--sentinel"],
    scheme: "redis",
    config: (port) => [
      "bind 127.0.0.1",
      `port ${port}`,
      `sentinel monitor ${NAME} 127.0.0.1 ${master.port} 1`,
      `sentinel down-after-milliseconds ${NAME} 500`,
      `sentinel failover-timeout ${NAME} 3000`,
    ],
    ready: /Sentinel ID is/,
  });
}
