// Redis and NATS, for the demo, the tests and the benchmarks: every kind of server
// that the library is used with.

import { type Server, type ServerOptions, startProgram } from "./_program.ts";
import { redisPlan } from "./_redis_plan.ts";

export { programFault, type Server, type ServerOptions } from "./_program.ts";
export { type RedisCluster, startRedisCluster } from "./_redis_cluster.ts";
export { type RedisSentinel, startRedisSentinel } from "./_redis_sentinel.ts";

/** Starts a Redis server that keeps nothing on the disk. */
export function startRedis({ config }: ServerOptions = {}): Promise<Server> {
  return startProgram(redisPlan(config));
}

/** Starts a NATS server without JetStream. */
export function startNats({ config = [] }: ServerOptions = {}): Promise<
  Server
> {
  return startProgram({
    name: "nats-server",
    args: ["--config"],
    scheme: "nats",
    config: (port) => [`listen: "127.0.0.1:${port}"`, ...config],
    ready: /Server is ready/,
  });
}
