// Peers that do what they should too slowly, by halves, or over and over.

import assert from "node:assert/strict";
import { figure, lengthOf } from "../_length.ts";
import { addressAt, frameOf as framed } from "../_raw_peer.ts";
import { UdpProxy } from "../_udp_proxy.ts";
import { RawWebSocket } from "../_websocket_peer.ts";
import { bindingOf, dialAt, many, tally } from "./_crowd_peers.ts";
import { inMegabytes } from "./_crowd_process.ts";
import { onQuic, onTcp, type Scene, testOn } from "./_crowd_scene.ts";
import { connectPeer } from "./_crowd_witness.ts";

Deno.test.sanitizer({ ops: true, resources: true });

testOn(
  onQuic,
  "handshakes that are never finished keep nobody out",
  {},
  async ({ kind, hub, witness }) => {
    const count = lengthOf({ short: 100, full: 500 });
    const binding = bindingOf(kind)!;
    const [calm, start] = [await witness.trips(100), await hub.memory()];
    const on = await binding.createEndpoint();
    await using proxy = await UdpProxy.open(hub.port);
    let answers = 0;
    const answered = Promise.withResolvers<void>();
    proxy.passes = (towards) => {
      // The hub's answers never arrive; of each handshake there is one at least.
      if (towards === "client" && ++answers === count) answered.resolve();
      return towards === "server";
    };
    const address = await addressAt(on.endpoint, hub.nodeId, proxy.port);
    const dials = Array.from(
      { length: count },
      () => dialAt(on.endpoint, address).catch(() => {}),
    );
    let isOver = false;
    void Promise.race(dials).then(() => isOver = true);
    try {
      await answered.promise;
      await addressAt(on.endpoint, hub.nodeId, hub.port); // DNS tells the truth.
      const started = performance.now();
      const newcomer = await connectPeer(hub.address, binding);
      await newcomer.target.flush();
      const took = performance.now() - started;
      assert(!isOver, "The newcomer had to wait until a handshake timed out");
      const [crowded, during] = [await witness.trips(100), await hub.memory()];
      figure(`handshakes never finished on ${kind}`, {
        handshakes: count,
        "newcomer in after ms": took,
        ...inMegabytes("before", start),
        ...inMegabytes("during", during),
        "trip p99 ms before": calm.p99,
        "trip p99 ms during": crowded.p99,
      });
      await newcomer.close();
    } finally {
      await on.close();
      await Promise.all(dials);
    }
    const { admitted, ended } = await hub.until(({ connections }) =>
      connections === 2
    );
    assert.equal(admitted, 3);
    assert.deepEqual(ended, { "1000": 1 });
  },
);

/** Milliseconds from one byte to the next. */
const BYTE_PAUSE = lengthOf({ short: 25, full: 1000 });

const pause = () => new Promise((resolve) => setTimeout(resolve, BYTE_PAUSE));

/** Shorter together than what is sent byte by byte. */
const SOON = {
  pingInterval: lengthOf({ short: 300, full: 10_000 }),
  pingTimeout: lengthOf({ short: 700, full: 5000 }),
};

const EVENT = JSON.stringify({
  type: "byte.by.byte",
  id: "",
  payload: "slow, and heard",
});

testOn(
  onQuic,
  "a peer that sends byte by byte is slow, and heard in the end",
  SOON,
  async ({ kind, hub, crowd }) => {
    const { target, close } = await connectPeer(hub.address, bindingOf(kind));
    const heard = Promise.withResolvers<string>();
    target.addEventListener("byte.by.byte", ({ detail }) => {
      heard.resolve(JSON.stringify(detail));
    });
    await target.flush();
    const peer = await crowd.speaking();
    for (const byte of framed(new TextEncoder().encode(EVENT))) {
      await peer.write(Uint8Array.of(byte));
      await pause();
    }
    assert.equal(await heard.promise, EVENT);
    const { ended, faults } = await hub.look();
    assert.deepEqual([ended, faults], [{}, {}], "Any byte is a sign of life");
    await close();
  },
);

testOn(
  onTcp,
  "a peer that sends a frame byte by byte is dropped",
  SOON,
  async ({ hub, crowd }) => {
    const peer = await crowd.speaking();
    // A text of 1000 bytes; what it is masked with is in the way of nobody.
    const frame = [0x81, 0x80 | 126, 1000 >> 8, 1000 & 255, 0, 0, 0, 0];
    let isOver = false;
    const ended = peer.ended().finally(() => isOver = true);
    for (let i = 0; !isOver && i < 1000; i++) {
      await peer.write(Uint8Array.of(frame[i] ?? 0x20)).catch(() => {});
      await pause();
    }
    assert.equal(await ended, "1001 ping timeout");
    const told = await hub.look();
    assert.deepEqual(told.ended, { "1001 ping timeout": 1 });
    assert.equal(Object.values(told.faults)[0], 1);
  },
);

const MIB = 2 ** 20;

testOn(
  [...onTcp, ...onQuic],
  "a long frame that is announced costs what has come of it",
  { pingInterval: lengthOf({ short: 1500, full: 8000 }), pingTimeout: 500 },
  async (scene) => {
    const { kind, hub, witness, crowd } = scene;
    const count = lengthOf({ short: 40, full: 200 });
    const onWebSocket = bindingOf(kind) === undefined;
    const [calm, start] = [await witness.trips(100), await hub.memory()];
    const head = onWebSocket
      ? [0x81, 0x80 | 127, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0]
      : [0, 0x10, 0, 0];
    const peers = await many(count, async () => {
      const peer = await crowd.speaking();
      await peer.write(Uint8Array.of(...head, 1, 2, 3, 4, 5));
      return peer;
    });
    await hub.until(({ admitted }) => admitted === 2 + count);
    const [crowded, during] = [await witness.trips(100), await hub.memory()];
    const grown = during.heapUsed + during.external - start.heapUsed -
      start.external;
    figure(`frames announced on ${kind}`, {
      peers: count,
      "announced MB": count * MIB / 1e6,
      ...inMegabytes("before", start),
      ...inMegabytes("announced", during),
      "trip p99 ms before": calm.p99,
      "trip p99 ms announced": crowded.p99,
    });
    assert(grown < count * MIB / 8, `${grown} bytes for 5 of each peer`);
    const ended = await Promise.all(peers.map((peer) => peer.ended()));
    assert.deepEqual(tally(ended), { "1001 ping timeout": count });
    const told = await hub.until(({ connections }) => connections === 2);
    assert.deepEqual(told.ended, { "1001 ping timeout": count });
  },
);

testOn(
  [...onTcp, ...onQuic],
  "peers that come and go in a loop leave nothing behind",
  {},
  async (scene) => {
    const { kind, hub, witness } = scene;
    const times = lengthOf({ short: 100, full: 2000 });
    await comeAndGo(scene, 30);
    const [start, calm] = [await hub.memory(), await witness.trips(100)];
    await comeAndGo(scene, times);
    const told = await hub.until(({ connections }) => connections === 2);
    const most = start.heapUsed + times * 2000 + 1e6;
    const end = await hub.memoryBelow(most);
    const crowded = await witness.trips(100);
    figure(`come and go on ${kind}`, {
      times,
      ...inMegabytes("before", start),
      ...inMegabytes("after", end),
      "trip p99 ms before": calm.p99,
      "trip p99 ms meanwhile": crowded.p99,
    });
    const parted = Object.values(told.ended).reduce((a, b) => a + b, 0);
    assert.equal(parted, told.admitted - 2, "Who came has gone");
    assert(end.heapUsed < most, `${end.heapUsed} bytes of heap are in use`);
  },
);

/** Every other one says nothing, and every other one is cut off. */
async function comeAndGo(
  { kind, hub, crowd }: Scene,
  times: number,
): Promise<void> {
  const isOnIroh = bindingOf(kind) !== undefined;
  for (let i = 0; i < times; i++) {
    if (isOnIroh && i % 2 === 0) (await crowd.silent(true)).destroy();
    else if (isOnIroh) (await crowd.speaking()).destroy();
    else {
      const peer = await RawWebSocket.connect(hub.address);
      if (i % 4 > 1) await peer.sendEnvelope("hello", "", null);
      if (i % 2 === 0) await peer.close(1000);
      peer.destroy();
    }
  }
}
