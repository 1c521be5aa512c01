// A hub is killed and started anew: its clients come back, but not all at once.

import assert from "node:assert/strict";
import { within } from "../../_deferred.ts";
import { figure, lengthOf, percentile } from "../_length.ts";
import { LineProcess } from "../_line_process.ts";
import { openFiles } from "../_open_files.ts";
import type { ClientsLine, Retry } from "./_storm_clients.ts";
import type { HubReport } from "./_storm_hub.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** The defaults of `reconnect`, which the clients have. */
const MIN_DELAY = 250;
const MAX_DELAY = 20_000;

/** Each client is one file descriptor of its process, and one of the hub's. */
const SPARE_DESCRIPTORS = 100;

/**
 * A port outside of those that systems give to clients. A client that dials one
 * of those on its own machine may get it for its own end, and meet itself.
 */
function freePort(): number {
  for (let port = 20_000 + Deno.pid % 5000;; port++) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** A hub that serves. */
async function startHub(port: number): Promise<LineProcess> {
  const script = new URL("./_storm_hub.ts", import.meta.url);
  const hub = new LineProcess(script, [String(port)]);
  await hub.saying("ready");
  return hub;
}

/** The bound that a delay is announced below. */
const spreadOf = ({ attempt }: Retry) =>
  Math.min(MAX_DELAY, MIN_DELAY * 2 ** (attempt - 1));

/** How many of the values from 0 to 1 lie in each tenth of that. */
function tenths(values: readonly number[]): number[] {
  const counts = Array.from({ length: 10 }, () => 0);
  for (const value of values) counts[Math.floor(value * 10)]!++;
  return counts;
}

/** How far counts are from being equal; 60 for one in 10⁹ sets of ten. */
function chiSquare(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count) / counts.length;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
}

/** The largest share of the instants that lie within so many milliseconds. */
function busiestShare(instants: readonly number[], ms: number): number {
  const sorted = [...instants].sort((a, b) => a - b);
  let most = 0;
  for (let first = 0, last = 0; last < sorted.length; last++) {
    while (sorted[last]! - sorted[first]! > ms) first++;
    most = Math.max(most, last - first + 1);
  }
  return most / sorted.length;
}

/** Far more than it takes. */
const DEADLINE = 240_000;

Deno.test("clients of a killed hub come back, spread over time", async () => {
  await within(storm(), DEADLINE, () => {
    throw new Error(`The test did not end in ${DEADLINE} ms`);
  });
});

async function storm(): Promise<void> {
  const wanted = lengthOf({ short: 200, full: 1000 });
  const possible = await openFiles() - SPARE_DESCRIPTORS;
  const count = Math.min(wanted, possible);
  if (count < wanted) {
    console.warn(`Only ${count} clients of ${wanted}: see ulimit -n`);
  }
  const expected = Array.from({ length: count }, (_, i) => ["all", `own:${i}`]);
  const port = freePort();
  await using first = await startHub(port);
  await using clients = new LineProcess<ClientsLine>(
    new URL("./_storm_clients.ts", import.meta.url),
    [`ws://127.0.0.1:${port}`, String(count)],
  );
  const lines = (count: number) =>
    clients.unlessEnded(clients.said.count(count));
  await lines(1);
  const atFirst = await first.ask<HubReport>("send");
  assert.deepEqual(sorted(atFirst.topics), sorted(expected));
  const [, before] = await lines(2);
  assert.deepEqual(before!.heard, expected.map(() => 1));

  await first.kill();
  await lines(3);
  await using second = await startHub(port);
  const [, , , back] = await lines(4);
  const { topics, arrivals, servedFrom } = await second.ask<HubReport>("send");
  assert.deepEqual(sorted(topics), sorted(expected));
  const [, , , , after] = await lines(5);
  assert.deepEqual(after!.heard, expected.map(() => 2), "one each, each time");

  const retries = back!.retries!;
  assertSpread(retries, count);
  const since = arrivals.map((arrival) => arrival - servedFrom);
  const [firstMs, lastMs] = [Math.min(...since), Math.max(...since)];
  figure("storm", {
    clients: count,
    attempts: retries.length,
    first_ms: firstMs,
    median_ms: percentile(since, 0.5),
    last_ms: lastMs,
    busiest_100ms_share: busiestShare(since, 100),
    uniform_share: Math.min(1, 100 / (lastMs - firstMs)),
    first_delays_chi_square: chiSquare(tenths(shares(retries))),
  });
}

const sorted = (topics: readonly (readonly string[])[]) =>
  topics.map(([all, own]) => `${all} ${own}`).sort();

/** The first delay of each client, as a share of the longest possible. */
function shares(retries: readonly Retry[]): number[] {
  const firsts = retries.filter(({ attempt }) => attempt === 1);
  return firsts.map((retry) => retry.delay / spreadOf(retry));
}

/** The clients did not agree on when to try. */
function assertSpread(retries: readonly Retry[], count: number): void {
  for (const retry of retries) {
    const { client, delay, waited } = retry;
    assert(delay >= 0 && delay < spreadOf(retry), JSON.stringify(retry));
    // It waits already when it says so; a busy machine may do other things first.
    assert(waited >= delay - 100, `${client} did not wait as it said`);
  }
  // Each client lost its hub once: so many are the draws.
  const firsts = shares(retries);
  assert.equal(firsts.length, count);
  assert.equal(new Set(firsts).size, count, "no two wait alike");
  const counts = tenths(firsts);
  assert(chiSquare(counts) < 60, `unevenly spread: ${counts}`);
}
