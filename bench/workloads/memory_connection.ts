import {
  type MeasuredServer,
  type Memory,
  memoryFault,
  memoryPerConnection,
  serverFault,
} from "../crowd/_memory.ts";
import type { Workload } from "../_result.ts";
import { inTurns } from "../_turns.ts";

const CONNECTIONS = 3000;
/** Each takes new processes. */
const ROUNDS = 3;
const MOST_MORE_BYTES = 4096;

const BARE = "bare socket of Deno.serve";
const OURS = "@alkdev/pubsub, WebSocket";

/** Who, with which topics. */
const CASES: readonly {
  name: string;
  server: MeasuredServer;
  topics: number;
  own: boolean;
}[] = [
  { name: BARE, server: "bare", topics: 0, own: false },
  { name: `${OURS}, no topics`, server: "hub", topics: 0, own: false },
  { name: `${OURS}, 10 shared topics`, server: "hub", topics: 10, own: false },
  { name: `${OURS}, 10 topics each`, server: "hub", topics: 10, own: true },
  { name: "ws, no topics", server: "ws", topics: 0, own: false },
  {
    name: "Socket.IO, 10 shared topics",
    server: "socket.io",
    topics: 10,
    own: false,
  },
  {
    name: "Socket.IO, 10 topics each",
    server: "socket.io",
    topics: 10,
    own: true,
  },
  { name: "NATS, 10 shared topics", server: "nats", topics: 10, own: false },
  { name: "NATS, 10 topics each", server: "nats", topics: 10, own: true },
  { name: "Redis, 10 shared topics", server: "redis", topics: 10, own: false },
  { name: "Redis, 10 topics each", server: "redis", topics: 10, own: true },
];

export const workload: Workload = {
  title: "Memory of an idle connection",
  method: `
What the server's process takes more for each of ${CONNECTIONS} idle connections, in
bytes of resident memory (\`VmRSS\`), after a collection that gives back what is
empty. Every sample is of a server of its own that had 200 connections before, so
that compiled code does not count. The clients are written by hand, in a process of
their own; each subscribed to ten topics, the same for all or ten that nobody else
has. Bare sockets and \`ws\` have no topics. Kernel buffers count for nobody.`,
  unit: "bytes",
  better: "lower",
  async measure(result, plan) {
    if (memoryFault !== undefined) {
      return result.skip("Resident memory", memoryFault);
    }
    const measures: Record<string, () => Promise<Memory>> = {};
    const count = plan.some(CONNECTIONS, 300);
    // Topics of their own take others through the same code.
    const cases = plan.quick
      ? CASES.filter(({ own, server }) => !own || server === "hub")
      : CASES;
    for (const { name, server, topics, own } of cases) {
      const fault = await serverFault(server);
      if (fault !== undefined) {
        result.skip(name, fault);
        continue;
      }
      const many = { count: topics, own };
      measures[name] = () => memoryPerConnection(server, count, many);
    }
    const rounds = Math.min(ROUNDS, plan.rounds);
    const took = await inTurns({ ...plan, rounds, warmUps: 0 }, measures);
    for (const [name, samples] of Object.entries(took)) {
      result.add({ [name]: samples.map(({ rss }) => rss) });
    }
    for (const topics of ["no topics", "10 shared topics", "10 topics each"]) {
      const name = `${OURS}, ${topics}`;
      const atMost = topics === "no topics" ? undefined : MOST_MORE_BYTES;
      result.compare(
        `@alkdev/pubsub, ${topics}: more than a bare socket`,
        { name },
        { name: BARE },
        { as: "difference", atMost },
      );
      result.comparisons.push({
        what: `of it on the JavaScript heap`,
        as: "difference",
        samples: took[name]!.map(({ heap }, i) => heap - took[BARE]![i]!.heap),
      });
    }
  },
};
