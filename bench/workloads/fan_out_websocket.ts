import { FanOut, type Took } from "../crowd/_fan_out.ts";
import type { ServerName } from "../crowd/_server.ts";
import { openFiles } from "../../tests/_open_files.ts";
import type { Measured, Workload } from "../_result.ts";
import { inTurns, type Plan } from "../_turns.ts";

const OURS = "@alkdev/pubsub, WebSocket";
const BARE = "bare loop of send";

/** Who, by server and its way of sending. */
const SYSTEMS = [
  { name: OURS, server: "hub", way: "hub" },
  { name: BARE, server: "hub", way: "loop" },
  { name: "ws", server: "ws", way: "ws" },
  { name: "Socket.IO", server: "socket.io", way: "socket.io" },
] as const;
const SERVERS = ["hub", "ws", "socket.io"] as const;

/** Deliveries before all are waited for, unless one event makes more. */
const BARRIER = 500;
/** What a process has open besides its sockets. */
const OTHER_FILES = 100;

/** How many bursts make a round, by the number of connections. */
const POINTS = [
  { connections: 1, bursts: 40 },
  { connections: 100, bursts: 40 },
  { connections: 1000, bursts: 40 },
  { connections: 10_000, bursts: 3 },
];

export const workload: Workload = {
  title: "One event to many WebSocket connections",
  method: `
Timed from the call that sends until the last of the clients, all in a process of
their own, has received it; the next is sent only then. With fewer than ${BARRIER}
connections as many events make ${BARRIER} deliveries between two barriers. A sample
is the median of what the bursts of a round took. The clients are written by hand,
count bytes and parse nothing: it is the sending end that is measured.

The bare loop (\`for (const socket of sockets) socket.send(text)\`) sends on the
same sockets of \`Deno.serve\` as the hub; they take turns burst by burst. \`ws\` sends
in the loop that its manual shows, Socket.IO to a room with \`io.to(room).emit\`; both
have a server process and clients of their own, and no compression.`,
  unit: "deliveries/s",
  better: "higher",
  axis: "connections",
  async measure(result, plan) {
    const limit = await openFiles();
    // Connecting so many takes longer than all the rest of a quick run.
    const points = plan.quick ? POINTS.slice(0, -1) : POINTS;
    for (const { connections, bursts } of points) {
      if (connections + OTHER_FILES > limit) {
        const why = `a process may have ${limit} files open`;
        result.skip(`${connections} connections`, why);
      } else await measurePoint(result, plan, connections, bursts);
    }
    result.compare(
      "1 000 connections, all received: @alkdev/pubsub vs the bare loop",
      { name: OURS, x: 1000 },
      { name: BARE, x: 1000 },
      { atLeast: 0.95 },
    );
    result.compare(
      "10 000 connections: @alkdev/pubsub vs the bare loop",
      { name: OURS, x: 10_000 },
      { name: BARE, x: 10_000 },
    );
    for (const name of ["ws", "Socket.IO"]) {
      result.compare(
        `1 000 connections: @alkdev/pubsub vs ${name}`,
        { name: OURS, x: 1000 },
        { name, x: 1000 },
      );
    }
  },
};

async function measurePoint(
  result: Measured,
  plan: Plan,
  connections: number,
  bursts: number,
): Promise<void> {
  const events = Math.max(1, Math.round(BARRIER / connections));
  const question = { bursts: plan.some(bursts, 2), events };
  await using stack = new AsyncDisposableStack();
  const measures: Record<string, () => Promise<Record<string, Took>>> = {};
  for (const name of SERVERS) {
    const server = stack.use(new FanOut(name, connections));
    await server.ready();
    measures[name] = () => server.run(question);
  }
  const rounds = await inTurns(plan, measures);
  const rates = (server: ServerName, way: string, until: keyof Took) =>
    rounds[server]!.map((took) =>
      events * connections / took[way]![until] * 1000
    );
  result.add(
    Object.fromEntries(
      SYSTEMS.map(({ name, server, way }) => [
        name,
        rates(server, way, "delivering"),
      ]),
    ),
    connections,
  );
  if (connections !== 1000) return;
  const loop = rates("hub", "loop", "sending");
  result.comparisons.push({
    what:
      "1 000 connections, until send() was called for all: @alkdev/pubsub vs the bare loop",
    as: "ratio",
    samples: rates("hub", "hub", "sending").map((one, i) => one / loop[i]!),
  });
}
