// What is dispatched while the hub is away, or when it is killed.

import assert from "node:assert/strict";
import { BufferFullError, createEvent, NotConnectedError } from "../../mod.ts";
import type { SpokeOptions, SpokeStatus } from "../../websocket_client.ts";
import { figure, lengthOf } from "../_length.ts";
import { Log } from "../_waiting.ts";
import {
  COMES_BACK,
  type HubProcess,
  nextStatus,
  type Stage,
  testOnTransports,
} from "./_stage.ts";
import type { FaultSpoke } from "./_transport.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** An event of a length of its own, with a character of three bytes. */
function numbered(n: number) {
  return createEvent("numbered", "", {
    n,
    filling: "€".repeat(n * 7919 % 500),
  });
}

const bytesOf = ({ detail }: { detail: unknown }) =>
  new TextEncoder().encode(JSON.stringify(detail)).length;

/** A hub, and a spoke that tells its statuses. */
async function joined(stage: Stage, options: SpokeOptions) {
  const hub = await stage.serving();
  const statuses = new Log<SpokeStatus>();
  const spoke = await stage.ends.spoke(hub.address, {
    ...COMES_BACK,
    ...options,
    onStatus: statuses.add,
  });
  await spoke.flush();
  return { hub, spoke, statuses };
}

/** Resolves once the spoke knows that the hub has been killed. */
async function killed(hub: HubProcess, statuses: Log<SpokeStatus>) {
  const lost = nextStatus(statuses, "reconnecting");
  await hub.kill();
  await lost;
}

/** The numbers that a hub has heard, once it has worked off all. */
async function heardBy(hub: HubProcess, spoke: FaultSpoke): Promise<number[]> {
  await spoke.flush();
  await hub.topics(); // What it heard was said before.
  return hub.heard;
}

const numbersTo = (count: number) => Array.from({ length: count }, (_, i) => i);

testOnTransports(
  "offline, what fits is queued and arrives, or nothing is taken",
  async (stage) => {
    const backpressureLimit = lengthOf({ short: 1 << 18, full: 1 << 20 });
    const { hub, spoke, statuses } = await joined(stage, { backpressureLimit });
    const throwing = new Log<SpokeStatus>();
    const thrower = await stage.ends.spoke(hub.address, {
      ...COMES_BACK,
      offline: "throw",
      onStatus: throwing.add,
    });
    await thrower.flush();
    const lost = nextStatus(throwing, "reconnecting");
    await killed(hub, statuses);
    await lost;
    for (let i = 0; i < 10; i++) {
      assert.throws(
        () => thrower.dispatchEvent(numbered(i)),
        NotConnectedError,
      );
      assert.equal(thrower.bufferedBytes, 0);
    }
    let accepted = 0;
    let bytes = 0;
    for (;; accepted++) {
      try {
        spoke.dispatchEvent(numbered(accepted));
      } catch (error) {
        assert(error instanceof BufferFullError);
        break;
      }
      bytes += bytesOf(numbered(accepted));
      assert.equal(spoke.bufferedBytes, bytes);
    }
    assert(bytes <= backpressureLimit);
    assert(bytes + bytesOf(numbered(accepted)) > backpressureLimit);
    assert.throws(() => spoke.dispatchEvent(numbered(accepted)), {
      code: "BUFFER_FULL",
    });

    const next = await stage.serving();
    assert.deepEqual(await heardBy(next, spoke), numbersTo(accepted));
    assert.equal(spoke.bufferedBytes, 0);
    spoke.dispatchEvent(numbered(accepted)); // There is room again.
    await spoke.flush();
    await thrower.flush();
    thrower.dispatchEvent(numbered(accepted + 1));
    assert.deepEqual(await heardBy(next, thrower), numbersTo(accepted + 2));
  },
);

testOnTransports(
  "a hub killed under load loses what was in flight, and nothing else",
  async (stage) => {
    const { hub, spoke, statuses } = await joined(stage, {});
    const queued = new Log<number>();
    let sent = 0;
    const timer = setInterval(() => {
      for (let i = 0; i < 5; i++) {
        if (spoke.state !== "open") queued.add(sent);
        spoke.dispatchEvent(numbered(sent++));
      }
    }, 5);
    await hub.said.find(({ heard }) => heard === 200);
    await killed(hub, statuses);
    await queued.count(200);
    clearInterval(timer);

    const next = await stage.serving();
    const after = await heardBy(next, spoke);
    const before = hub.heard;
    assert.deepEqual(before, numbersTo(before.length));
    assert.deepEqual(
      after,
      numbersTo(sent).slice(sent - after.length),
      "the end of all, in order",
    );
    assert(after[0]! >= before.length, "nothing twice");
    assert(after[0]! <= queued.all[0]!, "all that was queued");
    figure("hub killed under load", {
      transport: stage.transport.name,
      sent,
      lost: sent - before.length - after.length,
    });
  },
);

testOnTransports(
  "what a stopped hub did not take waits, is counted once, and arrives",
  async (stage) => {
    const { hub, spoke, statuses } = await joined(stage, {});
    const lost = nextStatus(statuses, "reconnecting");
    hub.stop();
    // More than the transport and the kernel take.
    const events = numbersTo(4000).map((n) =>
      createEvent("numbered", "", { n, filling: "x".repeat(1000) })
    );
    for (const event of events) spoke.dispatchEvent(event);
    await lost;
    const waiting = spoke.bufferedBytes;
    const total = events.reduce((all, event) => all + bytesOf(event), 0);
    assert(waiting <= total, `${waiting} bytes wait of ${total}`);

    hub.continue();
    const heard = await heardBy(hub, spoke);
    for (const [i, n] of heard.entries()) assert(i === 0 || n > heard[i - 1]!);
    const arrived = new Set(heard);
    // What waited is the end of all, without a gap.
    let bytes = 0;
    for (let n = events.length - 1; bytes < waiting; n--) {
      assert(arrived.has(n), `${n} has not arrived`);
      bytes += bytesOf(events[n]!);
    }
    assert.equal(spoke.bufferedBytes, 0);
  },
);
