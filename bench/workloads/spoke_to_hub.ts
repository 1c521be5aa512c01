import { ENVELOPE_BYTES } from "../_events.ts";
import { Pair } from "../_pair.ts";
import { type Raw, raws } from "../_raw.ts";
import type { Measured, Workload } from "../_result.ts";
import type { Run } from "../_sender.ts";
import { inTurns, type Plan } from "../_turns.ts";

/** How many messages make a run of some 0.3 s, by what a binding can do. */
const COUNTS = {
  "@rayhanadev/iroh": { ours: 150_000, each: 5_000, all: 450_000 },
  "@number0/iroh": { ours: 15_000, each: 2_500, all: 15_000 },
};
const PARSED = 300_000;

async function measureBinding(
  { name }: Raw,
  result: Measured,
  plan: Plan,
): Promise<void> {
  const counts = COUNTS[name];
  const scope = name.slice(0, name.indexOf("/"));
  const names = {
    ours: `@alkdev/pubsub, iroh (${scope})`,
    each: `raw binding (${scope}), a call per message`,
    all: `raw binding (${scope}), 1500 messages a call`,
    parse: `JSON.parse alone, beside ${scope}`,
  };

  await using pair = await Pair.start(name);
  const run = (run: Run) => () => pair.run(run);
  result.add(
    await inTurns(plan, {
      // A multiple of the barrier.
      [names.ours]: run({ how: "library", n: plan.some(counts.ours, 2_000) }),
      [names.each]: run({ how: "per frame", n: plan.some(counts.each, 500) }),
      [names.all]: run({ how: "coalesced", n: plan.some(counts.all, 3_000) }),
      [names.parse]: () => pair.parse(plan.some(PARSED)),
    }),
  );

  const hasBars = name === "@rayhanadev/iroh";
  const compare = (what: string, theirs: string, atLeast?: number) =>
    result.compare(
      `iroh (${scope}) vs ${what}`,
      { name: names.ours },
      { name: theirs },
      hasBars ? { atLeast } : {},
    );
  compare("one `writeAll` and two `readExact` a message", names.each, 50);
  compare("`JSON.parse` of the same on one core", names.parse, 0.5);
  compare("1500 messages a `writeAll`, unparsed", names.all);
}

/** From a spoke to its hub. */
export const workload: Workload = {
  title: "Spoke → hub over iroh, two processes",
  method:
    `A spoke publishes ${ENVELOPE_BYTES} bytes of JSON a message to its hub in another process, which parses and gives each to a listener: messages per second, from the first one to the hub's word that it has worked off the last.

- **\`@alkdev/pubsub\`**: \`pubsub.publish(type, id, payload)\`, and \`spoke.flush()\` every 500.
- **A call per message** is what one writes first with the bare binding: a \`writeAll\` for each frame, made before the clock starts, and \`readExact\` of the length and of the frame; a byte comes back every 500. Nothing is parsed.
- **1500 messages a call** is how far the binding goes: \`writeAll\` of 256 KiB, and \`read\` of as much, counted in bytes alone, no barriers.
- **JSON.parse alone** is how far one core goes: the texts of the same messages, parsed in the process of the hub while nothing else runs.`,
  unit: "msg/s",
  better: "higher",

  async measure(result, plan) {
    for (const raw of raws.toReversed()) {
      if (raw.unavailable === undefined) {
        await measureBinding(raw, result, plan);
      } else result.skip(raw.name, raw.unavailable);
    }
  },
};
