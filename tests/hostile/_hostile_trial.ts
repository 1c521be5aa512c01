// One row of the table, tried: an attack in the midst of healthy traffic.

import assert from "node:assert/strict";
import { within } from "../../_deferred.ts";
import { figure } from "../_length.ts";
import type {
  HostilePeer,
  Memory,
  PerTransport,
  Row,
  TransportName,
} from "./_hostile_types.ts";
import type { Stage } from "./_hostile_stage.ts";

/** Far more than any row takes. */
const DEADLINE = 60_000;

/** What compiled code, caches and the like may add to what a hub holds. */
export const SLACK = 3 * 1024 * 1024;

/** Tries one row; one that hangs fails. */
export async function tryRow(
  stage: Stage,
  transport: TransportName,
  row: Row,
): Promise<void> {
  await within(perform(stage, transport, row), DEADLINE, () => {
    throw new Error(
      `No end after ${DEADLINE} ms: ${stage.told.all.slice(-9)}`,
    );
  });
}

async function perform(
  stage: Stage,
  transport: TransportName,
  row: Row,
): Promise<void> {
  const times = row.times ?? 1;
  const outcomes = on(transport, row.peerSees);
  const toldOfEach = on(transport, row.operatorSees);
  const toldOfAll = Array.from({ length: times }, () => toldOfEach).flat();
  await using scene = await stage.scene(row.hub);
  using peers = new Crowd();
  await scene.exchange(10);
  const before = await stage.memory();

  await scene.exchangeDuring(async () => {
    for (let turn = 0; turn < times; turn++) {
      const peer = peers.add(await stage.hostile());
      await peer.flush();
      const act = row.attack(peer, turn, stage.idOf("subscriber"));
      const seen = await whatItSees(peer, act, row, outcomes);
      assert(outcomes.includes(seen), `it sees ${seen}, not ${outcomes}`);
    }
    await stage.told.count(toldOfAll.length);
  });
  await scene.exchange(10);

  scene.assertUnharmed();
  assert.deepEqual(scene.heard, row.othersHear ?? []);
  const told = await stage.toldNamed();
  assert.deepEqual(told, toldOfAll);
  for (const line of told) assertTidy(line);
  const isThere = outcomes[0] === "served" || outcomes[0] === "stalled";
  assert.deepEqual(await stage.connected(), [
    ...(isThere ? ["hostile"] : []),
    "publisher",
    "subscriber",
  ]);
  const after = await stage.memory();
  showMemory(`${transport}: ${row.name}`, before, after);
  assertWithin(before, after, row.mayHold);
}

/** Hostile peers; when they stay, the hub that closes waits for their answers. */
class Crowd implements Disposable {
  readonly #peers: HostilePeer[] = [];

  add(peer: HostilePeer): HostilePeer {
    this.#peers.push(peer);
    return peer;
  }

  [Symbol.dispose](): void {
    for (const peer of this.#peers) peer.destroy();
  }
}

function on<T>(
  transport: TransportName,
  value: PerTransport<readonly T[]>,
): readonly T[] {
  if (isForAll(value)) return value;
  return value[transport] ?? assert.fail(`Nothing is said of ${transport}`);
}

const isForAll = <T>(
  value: PerTransport<readonly T[]>,
): value is readonly T[] => Array.isArray(value);

/** What the peer sees of its attack. */
async function whatItSees(
  peer: HostilePeer,
  act: Promise<unknown>,
  row: Row,
  outcomes: readonly string[],
): Promise<string> {
  if (outcomes.includes("served")) {
    await act;
    await peer.flush();
    return "served";
  }
  // A write may fail when the hub has put it out before.
  const done = act.then(() => true, () => false);
  if (outcomes.includes("stalled")) {
    // An attack of bounded length, and it never gets to its end.
    const isOver = done.then((isDone) => `over: ${isDone}`);
    return await Promise.race([isOver, peer.ended(), someTurns("stalled")]);
  }
  if (row.isDeaf) await done;
  return await peer.ended();
}

/** So much else happens meanwhile. */
async function someTurns<T>(value: T): Promise<T> {
  for (let i = 0; i < 500; i++) {
    await new Promise((resolve) => setTimeout(resolve));
  }
  return value;
}

/** One line that no terminal minds, and not a long one. */
function assertTidy(line: string): void {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
  assert(line.length <= 400, `${line.length} characters`);
}

export function assertWithin(
  before: Memory,
  after: Memory,
  mayHold = 0,
): void {
  const grown = after.held - before.held;
  assert(grown <= mayHold + SLACK, `${grown} bytes are held, not ${mayHold}`);
}

export function showMemory(name: string, before: Memory, after: Memory): void {
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  figure(name, {
    "held before": mib(before.held),
    "after": mib(after.held),
    "rss before": mib(before.rss),
    "peak": after.peak === undefined ? "unknown" : mib(after.peak),
    "later": mib(after.rss),
  });
}
