import { iterating, type Run } from "../_in_process.ts";
import type { Workload } from "../_result.ts";
import { inTurns, rate } from "../_turns.ts";

const OURS = "@alkdev/pubsub";
const YOGA = "@graphql-yoga/subscription";

/** `publish` to an async iterator. */
export const workload: Workload = {
  title: "In one process: publish to an async iterator",
  method:
    `\`publish\` of one topic to one subscriber, which reads with \`next()\`: the events of a second that it has read. So many as the axis says are published, then as many are awaited. Payloads are objects, made before the clock starts.`,
  unit: "msg/s",
  better: "higher",
  axis: "events at once",

  async measure(result, plan) {
    const events = plan.some(100_000);
    for (const burst of [1, 10, 100]) {
      const { ours, yoga } = iterating(burst);
      const timed = (run: Run) => () => rate(events, () => run(events));
      result.add(
        await inTurns(plan, { [OURS]: timed(ours), [YOGA]: timed(yoga) }),
        burst,
      );
    }
    for (const [how, x] of [["one by one", 1], ["100 at once", 100]] as const) {
      result.compare(
        `${how} vs ${YOGA}`,
        { name: OURS, x },
        { name: YOGA, x },
        { atLeast: 3 },
      );
    }
  },
};
