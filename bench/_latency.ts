// How latency is measured: messages at a steady pace between two clients of one
// process, everybody in turns, and what it took by percentile.

import { inTurns, type Plan } from "./_turns.ts";
import type { Measured } from "./_result.ts";
import type { Pace } from "./systems/_latency_process.ts";

/** Messages a second. */
const PER_SECOND = 1000;

/** Each takes everybody 2.3 s: it is the clock that sets the pace. */
export const MAX_ROUNDS = 5;

/** Who comes after others finds caches, cores and threads of theirs. */
export const LEAD_IN = 300;

/** What a round gives: microseconds, in ascending order. */
export type LatencyRound = () => Promise<number[]>;

/** A process that runs `systems/_latency_process.ts`. */
interface LatencyClients {
  ask<T>(command: string, about: unknown): Promise<T>;
}

/** A round of so many messages, once what runs for long is compiled. */
export async function latencyRound(
  clients: LatencyClients,
  messages: number,
  plan: Plan,
): Promise<LatencyRound> {
  const measure = (count: number) => {
    const pace: Pace = { count, perSecond: PER_SECOND };
    return clients.ask<number[]>("measure", pace);
  };
  await measure(plan.some(1000));
  return async () => {
    await measure(plan.some(LEAD_IN));
    return await measure(plan.some(messages));
  };
}

/** Runs the rounds in turns, and adds each percentile of each to the result. */
export async function addLatencies(
  result: Measured,
  plan: Plan,
  rounds: Record<string, LatencyRound>,
  percentiles: readonly number[],
): Promise<void> {
  const samples = await inTurns(
    { ...plan, warmUps: 0, rounds: Math.min(plan.rounds, MAX_ROUNDS) },
    rounds,
  );
  for (const percentile of percentiles) {
    const values = Object.entries(samples).map(([name, rounds]) =>
      [name, rounds.map((took) => at(took, percentile))] as const
    );
    result.add(Object.fromEntries(values), percentile);
  }
}

/** @param took In ascending order. */
function at(took: readonly number[], percentile: number): number {
  return took[Math.ceil(percentile / 100 * took.length) - 1]!;
}
