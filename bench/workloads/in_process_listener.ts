import { listening, type Run } from "../_in_process.ts";
import type { Workload } from "../_result.ts";
import { inTurns, rate } from "../_turns.ts";

/** `publish` to listeners. */
export const workload: Workload = {
  title: "In one process: publish to listeners",
  method:
    `\`publish\`, which checks and makes the event, to listeners that read it, beside the platform's \`dispatchEvent(new CustomEvent(topic, { detail }))\`: how many are published in a second. Topics take turns.`,
  unit: "msg/s",
  better: "higher",

  async measure(result, plan) {
    const events = plan.some(100_000);
    for (
      const [who, listeners, ids] of [
        ["a listener", 1, 1],
        ["10 listeners", 10, 1],
        ["1 000 topics", 1, 1000],
      ] as const
    ) {
      const { ours, bare } = listening(listeners, ids);
      const timed = (run: Run) => () => rate(events, () => run(events));
      const names = {
        ours: `@alkdev/pubsub, ${who}`,
        bare: `bare EventTarget, ${who}`,
      };
      result.add(
        await inTurns(plan, {
          [names.ours]: timed(ours),
          [names.bare]: timed(bare),
        }),
      );
      result.compare(
        `${who} vs bare \`EventTarget\` and \`CustomEvent\``,
        { name: names.ours },
        { name: names.bare },
      );
    }
  },
};
