import { Topics } from "../crowd/_topics.ts";
import type { Measured, Workload } from "../_result.ts";
import { inTurns, type Plan } from "../_turns.ts";

const HUB = "@alkdev/pubsub, WebSocket";
const IN_PROCESS = "@alkdev/pubsub, in process";
const POINTS = [1, 10_000, 1_000_000];
const MOST = POINTS.at(-1)!;

/** Events of a round, by the target. */
const EVENTS = { hub: 15_000, "in-process": 100_000 };

/** Events for one and the same topic, or for all of them. */
const KINDS = [
  { spread: true, kind: "events spread over all topics" },
  { spread: false, kind: "all events for one topic" },
];

export const workload: Workload = {
  title: "Dispatching with many topics subscribed",
  method: `
Events per second, from \`dispatchEvent\` until the client, in a process of its own,
has received them, with a barrier every 500. The hub has one WebSocket connection
that subscribed to all topics (with \`maxTopicsPerConnection\` raised for it), so that
nothing differs but their number; every event has one subscriber. The events are for
topics picked by chance out of all, so that look-ups miss the caches as they would,
or all for one of them. The target in process has one listener for each topic, and
nothing else happens to its events.`,
  unit: "msg/s",
  better: "higher",
  axis: "topics subscribed",
  async measure(result, plan) {
    await measureTarget(result, plan, "hub", HUB);
    await measureTarget(result, plan, "in-process", IN_PROCESS);
    for (const name of [HUB, IN_PROCESS]) {
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
  target: "hub" | "in-process",
  name: string,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const events = plan.some(EVENTS[target]);
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
