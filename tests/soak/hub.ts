// The hub's process: a hub of every kind that can run here, joined to one.
// Argument: `HubArgs` as JSON. Follows orders on standard input.

import { Buffer } from "node:buffer";
import { within } from "../../_deferred.ts";
import { EnvelopeError, FrameError } from "../../errors.ts";
import { createIrohHubEventTarget, type HubOptions } from "../../iroh_hub.ts";
import {
  createWebSocketServerEventTarget,
  type HubEventTarget,
} from "../../websocket_server.ts";
import { heapBytes } from "../_garbage.ts";
import { type Binding, bindings } from "../_iroh.ts";
import { type SoakEvent, TYPES } from "./_event.ts";
import {
  type Addresses,
  followOrders,
  type HubArgs,
  type Kind,
  LIVENESS,
  type Order,
  report,
  type Tables,
} from "./_protocol.ts";
import { Received } from "./_received.ts";
import { NOTHING } from "./_tally.ts";

const args: HubArgs = JSON.parse(Deno.args[0]!);
let round = args.round;
const hubs: HubEventTarget<SoakEvent>[] = [];
const addresses: Addresses = {};
const ports: Partial<Record<Kind, number>> = {};

const received = new Received(
  "hub",
  () => round,
  (finding) => report({ say: "finding", finding }),
);

const options: HubOptions = {
  ...LIVENESS,
  relay: true,
  onError({ error, connection }) {
    // Peers that are killed leave many faults, but none of these.
    if (error instanceof EnvelopeError || error instanceof FrameError) {
      const why = `was told of ${error} on ${connection?.id}`;
      report({ say: "broken", name: "hub", why });
    }
  },
};

/**
 * Opens a port: the one given, or else some free one below those that clients
 * get. Whoever dials would take such a one in the time in which no hub has it.
 */
async function onPort<T>(
  given: number | undefined,
  open: (port: number) => T | Promise<T>,
): Promise<T> {
  if (given !== undefined) return await open(given);
  for (let attempts = 20;; attempts--) {
    try {
      return await open(20_000 + Math.floor(Math.random() * 12_000));
    } catch (error) {
      if (attempts === 0) throw error;
    }
  }
}

async function serve(kind: Kind): Promise<void> {
  const port = args.ports[kind];
  if (kind === "WebSocket") return await serveWebSockets(port);
  const binding: Binding = bindings.find(({ name }) => name === kind)!;
  const secretKey = Uint8Array.from(Buffer.from(args.secretKey, "hex"));
  const made = await onPort(
    port,
    (port) => binding.createEndpoint({ secretKey, port }),
  );
  addresses[kind] = made.address;
  ports[kind] = made.port;
  const { endpoint } = made;
  hubs.push(
    await createIrohHubEventTarget<SoakEvent>({ ...options, endpoint }),
  );
}

async function serveWebSockets(given: number | undefined): Promise<void> {
  const hub = createWebSocketServerEventTarget<SoakEvent>(options);
  const server = await onPort(given, (port) =>
    Deno.serve(
      { hostname: "127.0.0.1", port, onListen() {} },
      (request) => {
        const { socket, response } = Deno.upgradeWebSocket(request);
        hub.addConnection(socket);
        return response;
      },
    ));
  ports.WebSocket = server.addr.port;
  addresses.WebSocket = `ws://127.0.0.1:${server.addr.port}`;
  hubs.push(hub);
}

/** Each hub passes on to the others what its connections send. */
function join(): void {
  for (const hub of hubs) {
    const others = hubs.filter((other) => other !== hub);
    for (const type of TYPES) {
      hub.addEventListener(type, ({ detail }) => {
        received.take(type, detail);
        for (const other of others) {
          other.dispatchEvent(new CustomEvent(type, { detail }));
        }
      });
    }
  }
  // No connection can lie between: what is sent from now on has to arrive.
  for (const type of TYPES) received.listen(type);
  received.mark()();
}

function connections() {
  return hubs.flatMap((hub) => [...hub.connections]);
}

async function compare(tables: Tables, marks: string[]): Promise<void> {
  await Promise.all(hubs.map((hub) => hub.flush()));
  for (const [from, table] of tables) received.compare(from, table);
  const all = connections();
  report({
    say: "counted",
    topics: marks.map((mark) => {
      const marked = all.filter(({ topics }) => topics.has(mark));
      return [mark, marked.map(({ topics }) => [...topics].sort())];
    }),
    heap: await heapBytes(),
    connections: all.length,
  });
}

async function leave(): Promise<void> {
  await Promise.all(hubs.map((hub) => hub.close()));
  report({ say: "left" });
  Deno.exit(0);
}

function follow(order: Order): void {
  if (order.say === "round") {
    round = order.round;
    const { rss, heapUsed } = Deno.memoryUsage();
    report({
      say: "round",
      round,
      figures: {
        ...NOTHING,
        received: received.received,
        inSequence: received.inSequence,
        compared: received.compared,
        skipped: received.skipped,
        open: connections().length,
        rss,
        heap: heapUsed,
      },
    });
  } else if (order.say === "compare") void compare(order.tables, order.marks);
  else if (order.say === "gone") received.forget(order.names);
  else if (order.say === "kick") {
    const all = connections();
    if (all.length === 0) return;
    // One that no longer answers is closed all the same, in time.
    void within(all[order.pick % all.length]!.close(order.code), 1, () => {});
  } else if (order.say === "leave") void leave();
}

await Promise.all(args.kinds.map(serve));
join();
report({ say: "ready", addresses, ports });
await followOrders(follow);
