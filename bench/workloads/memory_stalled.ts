import { Peer } from "../_process.ts";
import { raws } from "../_raw.ts";
import type { Measured, Workload } from "../_result.ts";
import type { MemoryReport } from "../stalled/hub.ts";
import { inTurns } from "../_turns.ts";

const STALLED = 50;
/** Each takes new processes. */
const ROUNDS = 3;
const TOPIC = "message.sent";
const ALLOWED = "backpressureLimit and one frame";

export const workload: Workload = {
  title: "Memory of a spoke that never reads",
  method: `
A hub over iroh sends to ${STALLED} spokes that subscribe and then never read, until
it gives them up (\`onBackpressure\`, close code 1013). What it takes at its worst for
each of them, in bytes of buffers and JavaScript heap after a collection; and of
resident memory, in which QUIC's own buffers are, too. It may be \`backpressureLimit\`
(1 MiB) and the longest frame.`,
  unit: "bytes",
  better: "lower",
  async measure(result, plan) {
    const spokes = plan.some(STALLED, 10);
    const rounds = Math.min(ROUNDS, plan.rounds);
    for (const { name, unavailable } of raws) {
      const ours = `@alkdev/pubsub, iroh (${name.split("/")[0]})`;
      if (unavailable !== undefined) {
        result.skip(ours, unavailable);
        continue;
      }
      const { reports } = await inTurns({ ...plan, rounds, warmUps: 0 }, {
        reports: () => stall(name, spokes),
      });
      addReports(result, ours, reports);
    }
  },
};

function addReports(
  result: Measured,
  name: string,
  reports: readonly MemoryReport[],
): void {
  const allowed = reports.map((one) => one.limit + one.maxFrameBytes);
  const resident = `${name}, resident`;
  result.add({
    [name]: reports.map(({ held }) => held),
    [resident]: reports.map(({ rss }) => rss),
  });
  result.comparisons.push({
    what: `${name}: of ${ALLOWED}`,
    as: "ratio",
    samples: reports.map(({ held }, i) => held / allowed[i]!),
    atMost: 1,
  });
}

/** @throws {Error} When a spoke ended otherwise than it should. */
async function stall(name: string, spokes: number): Promise<MemoryReport> {
  const count = String(spokes);
  const args = [name, count, TOPIC];
  await using hub = new Peer("./stalled/hub.ts", args, ["--expose-gc"]);
  const { address } = await hub.next<{ address: string }>();
  const rest = [name, address, count, TOPIC];
  await using stalled = new Peer("./stalled/spokes.ts", rest);
  await stalled.next();
  const report = await hub.next<MemoryReport>();
  const ends = await stalled.next<string[]>();
  const others = ends.filter((end) => !end.includes("1013"));
  if (others.length > 0) throw new Error(`A spoke ended with ${others[0]}`);
  return report;
}
