// What processes take: servers with many clients, clients with many topics.

import { memoryFault, residentBytes } from "../_proc.ts";
import { Peer } from "../_process.ts";
import { nats } from "../systems/nats.ts";
import { redis } from "../systems/redis.ts";
import type { System } from "../systems/_system.ts";
import { Clients, type Subscribe } from "./_clients.ts";
import type { ProtocolName } from "./_protocols.ts";
import { type ServerName, servers } from "./_server.ts";

/** Whatever can be asked for its memory. */
export type MeasuredServer = ServerName | "nats" | "redis";

/** Bytes. */
export interface Memory {
  /** All that the system counts as the process's. */
  readonly rss: number;
  /** Of JavaScript, buffers included; 0 for a program without. */
  readonly heap: number;
}

export { memoryFault };

const programs: Partial<Record<MeasuredServer, System>> = { nats, redis };

/** Why there is no such server here. */
export async function serverFault(
  server: MeasuredServer,
): Promise<string | undefined> {
  return await programs[server]?.unavailable();
}

interface Started {
  readonly protocol: ProtocolName;
  readonly port: number;
  memory(): Promise<Memory>;
}

async function start(
  server: MeasuredServer,
  stack: AsyncDisposableStack,
): Promise<Started> {
  if (server === "nats" || server === "redis") {
    const { address, pid } = stack.use(await programs[server]!.serve());
    return {
      protocol: server,
      port: Number(address.split(":").at(-1)),
      memory: async () => ({ rss: await residentBytes(pid!), heap: 0 }),
    };
  }
  const script = "./crowd/server.ts";
  const process = stack.use(new Peer(script, [server], V8_FLAGS));
  const { port, pid } = await process.next<{ port: number; pid: number }>();
  return {
    protocol: servers[server],
    port,
    async memory() {
      const heap = await process.ask<number>("heap");
      return { rss: await residentBytes(pid), heap };
    },
  };
}

/** By so much a process grew. */
function growth(before: Memory, after: Memory, things: number): Memory {
  return {
    rss: (after.rss - before.rss) / things,
    heap: (after.heap - before.heap) / things,
  };
}

/** What a server with so many clients takes more for each. */
export async function memoryPerConnection(
  server: MeasuredServer,
  connections: number,
  topics: { count: number; own: boolean },
): Promise<Memory> {
  await using stack = new AsyncDisposableStack();
  const { protocol, port, memory } = await start(server, stack);
  const clients = stack.use(new Clients(protocol, port));
  const add = async (from: number, count: number) => {
    await clients.connect(count);
    if (topics.count === 0) return;
    const { count: subscribe, own } = topics;
    await clients.subscribe({ from, subscribe, first: FIRST_ROOM, own });
  };
  await add(0, WARM_UP_CONNECTIONS);
  const before = await memory();
  await add(WARM_UP_CONNECTIONS, connections);
  return growth(before, await memory(), connections);
}

/** What a server takes more for each of the topics of its clients. */
export async function memoryPerSubscription(
  server: MeasuredServer,
  connections: number,
  topics: number,
): Promise<Memory> {
  await using stack = new AsyncDisposableStack();
  const { protocol, port, memory } = await start(server, stack);
  const clients = stack.use(new Clients(protocol, port));
  await clients.connect(connections);
  const all: Subscribe = { from: 0, own: true, subscribe: 0, first: 0 };
  await clients.subscribe({ ...all, subscribe: 10, first: 9_000_000 });
  const before = await memory();
  await clients.subscribe({ ...all, subscribe: topics, first: FIRST_ROOM });
  return growth(before, await memory(), connections * topics);
}

/** What a client takes more for each of its topics. */
export async function memoryPerListener(
  server: "hub" | "nats",
  topics: number,
): Promise<Memory> {
  await using stack = new AsyncDisposableStack();
  const { protocol, port } = await start(server, stack);
  const script = "./crowd/subscriber.ts";
  const args = [protocol, String(port)];
  const process = stack.use(new Peer(script, args, V8_FLAGS));
  const { pid } = await process.next<{ pid: number }>();
  const subscribe = async (count: number): Promise<Memory> => {
    const heap = await process.ask<number>(count);
    return { rss: await residentBytes(pid), heap };
  };
  const before = await subscribe(100);
  return growth(before, await subscribe(topics), topics);
}

const FIRST_ROOM = 1_000_000;
/** A young generation that stays small: that it grows is due to no connection. */
const V8_FLAGS = ["--expose-gc", "--max-semi-space-size=1"];
/** They run through all code, so that what it compiles to is not counted. */
const WARM_UP_CONNECTIONS = 200;
