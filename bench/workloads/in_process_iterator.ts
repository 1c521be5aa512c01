import { iterating, type Run } from "../_in_process.ts";
import type { Workload } from "../_result.ts";
import { inTurns, rate } from "../_turns.ts";

/** `publish` to an async iterator. */
export const workload: Workload = {
  title: "In one process: publish to an async iterator",
  method:
    `\`publish\` of one topic to one subscriber, which reads with \`next()\`: the events of a second that it has read. One by one, each is awaited before the next is published; else 100 are published, then as many awaited. Payloads are objects, made before the clock starts.`,
  unit: "msg/s",
  better: "higher",

  async measure(result, plan) {
    const events = plan.some(100_000);
    for (
      const [how, burst] of [["one by one", 1], ["100 at once", 100]] as const
    ) {
      const { ours, yoga } = iterating(burst);
      const timed = (run: Run) => () => rate(events, () => run(events));
      const names = {
        ours: `@alkdev/pubsub, ${how}`,
        yoga: `@graphql-yoga/subscription, ${how}`,
      };
      result.add(
        await inTurns(plan, {
          [names.ours]: timed(ours),
          [names.yoga]: timed(yoga),
        }),
      );
      result.compare(
        `in one process, publish to an iterator, ${how} : \`@graphql-yoga/subscription\``,
        { name: names.ours },
        { name: names.yoga },
        { atLeast: 3 },
      );
    }
  },
};
