// From a spoke to its hub over iroh, against the bare binding.

import type { BindingName } from "../tests/_iroh.ts";
import { Peer } from "./_process.ts";
import type { RatioTable } from "./_ratio_table.ts";
import { raws } from "./_raw.ts";
import { type Counts, startReceiver } from "./_receiver.ts";
import { type Run, startSender } from "./_sender.ts";
import { inTurns, ROUNDS, WARM_UPS } from "./_turns.ts";

/** How many messages make a run of some 0.3 s, by what a binding can do. */
const RUNS = {
  "@rayhanadev/iroh": { bar: 30, library: 150_000, each: 4_000, all: 450_000 },
  "@number0/iroh": { bar: 3, library: 10_000, each: 2_000, all: 9_000 },
};

type Ask = (run: Run) => Promise<number>;

/** The promised ratio, of both ends in one place or in two. */
async function measurePair(
  table: RatioTable,
  name: BindingName,
  where: string,
  ask: Ask,
) {
  const { bar, library, each } = RUNS[name];
  const { ours, control } = await inTurns({
    ours: () => ask({ how: "library", n: library }),
    control: () => ask({ how: "per frame", n: each }),
  });
  table.addRatio(
    `spoke to hub, ${name}, ${where} : one writeAll, two readExact a message`,
    bar,
    ours,
    control,
  );
}

/** What is only told: other pacing, and how far the bare binding goes. */
async function measureContext(
  table: RatioTable,
  name: BindingName,
  ask: Ask,
) {
  const { library, all } = RUNS[name];
  const { ours, waiting, bare } = await inTurns({
    ours: () => ask({ how: "library", n: library }),
    waiting: () => ask({ how: "library, stop and wait", n: library }),
    bare: () => ask({ how: "coalesced", n: all }),
  });
  table.addRatio(
    "  waits for the hub every 256 KiB : sends on meanwhile, as above",
    undefined,
    waiting,
    ours,
  );
  table.addRatio(
    "  as above : bare, 1500 messages a writeAll, read(256 KiB), unparsed",
    undefined,
    ours,
    bare,
  );
}

export async function measureSpokeToHub(table: RatioTable): Promise<void> {
  for (const { name, unavailable } of raws) {
    if (unavailable !== undefined) {
      table.addSkipped(`spoke to hub, ${name}`, unavailable);
      continue;
    }
    {
      await using receiver = await startReceiver(name);
      await using sender = await startSender(name, receiver.addresses);
      await measurePair(table, name, "one process", sender.rate);
      assertAllCame(receiver.counts, RUNS[name].library);
    }
    await using receiver = new Peer("./_receiver.ts", [name]);
    const { hub, raw } = await receiver.next<{ hub: string; raw: string }>();
    await using sender = new Peer("./_sender.ts", [name, hub, raw]);
    await sender.next();
    const ask: Ask = (run) => sender.ask<number>(run);
    await measurePair(table, name, "two processes", ask);
    await measureContext(table, name, ask);
    assertAllCame(await receiver.ask<Counts>("counts"), 3 * RUNS[name].library);
  }
}

function assertAllCame({ events }: Counts, sentPerRound: number): void {
  const sent = sentPerRound * (ROUNDS + WARM_UPS);
  if (events !== sent) throw new Error(`${events} of ${sent} events arrived`);
}
