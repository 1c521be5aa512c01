// One subscriber among a hundred stops reading. The hub, the healthy ones and the
// stalled one are in three processes.

import assert from "node:assert/strict";
import { figure, lengthOf, percentile } from "../_length.ts";
import { LineProcess } from "../_line_process.ts";
import { RawPeer } from "../_raw_peer.ts";
import { RawWebSocket } from "../_websocket_peer.ts";
import type { HubKind, HubPlan, Told } from "./_crowd_hub.ts";
import { bindingOf, unavailabilityOf } from "./_crowd_peers.ts";
import { inMegabytes, type Memory, runtimeOf } from "./_crowd_process.ts";
import { inTime } from "./_crowd_scene.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** The stalled one makes it a hundred. */
const HEALTHY = 99;

const LIMIT = 2 ** 20;

/** Room is made for an event, not for the length in front of it. */
const PREFIX = 4;

const EVENTS = lengthOf({ short: 100, full: 1000 });
const ROUNDS = 3;
const STALLS = lengthOf({ short: 1, full: 3 });

interface State extends Told {
  readonly milliseconds: number;
  readonly mostBuffered: number;
  readonly next: number;
  readonly memory: Memory;
}

/** A subscriber that reads nothing any more. */
interface StalledPeer extends AsyncDisposable {
  /** The code with which the hub parted with it, as it sees it. */
  code(): Promise<number | undefined>;
}

async function stall(kind: HubKind, address: string): Promise<StalledPeer> {
  const binding = bindingOf(kind);
  if (binding === undefined) {
    const peer = await RawWebSocket.connect(address);
    await peer.subscribe("tick");
    await peer.subscribe("fill");
    return {
      code: async () => (await peer.closed())?.code,
      [Symbol.asyncDispose]: () => Promise.resolve(peer.destroy()),
    };
  }
  const on = await binding.createEndpoint();
  const peer = await RawPeer.connect(on.endpoint, address);
  const closed = peer.closed();
  for (const topic of ["tick", "fill"]) {
    const payload = { topic };
    await peer.send(JSON.stringify({ type: "__subscribe", id: "", payload }));
  }
  await peer.flush();
  return {
    code: async () => Number(/code (\d+)/.exec(await closed)?.[1]),
    async [Symbol.asyncDispose]() {
      peer.close(); // Kept until here: a stream that is collected ends.
      await on.close();
    },
  };
}

function start(
  kind: HubKind,
  script: string,
  args: readonly string[],
): LineProcess {
  const { command } = runtimeOf(kind);
  return new LineProcess(new URL(script, import.meta.url), args, command);
}

const kinds: readonly HubKind[] = [
  "Deno.serve",
  "@number0/iroh",
  "@rayhanadev/iroh",
];

for (const kind of kinds) {
  Deno.test({
    name:
      `${kind}: one of a hundred stops reading, and costs the others nothing`,
    ignore: unavailabilityOf(kind) !== undefined,
    fn: () => inTime(run(kind)),
  });
}

async function run(kind: HubKind): Promise<void> {
  // So that it is what waits for it that ends it, not its silence.
  const options = { backpressureLimit: LIMIT, pingInterval: 600_000 };
  const plan: HubPlan = { kind, options };
  await using hub = start(kind, "./_stalled_hub_process.ts", [
    JSON.stringify(plan),
  ]);
  const address = String((await hub.saying("address")).address);
  await using healthy = start(kind, "./_stalled_subscribers_process.ts", [
    kind,
    address,
    String(HEALTHY),
  ]);
  await healthy.saying("ready");

  const rates = { none: [], stalled: [], after: [] } as Record<
    "none" | "stalled" | "after",
    number[]
  >;
  const rounds = async (phase: keyof typeof rates): Promise<State> => {
    let state!: State;
    for (let i = 0; i < ROUNDS; i++) {
      state = await hub.ask<State>("round", EVENTS);
      rates[phase].push(EVENTS * HEALTHY / state.milliseconds * 1000);
    }
    return state;
  };
  for (let i = 0; i < 6; i++) await hub.ask("round", EVENTS); // Code gets warm.
  let before: State | undefined;
  let full: State | undefined;
  for (let i = 0; i < STALLS; i++) {
    const state = await rounds("none");
    before ??= state;
    await using peer = await stall(kind, address);
    await hub.ask("fill");
    const during = await rounds("stalled");
    assert.equal(during.pressures.length, i, "It was there all the time");
    full = await hub.ask<State>("overflow");
    await rounds("after");
    assert.equal(await peer.code(), 1013);
  }

  const end = await hub.ask<State>("look");
  const [none, stalled, after] = [rates.none, rates.stalled, rates.after]
    .map((of) => percentile(of, 0.5)) as [number, number, number];
  figure(`stalled consumer on ${kind}`, {
    subscribers: HEALTHY + 1,
    "events/s, none stalled": none,
    "one stalled": stalled,
    "thrown out": after,
    "ratio stalled/none": stalled / none,
    "ratio after/none": after / none,
    "most bytes that waited": end.mostBuffered,
    ...inMegabytes("before", before!.memory),
    ...inMegabytes("full", full!.memory),
    ...inMegabytes("end", end.memory),
  });
  assert(end.mostBuffered > 0 && end.mostBuffered <= LIMIT + PREFIX);
  assert.equal(end.pressures.length, STALLS);
  for (const { bufferedBytes, limit } of end.pressures) {
    assert.equal(limit, LIMIT);
    assert(bufferedBytes <= LIMIT + PREFIX && bufferedBytes > LIMIT / 2);
  }
  assert.deepEqual(end.ended, { "1013 slow consumer": STALLS });
  assert.deepEqual(end.faults, {});
  assert.deepEqual(await healthy.ask("look"), {
    least: end.next,
    most: end.next,
    outOfOrder: 0,
    statuses: { connecting: HEALTHY, open: HEALTHY },
  });
}
