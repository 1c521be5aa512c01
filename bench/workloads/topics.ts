import { type TargetName, Topics } from "../crowd/_topics.ts";
import type { Measured, Workload } from "../_result.ts";
import { inTurns, type Plan } from "../_turns.ts";

const HUB = "@alkdev/pubsub, WebSocket";
const IN_PROCESS = "@alkdev/pubsub, in process";
const MAP = "bare Map";
const POINTS = [1, 10_000, 1_000_000];
const MOST = POINTS.at(-1)!;

/** Who dispatches how many events in a round. */
const TARGETS = [
  { target: "hub", name: HUB, events: 15_000 },
  { target: "in-process", name: IN_PROCESS, events: 100_000 },
  { target: "map", name: MAP, events: 100_000 },
] as const;

/** Events for one and the same topic, or for all of them. */
const KINDS = [
  { spread: false, kind: "events for one topic" },
  { spread: true, kind: "events spread over all" },
];

export const workload: Workload = {
  title: "Dispatching with many topics subscribed",
  method: `
Events per second, from \`dispatchEvent\` until the client, in a process of its own,
has received them, with a barrier every 500. The hub has one WebSocket connection
that subscribed to all topics (with \`maxTopicsPerConnection\` raised for it), so that
nothing differs but their number; every event has one subscriber. The target in
process has one listener for each topic, and nothing else happens to its events.

- **Events for one topic** of all that are subscribed: what their number alone costs.
- **Events spread over all**, each for a topic picked by chance: a million different
  topics, each with what hangs on it, are in no cache of the processor when their
  event comes. A bare \`Map\` of functions by topic shows how much of that is none of
  the library's: it makes \`\${type}:\${id}\`, looks that up, and calls what it finds.`,
  unit: "msg/s",
  better: "higher",
  axis: "topics subscribed",
  async measure(result, plan) {
    for (const { target, name, events } of TARGETS) {
      await measureTarget(result, plan, target, name, plan.some(events));
    }
    for (const { name } of TARGETS) {
      for (const { kind } of KINDS) {
        const one = `${name}, ${kind}`;
        result.compare(
          `${one}: 1 000 000 topics vs one`,
          { name: one, x: MOST },
          { name: one, x: 1 },
          name === HUB ? { atLeast: 0.8 } : {},
        );
      }
    }
  },
};

async function measureTarget(
  result: Measured,
  plan: Plan,
  target: TargetName,
  name: string,
  events: number,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const measures: Record<string, () => Promise<number>> = {};
  for (const topics of POINTS) {
    // The number of the last point is what takes its time.
    const count = topics === MOST ? plan.some(topics, MOST / 10) : topics;
    const process = stack.use(new Topics(target, count));
    await process.ready();
    for (const { spread, kind } of KINDS) {
      measures[`${topics} ${kind}`] = () => process.rate({ events, spread });
    }
  }
  const samples = await inTurns(plan, measures);
  for (const topics of POINTS) {
    for (const { kind } of KINDS) {
      result.add(
        { [`${name}, ${kind}`]: samples[`${topics} ${kind}`]! },
        topics,
      );
    }
  }
}
