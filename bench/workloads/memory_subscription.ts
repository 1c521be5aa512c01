import {
  type Memory,
  memoryFault,
  memoryPerListener,
  memoryPerSubscription,
  serverFault,
} from "../crowd/_memory.ts";
import type { Workload } from "../_result.ts";
import { inTurns } from "../_turns.ts";

const CONNECTIONS = 50;
const TOPICS = 10_000;
/** One client with so many: what one more takes would be lost in less. */
const LISTENERS = 100_000;
/** Each takes new processes. */
const ROUNDS = 3;

const HUB = "@alkdev/pubsub, server";
const SPOKE = "@alkdev/pubsub, client";

const SERVERS = [
  { name: HUB, server: "hub" },
  { name: "NATS, server", server: "nats" },
  { name: "Redis, server", server: "redis" },
  { name: "Socket.IO, server", server: "socket.io" },
] as const;
const CLIENTS = [
  { name: SPOKE, server: "hub" },
  { name: "NATS, client", server: "nats" },
] as const;

export const workload: Workload = {
  title: "Memory of a subscription",
  method: `
What a process takes more for each subscription, in bytes of resident memory
(\`VmRSS\`), after a collection that gives back what is empty; of ours what is on the
JavaScript heap as well, buffers included. Servers have
${CONNECTIONS} connections, each subscribed to ${TOPICS} topics that no other has;
clients are one that subscribes to ${LISTENERS} topics with the same listener. All
topics are texts of 25 characters. Every sample is of new processes. Clients of
Socket.IO hold no topics, those of Redis only names.`,
  unit: "bytes",
  better: "lower",
  async measure(result, plan) {
    if (memoryFault !== undefined) {
      return result.skip("Resident memory", memoryFault);
    }
    const measures: Record<string, () => Promise<Memory>> = {};
    const add = async (
      name: string,
      server: typeof SERVERS[number]["server"],
      measure: () => Promise<Memory>,
    ) => {
      const fault = await serverFault(server);
      if (fault === undefined) measures[name] = measure;
      else result.skip(name, fault);
    };
    const topics = plan.some(TOPICS);
    for (const { name, server } of SERVERS) {
      const measure = () => memoryPerSubscription(server, CONNECTIONS, topics);
      await add(name, server, measure);
    }
    const listeners = plan.some(LISTENERS);
    for (const { name, server } of CLIENTS) {
      await add(name, server, () => memoryPerListener(server, listeners));
    }
    const rounds = Math.min(ROUNDS, plan.rounds);
    const took = await inTurns({ ...plan, rounds, warmUps: 0 }, measures);
    for (const [name, samples] of Object.entries(took)) {
      result.add({ [name]: samples.map(({ rss }) => rss) });
    }
    for (const name of [HUB, SPOKE]) {
      const heap = took[name]!.map(({ heap }) => heap);
      result.add({ [`${name}, JavaScript heap`]: heap });
    }
    result.compare(
      "A server: @alkdev/pubsub vs NATS",
      { name: HUB },
      { name: "NATS, server" },
    );
    result.compare(
      "A client: @alkdev/pubsub vs NATS",
      { name: SPOKE },
      { name: "NATS, client" },
    );
  },
};
