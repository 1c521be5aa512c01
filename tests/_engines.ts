// Tests with real servers of Redis and NATS, ignored where there are none.

import { within } from "../_deferred.ts";
import {
  programFault,
  type RedisCluster,
  type RedisSentinel,
  type Server,
  type ServerOptions,
  startNats,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from "../demo/_servers.ts";

/** Why there is no Redis here; `undefined` when there is. */
export const redisFault: string | undefined = await programFault(
  "redis-server",
);

/** Why there is no NATS here; `undefined` when there is. */
export const natsFault: string | undefined = await programFault("nats-server");

/** Groups of servers are put together by its command line. */
const redisGroupFault = redisFault ?? await programFault("redis-cli");

for (const [name, fault] of [["Redis", redisGroupFault], ["NATS", natsFault]]) {
  if (fault !== undefined) {
    console.warn(`Skipping the tests with ${name}: ${fault}`);
  }
}

/** Declares a test that is given a server of its own. */
export type TestWith<TServer> = (
  name: string,
  fn: (server: TServer) => Promise<void>,
  options?: ServerOptions,
) => void;

/** Far more than any test takes. */
const DEADLINE = 60_000;

/** One that hangs fails; whatever becomes of it, its server does not outlive it. */
function testWith<TServer extends AsyncDisposable>(
  kind: string,
  fault: string | undefined,
  start: (options?: ServerOptions) => Promise<TServer>,
): TestWith<TServer> {
  return (name, fn, options) =>
    Deno.test({
      name: `${kind}: ${name}`,
      ignore: fault !== undefined,
      async fn() {
        await using server = await start(options);
        await within(fn(server), DEADLINE, () => {
          throw new Error(`The test did not end in ${DEADLINE} ms`);
        });
      },
    });
}

export const testWithRedis: TestWith<Server> = testWith(
  "Redis",
  redisFault,
  startRedis,
);

export const testWithRedisCluster: TestWith<RedisCluster> = testWith(
  "Redis Cluster",
  redisGroupFault,
  startRedisCluster,
);

export const testWithRedisSentinel: TestWith<RedisSentinel> = testWith(
  "Redis Sentinel",
  redisGroupFault,
  startRedisSentinel,
);

export const testWithNats: TestWith<Server> = testWith(
  "NATS",
  natsFault,
  startNats,
);
