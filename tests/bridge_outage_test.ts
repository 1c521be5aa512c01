// Hubs go on when the engine is gone, and it goes on when it is back.

import assert from "node:assert/strict";
import type { BridgeFault } from "../bridge.ts";
import { BufferFullError, createEvent, FrameError } from "../mod.ts";
import {
  type BridgeStage,
  testOnBothEngines,
  testOnEngines,
  testOnMakes,
} from "./_bridges.ts";
import { envelopesOn, payloadsOn } from "./_waiting.ts";
import { denoServer, wsServer } from "./_websocket.ts";

Deno.test.sanitizer({ ops: true, resources: true });

testOnMakes(
  "hubs go on while the engine is gone, and it goes on by itself",
  async (stage, [webSocket, iroh]) => {
    const { engine, faults } = stage;
    const near = await stage.site(webSocket);
    const beside = await stage.site(iroh);
    const far = await stage.linked(webSocket);
    const link = await stage.link([near, beside]);
    const [ann, bob, cid, dan] = [
      await near.peer(),
      await near.peer(),
      await beside.peer(),
      await far.peer(),
    ];
    const locals = [bob, cid].map((peer) => envelopesOn(peer, "said:room"));
    const dans = envelopesOn(dan, "said:room");
    for (const peer of [bob, cid, dan]) await peer.flush();
    const say = (from: typeof ann, payload: unknown) =>
      from.dispatchEvent(createEvent("said", "room", payload));
    let count = 0;
    for (let outage = 1; outage <= 2; outage++) {
      await engine.server.kill();
      await outages(stage, 2 * outage);
      for (let i = 0; i < 10; i++) say(ann, `by ann, ${outage}.${i}`);
      near.hub.dispatchEvent(createEvent("said", "room", `hub, ${outage}`));
      count += 11;
      for (const log of locals) await log.count(count);
      // What is subscribed meanwhile holds afterwards.
      const late = envelopesOn(ann, `late:${outage}`);
      await ann.flush();
      await engine.server.start();
      await dans.count(count);
      dan.dispatchEvent(createEvent("late", String(outage), outage));
      await late.count(1);
      say(dan, `by dan, ${outage}`);
      count += 1;
      for (const log of locals) await log.count(count);
      dans.add({ type: "said", id: "room", payload: `by dan, ${outage}` });
      await stage.settle();
      assert.equal(late.all.length, 1);
    }
    for (const log of [...locals, dans]) {
      assert.equal(log.all.length, count);
      assert.deepEqual(
        log.all.map(({ payload }) => payload),
        dans.all.map(({ payload }) => payload),
      );
    }
    // Each bridge said it once each time; what clients say of it is theirs.
    assert.equal(faults.all.filter(isOutage).length, 4);
    for (const fault of faults.all) {
      assert.ok(isOutage(fault) || /ECONNREFUSED/.test(String(fault.error)));
      assert.equal(fault.lost, undefined);
    }
    assert.equal(link.lost, 0);
  },
);

testOnEngines(
  "what does not fit the queue is lost, counted and told",
  async (stage) => {
    const { engine, faults } = stage;
    const near = await stage.site(denoServer);
    const far = await stage.linked(wsServer);
    const target = await engine.target({ backpressureLimit: 2_000 });
    const link = await stage.link(near, { target });
    const [ann, bob, cid] = [
      await near.peer(),
      await near.peer(),
      await far.peer(),
    ];
    const bobs = envelopesOn(bob, "said:room");
    const cids = envelopesOn(cid, "said:room");
    for (const peer of [bob, cid]) await peer.flush();
    let [all, lost] = [0, 0];
    for (let outage = 1; outage <= 2; outage++) {
      await engine.server.kill();
      await outages(stage, 2 * outage);
      for (let i = 0; i < 100; i++) {
        ann.dispatchEvent(createEvent("said", "room", ++all));
      }
      await bobs.count(all);
      assert.ok(link.lost > lost);
      lost = link.lost;
      // The first of them is told at once.
      const told = await faults.find((fault) => (fault.lost ?? 0) > 0);
      const { cause } = told.error as Error;
      assert.ok(cause instanceof BufferFullError, String(told.error));
      await engine.server.start();
      await cids.count(all - lost);
      await stage.settle();
      assert.equal(stage.lost, lost);
      assert.equal(link.lost, lost);
      assert.equal(cids.all.length, all - lost);
    }
    const payloads = cids.all.map(({ payload }) => Number(payload));
    assert.equal(new Set(payloads).size, payloads.length);
    assert.deepEqual(payloads, payloads.toSorted((a, b) => a - b));
    assert.equal(bobs.all.length, all);
  },
);

testOnEngines(
  "a spoke does not wait for an engine that does not answer",
  async (stage) => {
    const { engine } = stage;
    const near = await stage.linked(denoServer);
    const far = await stage.linked(wsServer);
    const [ann, bob] = [
      await near.peer({ settles: false }),
      await near.peer({ settles: false }),
    ];
    engine.server.pause();
    const heard = envelopesOn(ann, "said:room");
    await ann.flush();
    bob.dispatchEvent(createEvent("said", "room", "here"));
    await heard.count(1);
    engine.server.resume();
    for (const bridge of near.bridges) await bridge.flush();
    far.hub.dispatchEvent(createEvent("said", "room", "there"));
    await heard.count(2);
    assert.deepEqual(
      heard.all.map(({ payload }) => payload),
      ["here", "there"],
    );
    assert.deepEqual(stage.faults.all, []);
  },
);

testOnEngines("what comes twice is passed on once", async (stage) => {
  const sites = [await stage.linked(denoServer), await stage.linked(wsServer)];
  const peers = [await sites[0]!.peer(), await sites[1]!.peer()];
  const heard = peers.map((peer) => envelopesOn(peer, "said"));
  for (const peer of peers) await peer.flush();
  let number = 0;
  const say = () => {
    for (const peer of peers) {
      peer.dispatchEvent(createEvent("said", String(number % 3), ++number));
    }
  };
  for (let outage = 1; outage <= 3; outage++) {
    for (let i = 0; i < 200; i++) say();
    const killed = stage.engine.server.kill();
    for (let i = 0; i < 200; i++) say();
    await killed;
    await outages(stage, 2 * outage);
    for (let i = 0; i < 200; i++) say();
    await stage.engine.server.start();
    // What is said from now on comes, whatever was lost with the server.
    say();
    const last = [number, number - 1];
    await Promise.all(
      heard.map((log, i) => log.find(({ payload }) => payload === last[i])),
    );
  }
  heard.forEach(({ all }, i) => {
    const payloads = all.map(({ payload }) => Number(payload));
    assert.equal(new Set(payloads).size, payloads.length);
    assert.deepEqual(payloads, payloads.toSorted((a, b) => a - b));
    // The other's alone.
    assert.ok(payloads.every((payload) => payload % 2 === (i === 0 ? 0 : 1)));
  });
});

testOnEngines(
  "what is too big for a hub closes no connection",
  async (stage) => {
    const near = await stage.linked(denoServer, { maxFrameBytes: 1_000 });
    const far = await stage.linked(wsServer);
    const peer = await near.peer();
    const heard = payloadsOn(peer, "said:room");
    await peer.flush();
    const events = ["x".repeat(2_000), 1, "x".repeat(900), "x".repeat(1e5), 2];
    for (const payload of events) {
      far.hub.dispatchEvent(createEvent("said", "room", payload));
    }
    await stage.settle();
    assert.deepEqual(heard, [1, "x".repeat(900), 2]);
    assert.equal(peer.state, "open");
    assert.deepEqual(stage.left.all, []);
    assert.equal(stage.faults.all.length, 2);
    for (const { error, topic, lost } of stage.faults.all) {
      assert.ok(error instanceof FrameError, String(error));
      assert.equal(topic, "said:room");
      assert.equal(lost, undefined);
    }
  },
);

testOnEngines("what is too big for the engine is lost", async (stage) => {
  const near = await stage.site(denoServer);
  const target = await stage.engine.target({ maxFrameBytes: 1_000 });
  const link = await stage.link(near, { target });
  const far = await stage.linked(wsServer);
  const peers = [await near.peer(), await near.peer(), await far.peer()];
  const heard = peers.map((peer) => payloadsOn(peer, "said:room"));
  for (const peer of peers) await peer.flush();
  for (const payload of ["x".repeat(2_000), 1]) {
    peers[0]!.dispatchEvent(createEvent("said", "room", payload));
  }
  await stage.settle();
  assert.deepEqual(heard, [[], ["x".repeat(2_000), 1], [1]]);
  assert.equal(link.lost, 1);
  assert.equal(stage.faults.all.length, 1);
  const [{ error, lost }] = stage.faults.all as [BridgeFault];
  assert.ok((error as Error).cause instanceof FrameError, String(error));
  assert.equal(lost, 1);
});

testOnEngines(
  "a topic that the engine has no name for stays on its hub",
  async (stage) => {
    const near = await stage.linked(denoServer);
    const [link] = [...near.bridges];
    const [ann, bob] = [await near.peer(), await near.peer()];
    const id = "half \ud83d";
    const heard = payloadsOn(bob, `said:${id}`);
    await bob.flush();
    ann.dispatchEvent(createEvent("said", id, 1));
    await stage.settle();
    assert.deepEqual(heard, [1]);
    assert.deepEqual(stage.left.all, []);
    // NATS has an escape for it.
    const faults = stage.faults.all.map(({ error, topic, lost }) => {
      assert.match(String(error), /holds half of a character/);
      return { topic, lost };
    });
    assert.equal(link!.lost, faults.length / 2);
    if (faults.length > 0) {
      assert.deepEqual(faults, [
        { topic: `said:${id}`, lost: undefined },
        { topic: `said:${id}`, lost: 1 },
      ]);
    }
  },
);

testOnBothEngines("a bridge closes without its engine", async (stage) => {
  const near = await stage.site(denoServer);
  const links = [];
  for (const engine of stage.engines) {
    links.push(await stage.link(near, { engine }));
  }
  const peer = await near.peer({ settles: false });
  for (const { server } of stage.engines) await server.kill();
  await outages(stage, 2);
  peer.addEventListener("said:room", () => {});
  peer.dispatchEvent(createEvent("said", "hall", 1));
  await peer.flush();
  await Promise.all(links.map((link) => link.close()));
  for (const { server } of stage.engines) await server.start();
});

/** Resolves once bridges have told of so many outages. */
async function outages(
  { faults }: BridgeStage,
  count: number,
): Promise<void> {
  await faults.find(() => faults.all.filter(isOutage).length >= count);
}

function isOutage({ error }: BridgeFault): boolean {
  return /cannot be reached/.test(String(error));
}
