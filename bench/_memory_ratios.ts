// What spokes that never read cost their hub.

import type { MemoryReport } from "./_memory_hub.ts";
import { Peer } from "./_process.ts";
import type { RatioTable } from "./_ratio_table.ts";
import { raws } from "./_raw.ts";

const STALLED = 50;

const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;

export async function measureMemory(table: RatioTable): Promise<void> {
  for (const { name, unavailable } of raws) {
    const what = `hub memory, ${STALLED} spokes that never read, ${name}`;
    if (unavailable !== undefined) {
      table.addSkipped(what, unavailable);
      continue;
    }
    const topic = "message.sent";
    const count = String(STALLED);
    await using hub = new Peer("./_memory_hub.ts", [name, count, topic], [
      "--expose-gc",
    ]);
    const { address } = await hub.next<{ address: string }>();
    await using spokes = new Peer("./_stalled_spokes.ts", [
      name,
      address,
      count,
      topic,
    ]);
    await spokes.next();
    const report = await hub.next<MemoryReport>();
    const ends = await spokes.next<string[]>();
    const slow = ends.filter((end) => end.includes("1013")).length;
    const bound = report.limit + report.maxFrameBytes;
    table.add({
      what,
      bar: `<= ${kib(bound)}`,
      measured: kib(report.held),
      range: `rss ${kib(report.rss)}`,
      verdict: report.held <= bound ? "ok" : "above",
      rates: `${kib(report.buffered)} buffered, ${
        kib(report.window)
      } in QUIC's window, ${slow} ended with 1013`,
    });
  }
}
