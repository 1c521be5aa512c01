import type { Bursts, Took } from "../iroh_crowd/fan_out.ts";
import { Peer } from "../_process.ts";
import { type Raw, raws } from "../_raw.ts";
import type { Measured, Workload } from "../_result.ts";
import { inTurns, type Plan } from "../_turns.ts";

/** Deliveries before all are waited for. */
const BARRIER = 500;

/** How many bursts make a round, by the number of spokes. */
const POINTS = [
  { spokes: 1, bursts: 4 },
  { spokes: 10, bursts: 4 },
  { spokes: 100, bursts: 4 },
];

const oursOn = (name: string) => `@alkdev/pubsub, iroh (${name})`;
const bareOn = (name: string) => `raw binding (${name}), a call per event`;

export const workload: Workload = {
  title: "One event to many iroh spokes",
  method: `
Timed from the first call that sends until the last of the spokes, all in a process
of their own, has received the last of as many events as make ${BARRIER} deliveries;
the next are sent only then. A sample is the median of what the bursts of a round
took. Every spoke is a connection with a stream that is read on the bare binding and
not looked at: it is the sending end that is measured. The raw binding encodes an
event once and calls \`writeAll\` with the frame on all streams at once; hub and raw
binding take turns burst by burst.`,
  unit: "deliveries/s",
  better: "higher",
  axis: "spokes",
  async measure(result, plan) {
    for (const raw of raws) {
      const short = shortName(raw);
      if (raw.unavailable !== undefined) {
        result.skip(oursOn(short), raw.unavailable);
        continue;
      }
      for (const point of POINTS) await measurePoint(result, plan, raw, point);
      for (const { spokes } of POINTS) {
        result.compare(
          `${spokes} spokes: @alkdev/pubsub vs the raw binding, a call per event (${short})`,
          { name: oursOn(short), x: spokes },
          { name: bareOn(short), x: spokes },
        );
      }
    }
  },
};

/** `@rayhanadev/iroh` as `@rayhanadev`. */
function shortName({ name }: Raw): string {
  return name.split("/")[0]!;
}

async function measurePoint(
  result: Measured,
  plan: Plan,
  raw: Raw,
  { spokes, bursts }: typeof POINTS[number],
): Promise<void> {
  const args = [raw.name, String(spokes)];
  await using server = new Peer("./iroh_crowd/fan_out.ts", args);
  await server.next();
  const events = Math.max(1, Math.round(BARRIER / spokes));
  const question: Bursts = { bursts: plan.some(bursts, 1), events };
  const { rounds } = await inTurns(plan, {
    rounds: () => server.ask<Took>(question),
  });
  const rates = (way: keyof Took) =>
    rounds.map((took) => events * spokes / took[way] * 1000);
  const short = shortName(raw);
  result.add(
    { [oursOn(short)]: rates("hub"), [bareOn(short)]: rates("loop") },
    spokes,
  );
}
