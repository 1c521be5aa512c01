import { Pair } from "../_pair.ts";
import { type Raw, raws } from "../_raw.ts";
import type { Measured, Workload } from "../_result.ts";
import type { Run } from "../_sender.ts";
import { inTurns, type Plan } from "../_turns.ts";

/** How many messages make a run of some 0.3 s, with it and without. */
const COUNTS = {
  "@rayhanadev/iroh": { plain: 100_000, deflate: 75_000 },
  "@number0/iroh": { plain: 15_000, deflate: 40_000 },
};

/** Messages, and how much of each comes again in the others. */
const EVENTS = [
  { events: "alike", what: "messages alike" },
  { events: "varied", what: "varied messages" },
] as const;

async function measureBinding(
  { name }: Raw,
  result: Measured,
  plan: Plan,
): Promise<void> {
  const scope = name.slice(0, name.indexOf("/"));
  const ours = `@alkdev/pubsub, iroh (${scope})`;
  await using pair = await Pair.start(name);
  const run = (how: keyof typeof COUNTS[typeof name], rest: Partial<Run>) => {
    const n = plan.some(COUNTS[name][how], 2_000);
    const way = how === "plain" ? "library" : how;
    return () => pair.run({ ...rest, how: way, n });
  };
  const things: Record<string, () => Promise<number>> = {};
  for (const { events, what } of EVENTS) {
    things[`${ours}, ${what}`] = run("plain", { events });
    things[`${ours}, ${what}, deflate`] = run("deflate", { events });
  }
  result.add(await inTurns(plan, things));
  for (const { events, what } of EVENTS) {
    const hasBar = scope === "@number0" && events === "varied";
    result.compare(
      `iroh (${scope}), ${what}: \`compression: "deflate"\` vs without`,
      { name: `${ours}, ${what}, deflate` },
      { name: `${ours}, ${what}` },
      hasBar ? { atLeast: 2 } : {},
    );
  }
}

/** From a spoke to its hub, deflated. */
export const workload: Workload = {
  title: "Compression: spoke → hub over iroh, two processes",
  method:
    `As [spoke → hub](#spoke--hub-over-iroh-two-processes) above, a \`flush()\` every 500 messages, with and without \`compression: "deflate"\` at both ends, on one and the same hub. A batch is what waited for the stream, so that the barriers set how much is deflated together: at most two are under way, 1 000 messages.

- **Messages alike** are those of the other workloads, 171 bytes: ids, authors and numbers differ, texts are pieces of one sentence.
- **Varied messages** have random UUIDs, authors and numbers, and 8 to 15 words picked by chance out of 87: some 220 bytes of JSON. These are what an application should expect.`,
  unit: "msg/s",
  better: "higher",

  async measure(result, plan) {
    for (const raw of raws) {
      if (raw.unavailable === undefined) {
        await measureBinding(raw, result, plan);
      } else result.skip(raw.name, raw.unavailable);
    }
  },
};
