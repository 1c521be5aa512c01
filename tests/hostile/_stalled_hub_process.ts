// A hub that fans out as fast as its healthy subscribers take it. Argument: the
// plan as JSON. Says where it serves, and answers `round` once all healthy
// subscribers have so many events more, `fill` once the stalled one takes nothing
// more, `overflow` once it was given up.

import process from "node:process";
import { CloseCode, createEvent } from "../../mod.ts";
import { answer, say } from "../_line_process.ts";
import { counting, type HubPlan, openHub, type Told } from "./_crowd_hub.ts";

const plan: HubPlan = JSON.parse(process.argv[2]!);
const told: Told = { admitted: 0, ended: {}, faults: {}, pressures: [] };
const hooks = counting(told);
const { hub, address, nodeId, port } = await openHub(plan, {
  ...hooks,
  onDisconnection(connection, how) {
    hooks.onDisconnection!(connection, how);
    if (how.code === CloseCode.SLOW_CONSUMER) return;
    // A healthy one would be waited for, for ever.
    console.error("Lost a subscriber:", how);
    process.exit(1);
  },
});

say({ address, nodeId, port });

/** Events that are dispatched in one task. */
const BATCH = 10;

/** Bytes that may wait for a healthy subscriber before the next batch. */
const ENOUGH = 128 * 1024;

const TEXT = "x".repeat(120);

const turn = (delay = 0) =>
  new Promise<void>((resolve) => setTimeout(resolve, delay));

/** The one that takes what fills it. */
const stalled = () =>
  [...hub.connections].find(({ topics }) => topics.has("fill"));

const isBehind = () =>
  [...hub.connections].some((connection) =>
    !connection.topics.has("fill") && connection.bufferedBytes > ENOUGH
  );

const arrivals = new Map<number, () => void>();
hub.addEventListener("done", ({ detail: { payload } }) => {
  arrivals.get(payload as number)?.();
});

let next = 0;
let rounds = 0;
let mostBuffered = 0;

function sample(): void {
  const connection = stalled();
  if (connection === undefined) return;
  mostBuffered = Math.max(mostBuffered, connection.bufferedBytes);
}

async function round(events: number) {
  const number = ++rounds;
  const arrived = new Promise<void>((resolve) => {
    arrivals.set(number, resolve);
  });
  const start = performance.now();
  for (let i = 0; i < events; i++) {
    hub.dispatchEvent(createEvent("tick", "", { number: next++, text: TEXT }));
    sample();
    if (i % BATCH !== BATCH - 1) continue;
    await turn();
    while (isBehind()) await turn(1);
  }
  hub.dispatchEvent(createEvent("mark", "", number));
  await arrived;
  const milliseconds = performance.now() - start;
  return { milliseconds, ...state() };
}

/** One that is not read for so many turns of 5 ms has stalled. */
const TURNS = 40;

async function fill() {
  for (let still = 0; still < TURNS;) {
    const connection = stalled()!;
    if (connection.bufferedBytes === 0) {
      hub.dispatchEvent(createEvent("fill", "", "y".repeat(32 * 1024)));
      still = 0;
    } else still++;
    sample();
    await turn(connection.bufferedBytes === 0 ? 0 : 5);
  }
  return state();
}

async function overflow() {
  const before = told.pressures.length;
  while (told.pressures.length === before) {
    hub.dispatchEvent(createEvent("fill", "", "y".repeat(8 * 1024)));
    sample();
    await turn();
  }
  return state();
}

function state() {
  const { heapUsed, external, rss } = process.memoryUsage();
  return { ...told, mostBuffered, next, memory: { heapUsed, external, rss } };
}

await answer({ round, fill, overflow, look: state });
