// A cluster of Redis as it is in production, without replicas.

import { type Server, type ServerOptions, startProgram } from "./_program.ts";
import { askRedis, redisPlan, untilRedisSays } from "./_redis_plan.ts";

/** Three masters that share the slots; disposing of it stops them. */
export interface RedisCluster extends AsyncDisposable {
  /** As the clients of clusters want them. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** The servers, in the same order. */
  readonly servers: readonly Server[];
  /** Kills a master; the two others go on without its slots. */
  kill(index: number): Promise<void>;
  /** Starts one that was killed; resolves once those that run agree again. */
  start(index: number): Promise<void>;
  stop(): Promise<void>;
}

const MASTERS = 3;
const SLOTS = 16_384;

/** Starts a cluster; resolves once every slot has its master. */
export async function startRedisCluster(
  { config = [] }: ServerOptions = {},
): Promise<RedisCluster> {
  await using starting = new AsyncDisposableStack();
  const servers: Server[] = [];
  for (let i = 0; i < MASTERS; i++) {
    servers.push(starting.use(await startNode(config)));
  }
  await join(servers);
  const started = starting.move();
  const stop = () => started.disposeAsync();
  const running = new Set(servers);
  return {
    servers,
    nodes: servers.map(({ port }) => ({ host: "127.0.0.1", port })),
    async kill(index) {
      running.delete(servers[index]!);
      await servers[index]!.kill();
    },
    async start(index) {
      await servers[index]!.start();
      running.add(servers[index]!);
      await untilAgreed([...running]);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function startNode(config: readonly string[]): Promise<Server> {
  const plan = redisPlan(config);
  return startProgram({
    ...plan,
    otherPorts: 1,
    config: (port, busPort) => [
      ...plan.config(port),
      "cluster-enabled yes",
      "cluster-config-file nodes.conf",
      `cluster-port ${busPort}`,
      "cluster-require-full-coverage no",
      "cluster-node-timeout 1000",
    ],
  });
}

async function join(servers: readonly Server[]): Promise<void> {
  for (const [i, server] of servers.entries()) {
    const first = Math.ceil(i * SLOTS / MASTERS);
    const last = Math.ceil((i + 1) * SLOTS / MASTERS) - 1;
    await askRedis(server, "cluster", "addslotsrange", first, last);
    // Else they find out one by one that they have the same.
    await askRedis(server, "cluster", "set-config-epoch", i + 1);
  }
  const [first, ...others] = servers;
  for (const { port } of others) {
    const bus = await askRedis({ port }, "config", "get", "cluster-port");
    const busPort = bus.split("\n").at(-1)!;
    await askRedis(first!, "cluster", "meet", "127.0.0.1", port, busPort);
  }
  await untilAgreed(servers);
}

/** Waits until each of them has found all of them, and none says it is down. */
function untilAgreed(servers: readonly Server[]): Promise<void> {
  const isAgreed = async (server: Server) => {
    const info = await askRedis(server, "cluster", "info");
    if (!info.includes("cluster_state:ok")) return false;
    const nodes = (await askRedis(server, "cluster", "nodes")).split("\n");
    return servers.every(({ address }) => {
      const node = nodes.find((line) => line.includes(` ${address}@`));
      // Its flags, how the connection to it is, and the slots that it has.
      const pattern = / (myself,)?master - \d+ \d+ \d+ connected \d/;
      return node !== undefined && pattern.test(node);
    });
  };
  return untilRedisSays(
    async () => (await Promise.all(servers.map(isAgreed))).every(Boolean),
    "its cluster does not agree",
  );
}
