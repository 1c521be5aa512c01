// Publishing in process, against another library and against the platform.

import { iterating, listening, type Run } from "./_in_process.ts";
import type { RatioTable } from "./_ratio_table.ts";
import { inTurns, rate } from "./_turns.ts";

const EVENTS = 100_000;

const run = (run: Run) => () => rate(EVENTS, () => run(EVENTS));

export async function measureInProcess(table: RatioTable): Promise<void> {
  for (
    const [how, burst] of [["one by one", 1], ["100 at once", 100]] as const
  ) {
    const { ours, yoga } = iterating(burst);
    const rates = await inTurns({ ours: run(ours), yoga: run(yoga) });
    table.addRatio(
      `in process to an iterator, ${how} : @graphql-yoga/subscription`,
      2,
      rates.ours,
      rates.yoga,
    );
  }
  for (
    const [how, bar, listeners, ids] of [
      ["a listener", 0.5, 1, 1],
      ["10 listeners", undefined, 10, 1],
      ["a listener on each of 1 000 topics", undefined, 1, 1000],
    ] as const
  ) {
    const { ours, bare } = listening(listeners, ids);
    const rates = await inTurns({ ours: run(ours), bare: run(bare) });
    table.addRatio(
      `in process to ${how} : EventTarget and CustomEvent`,
      bar,
      rates.ours,
      rates.bare,
    );
  }
}
