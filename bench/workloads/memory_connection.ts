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

const OURS_CASES = ["no topics", "10 shared topics", "10 topics each"]
  .map((topics) => `${OURS}, ${topics}`);

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
What the server's process takes more for each of ${CONNECTIONS} idle connections, after
a collection that gives back what is empty. Every sample is of a server of its own
that had 200 connections before, so that compiled code does not count. The clients are
written by hand, in a process of their own; each subscribed to ten topics, the same
for all or ten that nobody else has. Bare sockets and \`ws\` have no topics. Kernel
buffers count for nobody.

- **Resident** memory (\`VmRSS\`) is what can be compared with programs that are not
  JavaScript. It holds what V8 and \`malloc\` keep in reserve as well, and moves by
  half a KiB a connection from one server to the next; V8's young generation is held
  at 1 MB for all, or its growth would count.
- **The JavaScript heap**, buffers included, is all that this library holds, and the
  same to a few bytes in every round: so the bar is on it.`,
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
    for (const name of [BARE, ...OURS_CASES]) {
      result.add({ [heapOf(name)]: took[name]!.map(({ heap }) => heap) });
    }
    for (const name of OURS_CASES) {
      const what = `${name}: more than a bare socket`;
      result.compare(
        `${what}, JavaScript heap`,
        { name: heapOf(name) },
        { name: heapOf(BARE) },
        {
          as: "difference",
          atMost: name.endsWith("no topics") ? undefined : MOST_MORE_BYTES,
        },
      );
      result.compare(`${what}, resident`, { name }, { name: BARE }, {
        as: "difference",
      });
    }
  },
};

function heapOf(name: string): string {
  return `${name}, JavaScript heap`;
}
