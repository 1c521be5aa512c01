// Peers that connect and then behave badly, each kind against a hub in a process
// of its own that goes on serving two healthy peers.

import assert from "node:assert/strict";
import { figure, lengthOf } from "../_length.ts";
import {
  bindingOf,
  type Crowd,
  many,
  type SilentPeer,
  tally,
} from "./_crowd_peers.ts";
import { inMegabytes } from "./_crowd_process.ts";
import { onQuic, onTcp, type Scene, testOn } from "./_crowd_scene.ts";
import { crowdSize } from "./_crowd_size.ts";
import { connectPeer } from "./_crowd_witness.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Lets a crowd stand, waits until none of it is left, and says what it took. */
async function stand(
  what: string,
  { kind, hub, crowd, witness }: Scene,
  connect: (crowd: Crowd, index: number) => Promise<SilentPeer>,
  part: (peers: SilentPeer[]) => Promise<void>,
): Promise<void> {
  const size = await crowdSize(kind, lengthOf({ short: 200, full: 10_000 }));
  await witness.trips(100);
  const [start, calm] = [await hub.memory(), await witness.trips(100)];
  const peers = await many(size, (i) => connect(crowd, i));
  const [standing, crowded] = [await hub.memory(), await witness.trips(100)];
  await part(peers);
  await hub.until(({ connections }) => connections === 2);
  const grown = standing.heapUsed - start.heapUsed;
  const most = start.heapUsed + grown / 2 + 1e6;
  const end = await hub.memoryBelow(most);
  figure(`${what} on ${kind}`, {
    peers: size,
    ...inMegabytes("before", start),
    ...inMegabytes("standing", standing),
    ...inMegabytes("gone", end),
    "heap KB per peer": (standing.heapUsed - start.heapUsed) / size / 1e3,
    "rss KB per peer": (standing.rss - start.rss) / size / 1e3,
    "trip p50 ms before": calm.p50,
    "trip p50 ms among them": crowded.p50,
    "trip p99 ms before": calm.p99,
    "trip p99 ms among them": crowded.p99,
  });
  assert(end.heapUsed < most, `${end.heapUsed} bytes of heap are in use`);
}

/**
 * What peers were told. QUIC says once why it closes; one in ten at the most may
 * not get that packet, and find that nobody knows its connection (RFC 9000,
 * section 10.3).
 *
 * @param told What they are to be told.
 */
function tallyOf(ended: readonly string[], told: string) {
  const { "reset by peer": reset = 0, ...counts } = tally(ended);
  assert(reset <= ended.length / 10, `${reset} were not told`);
  return { ...counts, [told]: (counts[told] ?? 0) + reset };
}

testOn(
  onTcp,
  "upgraded sockets that say nothing are pinged and dropped",
  // Before Deno's own idleTimeout, which is 30 s.
  {
    pingInterval: lengthOf({ short: 1000, full: 15_000 }),
    pingTimeout: lengthOf({ short: 1000, full: 8000 }),
  },
  async (scene) => {
    await stand(
      "silent sockets",
      scene,
      (crowd) => crowd.silent(),
      async (peers) => {
        const ended = await Promise.all(peers.map((peer) => peer.ended()));
        assert.deepEqual(tally(ended), { "1001 ping timeout": peers.length });
        const told = await scene.hub.look();
        assert.equal(told.admitted, 2 + peers.length);
        assert.deepEqual(told.ended, { "1001 ping timeout": peers.length });
        assert.deepEqual(told.faults, {
          "ConnectionError: Cannot reach peer: it has been silent for N ms":
            peers.length,
        });
      },
    );
  },
);

const HALF_A_HEAD = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: webso";

testOn(
  onTcp,
  "TCP connections that never upgrade do not concern the hub",
  {},
  async (scene) => {
    await stand(
      "TCP alone, half of them with half a head",
      scene,
      (crowd, i) => crowd.unfinished(i % 2 === 0 ? "" : HALF_A_HEAD),
      async (peers) => {
        // They are the server's to drop, in its own time.
        const told = await scene.hub.look();
        const { admitted, ended, faults } = told;
        assert.deepEqual({ admitted, ended, faults }, {
          admitted: 2,
          ended: {},
          faults: {},
        });
        for (const peer of peers) peer.destroy();
      },
    );
  },
);

testOn(
  onQuic,
  "connections on which nothing comes are dropped after the handshake timeout",
  { handshakeTimeout: lengthOf({ short: 2000, full: 60_000 }) },
  async (scene) => {
    await stand(
      "silent connections, half of them with a stream",
      scene,
      (crowd, i) => crowd.silent(i % 2 === 1),
      async (peers) => {
        const ended = await Promise.all(peers.map((peer) => peer.ended()));
        assert.deepEqual(tallyOf(ended, "1002 not ready"), {
          "1002 not ready": peers.length,
        });
        const { admitted, ended: parted, faults } = await scene.hub.look();
        assert.deepEqual([admitted, parted], [2, {}], "None was admitted");
        assert.equal(Object.values(faults)[0], peers.length);
        assert.match(
          Object.keys(faults).join(),
          /^RefusedError: Cannot accept connection of PEER: it was not ready in \d+ ms$/,
        );
      },
    );
  },
);

const PLACES = 12;

testOn(
  [...onTcp, ...onQuic],
  "silent peers hold the places there are no longer than they may",
  {
    maxConnections: PLACES,
    pingInterval: 1000,
    pingTimeout: 1000,
    handshakeTimeout: 2000,
  },
  async ({ kind, hub, crowd }) => {
    const peers = await many(PLACES - 1, () => crowd.silent());
    const ended = await Promise.all(peers.map((peer) => peer.ended()));
    const told = bindingOf(kind) ? "1002 not ready" : "1001 ping timeout";
    assert.deepEqual(tallyOf(ended, told), {
      [`1013 over ${PLACES} connections`]: 1,
      [told]: PLACES - 2,
    });
    const { faults } = await hub.look();
    const full =
      `RefusedError: Cannot accept connection of PEER: over ${PLACES} connections`;
    assert.equal(faults[full], 1);
    await hub.until(({ connections }) => connections === 2);
    const newcomers = await many(
      PLACES - 2,
      () => connectPeer(hub.address, bindingOf(kind)),
    );
    await Promise.all(newcomers.map(async ({ target, close }) => {
      await target.flush();
      await close();
    }));
  },
);
