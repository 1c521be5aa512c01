// A hub is killed and started anew: its clients come back, but not all at once.

import assert from "node:assert/strict";
import { within } from "../../_deferred.ts";
import { figure, lengthOf, percentile } from "../_length.ts";
import { Log } from "../_waiting.ts";
import { LineProcess } from "./_net_lines.ts";
import type { ClientsLine, Retry } from "./_storm_clients.ts";
import type { HubCommand, HubLine } from "./_storm_hub.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** The defaults of `reconnect`, which the clients have. */
const MIN_DELAY = 250;
const MAX_DELAY = 20_000;

/** Each client is one file descriptor of its process, and one of the hub's. */
const SPARE_DESCRIPTORS = 100;

/** How many files a process may have open; many where nobody says. */
async function descriptors(): Promise<number> {
  try {
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", "ulimit -n"],
      stdin: "null",
    }).output();
    return Number(new TextDecoder().decode(stdout)) || Infinity;
  } catch {
    return Infinity;
  }
}

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
class StormHub implements AsyncDisposable {
  readonly #lines = new Log<HubLine>();
  readonly #process: LineProcess<HubLine, HubCommand>;

  private constructor(port: number) {
    this.#process = new LineProcess(
      new URL("./_storm_hub.ts", import.meta.url),
      [String(port)],
      this.#lines.add,
    );
  }

  static async start(port: number): Promise<StormHub> {
    await using started = new AsyncDisposableStack();
    const hub = started.use(new StormHub(port));
    await hub.#process.unlessEnded(hub.#lines.count(1));
    started.move(); // It is the caller's from here on.
    return hub;
  }

  async tell(command: HubCommand): Promise<NonNullable<HubLine["report"]>> {
    const number = this.#lines.all.length + 1;
    await this.#process.tell(command);
    const lines = await this.#process.unlessEnded(this.#lines.count(number));
    return lines[number - 1]!.report!;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
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
  const possible = await descriptors() - SPARE_DESCRIPTORS;
  const count = Math.min(wanted, possible);
  if (count < wanted) {
    console.warn(`Only ${count} clients of ${wanted}: see ulimit -n`);
  }
  const expected = Array.from({ length: count }, (_, i) => ["all", `own:${i}`]);
  const port = freePort();
  await using first = await StormHub.start(port);
  const lines = new Log<ClientsLine>();
  await using clients = new LineProcess<ClientsLine, never>(
    new URL("./_storm_clients.ts", import.meta.url),
    [`ws://127.0.0.1:${port}`, String(count)],
    lines.add,
  );
  await clients.unlessEnded(lines.count(1));
  assert.deepEqual(sorted((await first.tell("send")).topics), sorted(expected));
  const [, before] = await clients.unlessEnded(lines.count(2));
  assert.deepEqual(before!.heard, expected.map(() => 1));

  await first[Symbol.asyncDispose](); // It is killed.
  await clients.unlessEnded(lines.count(3));
  await using second = await StormHub.start(port);
  const [, , , back] = await clients.unlessEnded(lines.count(4));
  const { topics, arrivals, servedFrom } = await second.tell("send");
  assert.deepEqual(sorted(topics), sorted(expected));
  const [, , , , after] = await clients.unlessEnded(lines.count(5));
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
    // Timers may be a millisecond early.
    assert(waited >= delay - 1.5, `${client} did not wait as it said`);
  }
  // Each client lost its hub once: so many are the draws.
  const firsts = shares(retries);
  assert.equal(firsts.length, count);
  assert.equal(new Set(firsts).size, count, "no two wait alike");
  const counts = tenths(firsts);
  assert(chiSquare(counts) < 60, `unevenly spread: ${counts}`);
}
