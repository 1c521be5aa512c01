import {
  type ClientName,
  Resubscriber,
  type Resubscribing,
} from "../crowd/_resubscribing.ts";
import { Peer } from "../_process.ts";
import { raws } from "../_raw.ts";
import type { Measured, Workload } from "../_result.ts";
import { startServer } from "../systems/_processes.ts";
import { loadSystem, type SystemId } from "../systems/_systems.ts";
import { inTurns } from "../_turns.ts";

const TOPICS = 10_000;
const KINDS = ["connect", "reconnect"] as const;

/** Who, by its server and what the client wants to know. */
const CLIENTS: readonly {
  id: SystemId;
  client: ClientName;
  args?: readonly string[];
}[] = [
  { id: "websocket", client: "websocket" },
  ...raws.map(({ name }) => ({
    id: name === "@number0/iroh" ? "iroh-number0" : "iroh-rayhanadev",
    client: "iroh",
    args: [name],
  } as const)),
  { id: "nats", client: "nats" },
  { id: "socket-io", client: "socket.io" },
];

export const workload: Workload = {
  title: "Connecting with 10 000 topics",
  method: `
What a client takes until its server has confirmed ${TOPICS} subscriptions, one
message for each of them and one answer after the last: from nothing, and when it
gives up a connection that stands and makes it again (\`reconnect()\`, as after a
loss, without the delay before it). Server and client have a process each; iroh's
endpoint stands before the clock starts. Socket.IO has no subscriptions: an
application writes a handler that joins rooms, here all in one message, and sends
that message itself when it is connected again.`,
  unit: "ms",
  better: "lower",
  async measure(result, plan) {
    await using stack = new AsyncDisposableStack();
    const rounds = new Map<string, Resubscribing[]>();
    const measures: Record<string, () => Promise<number>> = {};
    for (const { id, client, args = [] } of CLIENTS) {
      const { name, unavailable } = await loadSystem(id);
      const fault = await unavailable();
      if (fault !== undefined) {
        result.skip(name, fault);
        continue;
      }
      const address = await addressOf(id, stack);
      const topics = plan.some(TOPICS);
      const process = stack.use(
        new Resubscriber(client, address, topics, ...args),
      );
      const all: Resubscribing[] = [];
      rounds.set(name, all);
      measures[name] = async () => all.push(await process.run());
    }
    await inTurns(plan, measures);
    for (const kind of KINDS) {
      for (const [name, all] of rounds) {
        const samples = all.slice(plan.warmUps).map((one) => one[kind]);
        result.add({ [`${name}: ${kind}`]: samples });
      }
    }
    compare(result, "@alkdev/pubsub, WebSocket", "NATS");
    compare(result, "@alkdev/pubsub, WebSocket", "Socket.IO");
    compare(result, "@alkdev/pubsub, iroh (@rayhanadev)", "NATS");
  },
};

/** Starts a server that goes with the stack. */
async function addressOf(
  id: SystemId,
  stack: AsyncDisposableStack,
): Promise<string> {
  if (id !== "socket-io") return stack.use(await startServer(id)).address;
  // One whose clients join many rooms in one message.
  const server = stack.use(new Peer("./crowd/server.ts", ["socket.io"]));
  const { port } = await server.next<{ port: number }>();
  return `http://127.0.0.1:${port}`;
}

function compare(result: Measured, ours: string, theirs: string): void {
  for (const kind of KINDS) {
    result.compare(
      `${kind}: ${ours} vs ${theirs}`,
      { name: `${ours}: ${kind}` },
      { name: `${theirs}: ${kind}` },
    );
  }
}
