import {
  type ClientName,
  Resubscriber,
  type Resubscribing,
} from "../crowd/_resubscribing.ts";
import { Peer } from "../_process.ts";
import type { Measured, Workload } from "../_result.ts";
import { startServers } from "../systems/_processes.ts";
import type { SystemId } from "../systems/_systems.ts";
import { inTurns } from "../_turns.ts";

const TOPICS = 10_000;
const KINDS = ["connect", "reconnect"] as const;

/** Which client, by the system of its server; on iroh with its binding. */
const CLIENTS: Partial<Record<SystemId, [ClientName, string?]>> = {
  websocket: ["websocket"],
  "iroh-rayhanadev": ["iroh", "@rayhanadev/iroh"],
  "iroh-number0": ["iroh", "@number0/iroh"],
  nats: ["nats"],
};

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
    const topics = plan.some(TOPICS);
    const measures: Record<string, () => Promise<Resubscribing>> = {};
    const add = (
      name: string,
      address: string,
      client: ClientName,
      rest = "",
    ) => {
      const process = stack.use(
        new Resubscriber(client, address, topics, rest),
      );
      measures[name] = () => process.run();
    };
    const ids = Object.keys(CLIENTS) as SystemId[];
    for (
      const { id, name, address } of await startServers(result, ids, stack)
    ) add(name, address, ...CLIENTS[id]!);
    // A server of its own: clients join many rooms in one message.
    const server = stack.use(new Peer("./crowd/server.ts", ["socket.io"]));
    const { port } = await server.next<{ port: number }>();
    add("Socket.IO", `http://127.0.0.1:${port}`, "socket.io");
    const rounds = await inTurns(plan, measures);
    for (const kind of KINDS) {
      for (const [name, all] of Object.entries(rounds)) {
        result.add({ [`${name}, ${kind}`]: all.map((one) => one[kind]) });
      }
    }
    compare(result, "@alkdev/pubsub, WebSocket", "NATS");
    compare(result, "@alkdev/pubsub, WebSocket", "Socket.IO");
    compare(result, "@alkdev/pubsub, iroh (@rayhanadev)", "NATS");
  },
};

function compare(result: Measured, ours: string, theirs: string): void {
  for (const kind of KINDS) {
    result.compare(
      `${kind}: ${ours} vs ${theirs}`,
      { name: `${ours}, ${kind}` },
      { name: `${theirs}, ${kind}` },
    );
  }
}
