// A process of spokes of every kind that come and go. Argument: `SpokesArgs` as
// JSON. Follows orders on standard input.

import { deferred } from "../../_deferred.ts";
import { createIrohSpokeEventTarget } from "../../iroh_spoke.ts";
import { createWebSocketClientEventTarget } from "../../websocket_client.ts";
import { type Binding, bindings } from "../_iroh.ts";
import { randomOf } from "../_random.ts";
import { pick, type SoakEvent } from "./_event.ts";
import { type Connect, Life } from "./_life.ts";
import {
  type Figures,
  followOrders,
  type Kind,
  KINDS,
  type Order,
  report,
  type SpokesArgs,
  type Tables,
} from "./_protocol.ts";
import { NOTHING } from "./_tally.ts";

const args: SpokesArgs = JSON.parse(Deno.args[0]!);
const TICK_MS = 20;
/** How long a spoke at rest may take to hear what the hub has relayed. */
const CATCH_UP_MS = 10_000;

let round = args.round;
let isLeaving = false;
/** Settled while there is no rest. */
let going = deferred<void>();
going.resolve();
let isResting = false;
const lives = new Set<Life>();
/** What the lives that ended in good order have sent. */
let departed: Tables = [];
const past: Figures = { ...NOTHING };

async function connector(kind: Kind, address: string): Promise<Connect> {
  if (kind === "WebSocket") {
    return (options, onSocket) =>
      createWebSocketClientEventTarget<SoakEvent>(() => {
        const socket = new WebSocket(address);
        onSocket(socket);
        return socket;
      }, options);
  }
  const binding: Binding = bindings.find(({ name }) => name === kind)!;
  const { endpoint } = await binding.createEndpoint();
  return (options) =>
    createIrohSpokeEventTarget<SoakEvent>({
      ...options,
      endpoint,
      hubNodeId: address,
    });
}

/** One spoke after the other. */
async function keepLiving(
  name: string,
  connect: Connect,
  random: (below: number) => number,
): Promise<void> {
  for (let i = 1; !isLeaving; i++) {
    await going.promise;
    const life = new Life(`${name}.${i}`, random, () => round);
    lives.add(life);
    past.lives++;
    if (await life.start(connect)) await live(life, random);
    await end(life);
    await pause(random(1500));
  }
}

/** What a spoke does until its time has come. */
async function live(
  life: Life,
  random: (below: number) => number,
): Promise<void> {
  await going.promise;
  for (let i = random(10); i >= 0; i--) life.listen();
  for (let steps = 5 + random(30); steps > 0 && !isLeaving; steps--) {
    await pause(100 + random(1500));
    await going.promise;
    const dice = random(100);
    if (dice < 50) life.listen();
    else if (dice < 75) life.unlisten();
    else if (dice < 78) void life.reconnect();
    void life.confirm();
  }
}

async function end(life: Life): Promise<void> {
  if (!lives.delete(life)) return;
  const isComplete = await life.end();
  if (isComplete) departed.push([life.name, life.table()]);
  add(past, life);
  report({
    say: "status",
    name: life.name,
    text: isComplete ? "has gone, all flushed" : "has gone",
    hasEnded: true,
  });
}

function add(figures: Figures, life: Life): void {
  figures.sent += life.sent;
  figures.reconnects += life.reconnects;
  figures.received += life.received.received;
  figures.inSequence += life.received.inSequence;
  figures.compared += life.received.compared;
  figures.skipped += life.received.skipped;
}

function figuresNow(): Figures {
  const { rss, heapUsed } = Deno.memoryUsage();
  const open = [...lives].filter(({ isOpen }) => isOpen).length;
  const figures = { ...past, open, rss, heap: heapUsed };
  for (const life of lives) add(figures, life);
  return figures;
}

let owed = 0;
function publish(random: (below: number) => number): void {
  if (isResting || isLeaving) return;
  const there = [...lives].filter(({ isThere }) => isThere);
  if (there.length === 0) return;
  owed += args.rate * TICK_MS / 1000;
  for (; owed >= 1; owed--) pick(there, random).publish();
}

async function rest(no: number, patience: number): Promise<void> {
  isResting = true;
  going = deferred();
  const resting = [...lives].filter(({ isThere }) => isThere);
  const spokes = await Promise.all(
    resting.map((life) => life.rest(no, patience)),
  );
  const tables: Tables = resting
    .filter((_, i) => spokes[i]!.isFlushed)
    .map((life) => [life.name, life.table()]);
  report({ say: "rested", spokes, tables: [...tables, ...departed] });
  departed = [];
}

async function compare(tables: Tables): Promise<void> {
  const losses = await Promise.all([...lives].map(async (life) => {
    // One that is cut off has no claim to what was sent meanwhile.
    if (life.isOpen && await life.catchUp(CATCH_UP_MS)) {
      for (const [from, table] of tables) life.received.compare(from, table);
    }
    life.unmark();
    return [life.name, life.losses] as [string, number];
  }));
  report({ say: "compared", losses });
}

async function leave(): Promise<void> {
  isLeaving = true;
  going.resolve();
  await Promise.all([...lives].map(end));
  report({ say: "left" });
  Deno.exit(0);
}

function follow(order: Order): void {
  if (order.say === "round") {
    round = order.round;
    report({ say: "round", round, figures: figuresNow() });
  } else if (order.say === "rest") void rest(order.no, order.patience);
  else if (order.say === "compare") void compare(order.tables);
  else if (order.say === "go") {
    isResting = false;
    going.resolve();
  } else if (order.say === "gone") {
    for (const { received } of lives) received.forget(order.names);
  } else if (order.say === "leave") void leave();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const SHORT = { "@number0/iroh": "n", "@rayhanadev/iroh": "r", WebSocket: "w" };
const ready = KINDS.flatMap((kind) => {
  const address = args.addresses[kind];
  return address === undefined ? [] : [{ kind, address }];
}).map(async ({ kind, address }) => ({
  kind,
  connect: await connector(kind, address),
}));
(await Promise.all(ready)).forEach(({ kind, connect }, k) => {
  for (let i = 0; i < args.spokesPerKind; i++) {
    const random = randomOf(args.seed + 1000 * k + i);
    void keepLiving(`${args.name}/${SHORT[kind]}${i}`, connect, random);
  }
});
const random = randomOf(args.seed - 1);
setInterval(() => publish(random), TICK_MS);
report({ say: "ready" });
await followOrders(follow);
