// Who is subscribed to a topic, on one hub and on all.

import assert from "node:assert/strict";
import { BRIDGE_TYPE } from "../_roster.ts";
import type { Bridge, BridgeFault } from "../bridge.ts";
import { createEvent } from "../mod.ts";
import { type BridgeStage, testOnEngines, testOnMakes } from "./_bridges.ts";
import { foreign } from "./_bridge_engines.ts";
import type { WebSocketSite } from "./_bridge_stage.ts";
import { testOnHubs } from "./_hubs.ts";
import { LineProcess } from "./_line_process.ts";
import { MemorySocket } from "./properties/_memory_sockets.ts";
import { payloadsOn } from "./_waiting.ts";
import { denoServer, wsServer } from "./_websocket.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Milliseconds in which bridges get to know each other, and answer. */
const PATIENCE = 500;

testOnHubs("a hub tells who is subscribed to a topic", async (stage) => {
  const hub = await stage.hub();
  const [ann, bob] = [await stage.peer(), await stage.peer()];
  const listener = () => {};
  assert.deepEqual(hub.subscribers("said:room"), []);
  for (const peer of [ann, bob]) peer.addEventListener("said:room", listener);
  ann.addEventListener("said", listener);
  hub.addEventListener("said", listener);
  for (const peer of [ann, bob]) await peer.flush();
  assert.deepEqual(
    hub.subscribers("said:room").sort(),
    [ann.id, bob.id].sort(),
  );
  assert.deepEqual(hub.subscribers("said"), [ann.id]);
  for (const topic of ["said:", "said:hall", "sai", "", "direct:said"]) {
    assert.deepEqual(hub.subscribers(topic), [], topic);
  }
  ann.removeEventListener("said:room", listener);
  await ann.flush();
  assert.deepEqual(hub.subscribers("said:room"), [bob.id]);
  await hub.close();
  assert.deepEqual(hub.subscribers("said:room"), []);
});

testOnMakes(
  "a bridge tells who is subscribed on all hubs, each once",
  async (stage, [webSocket, iroh]) => {
    const sites = [
      await stage.linked(iroh),
      await stage.linked(webSocket),
      await stage.site(webSocket),
      await stage.linked(webSocket, { relay: false }),
    ];
    // Two hubs on one bridge.
    await stage.link([sites[2]!, await stage.site(iroh)]);
    const on = await stage.endpoint(iroh);
    const ann = [
      await sites[0]!.peer({ on, settles: false }),
      await sites[1]!.peer({ id: on.nodeId, settles: false }),
      await sites[1]!.peer({ id: on.nodeId, settles: false }),
    ];
    const bob = await sites[2]!.peer({ settles: false });
    const cid = await sites[3]!.peer({ settles: false });
    const listener = () => {};
    const all = [...ann, bob, cid];
    for (const peer of all) {
      peer.addEventListener("said:room", listener);
      await peer.flush();
    }
    bob.addEventListener("said", listener);
    await bob.flush();
    const bridges = sites.map(({ bridges }) => [...bridges][0]!);
    const idsOn = async (topic: string, bridge: Bridge) =>
      (await bridge.subscribers(topic, { timeout: PATIENCE })).sort();
    const ids = [on.nodeId, bob.id, cid.id].sort();
    for (const bridge of bridges) {
      assert.deepEqual(await idsOn("said:room", bridge), ids);
      assert.deepEqual(await idsOn("said", bridge), [bob.id]);
      assert.deepEqual(await idsOn("said:hall", bridge), []);
    }
    // Many at once.
    const answers = await Promise.all(
      Array.from(
        { length: 100 },
        (_, i) => idsOn("said:room", bridges[i % bridges.length]!),
      ),
    );
    for (const answer of answers) assert.deepEqual(answer, ids);
    // One connection after the other.
    for (const [i, peer] of all.entries()) {
      if (i % 2 === 0) {
        peer.removeEventListener("said:room", listener);
        await peer.flush();
      } else {
        await peer.close();
        await stage.left.count((i + 1) / 2);
      }
      const left = new Set(all.slice(i + 1).map(({ id }) => id));
      for (const bridge of bridges) {
        assert.deepEqual(await idsOn("said:room", bridge), [...left].sort());
      }
    }
    assert.deepEqual(stage.faults.all, []);
  },
);

testOnEngines("thousands of subscribers are told in parts", async (stage) => {
  const near = await stage.linked(denoServer);
  const far = await stage.linked(wsServer);
  const { ids, sockets } = await crowd(near, 2_500);
  const [bridge] = [...far.bridges];
  for (let i = 0; i < 2; i++) {
    const told = await bridge!.subscribers("said:room");
    assert.deepEqual(told.sort(), ids.sort());
  }
  assert.deepEqual(stage.faults.all, []);
  for (const socket of sockets) socket.lose();
});

testOnEngines("parts are as small as the engine has them", async (stage) => {
  const near = await stage.site(denoServer);
  const target = await stage.engine.target({ maxFrameBytes: 1_000 });
  await stage.link(near, { target });
  const far = await stage.linked(wsServer);
  const { ids, sockets } = await crowd(near, 300);
  const [bridge] = [...far.bridges];
  const told = await bridge!.subscribers("said:room");
  assert.deepEqual(told.sort(), ids.sort());
  assert.deepEqual(stage.faults.all, []);
  for (const socket of sockets) socket.lose();
});

testOnEngines(
  "a bridge that does not answer is waited for once",
  async (stage) => {
    const near = await stage.linked(denoServer);
    const far = await stage.linked(wsServer);
    const [peer] = [await far.peer(), await near.peer()];
    peer.addEventListener("said:room", () => {});
    await peer.flush();
    const [bridge] = [...near.bridges];
    const timeout = PATIENCE;
    const ask = () => bridge!.subscribers("said:room", { timeout });
    assert.deepEqual(await ask(), [peer.id]);
    assert.deepEqual(stage.faults.all, []);
    for (let round = 1; round <= 2; round++) {
      await talk(stage, `ghost.${round}`, { is: "alive" });
      await stage.settle();
      assert.deepEqual(await ask(), [peer.id]);
      assert.equal(stage.faults.all.length, round);
      const fault: BridgeFault = stage.faults.all.at(-1)!;
      assert.match(String(fault.error), /1 of 2 did not answer in 500 ms/);
      assert.equal(fault.lost, undefined);
      // Whoever waited for the ghost would tell of it.
      for (let i = 0; i < 3; i++) assert.deepEqual(await ask(), [peer.id]);
      assert.equal(stage.faults.all.length, round);
    }
    // One that leaves is not waited for.
    await talk(stage, "ghost.3", { is: "alive" });
    await talk(stage, "ghost.4", { is: "leaving" });
    await stage.settle();
    assert.deepEqual(await ask(), [peer.id]);
    assert.equal(stage.faults.all.length, 2);
  },
);

testOnEngines(
  "a process that is stopped is waited for once, and counts again later",
  async (stage) => {
    const near = await stage.linked(denoServer);
    const [bridge] = [...near.bridges];
    await using process = new LineProcess(
      new URL("./_bridge_process.ts", import.meta.url),
      [stage.engine.server.url],
    );
    const { id } = await process.ask<{ id: string }>("subscribe", "said:room");
    const timeout = PATIENCE;
    const ask = () => bridge!.subscribers("said:room", { timeout });
    assert.deepEqual(await ask(), [id]);
    process.stop();
    assert.deepEqual(await ask(), []);
    assert.equal(stage.faults.all.length, 1);
    assert.match(String(stage.faults.all[0]!.error), /1 of 1 did not answer/);
    assert.deepEqual(await ask(), []);
    assert.equal(stage.faults.all.length, 1);
    process.continue();
    // Its answers of before come now, and tell that it is there.
    while ((await ask()).length === 0) await process.ask("flush");
    assert.equal(stage.faults.all.length, 1);
  },
);

testOnEngines(
  "nothing that is said on the topics of bridges does any harm",
  async (stage) => {
    const near = await stage.linked(denoServer);
    const far = await stage.linked(wsServer);
    const [ann, bob] = [await near.peer(), await far.peer()];
    const heard = payloadsOn(bob, "said:room");
    await bob.flush();
    const { engine } = stage;
    const odd = [
      ...[null, 0, "here", [], {}, { is: null }, { is: "__proto__" }],
      ...[{ is: "asking" }, { is: "asking", number: {}, topic: [] }],
      { is: "asking", number: 1, topic: { toString: 1, valueOf: 1 } },
      { is: "asking", number: 1e999, topic: "x".repeat(1e5) },
      ...[{ is: "answering" }, { is: "answering", number: 1, ids: 7 }],
      { is: "answering", number: 1, ids: [{ toString: 1, valueOf: 1 }, null] },
      ...[{ is: "here", asks: 1 }, { is: "here", asks: true }],
    ];
    const asking = [...near.bridges, ...far.bridges].map((bridge) =>
      bridge.subscribers("said:room", { timeout: PATIENCE })
    );
    const names = ["odd.1", ".", "", "x", "a:b.2", "*.3", "\ud800.4", "😀.5"];
    for (const [i, payload] of odd.entries()) {
      for (const name of names) await talk(stage, `${name}${i}`, payload);
      await talk(stage, undefined, payload);
    }
    for (const name of names) await talk(stage, `${name}z`, { is: "leaving" });
    const texts = ["", "{", "[]", '{"type":"__bridge"}', "null", '{"type":1}'];
    for (const text of texts) await engine.publish(`${BRIDGE_TYPE}:all`, text);
    for (const ids of await Promise.all(asking)) {
      assert.ok(ids.includes(bob.id));
    }
    ann.dispatchEvent(createEvent("said", "room", 1));
    near.hub.dispatchEvent(createEvent("said", "room", 2));
    await stage.settle();
    assert.deepEqual(heard.sort(), [1, 2]);
    for (const { lost } of stage.faults.all) assert.equal(lost, undefined);
    const [bridge] = [...near.bridges];
    assert.deepEqual(await bridge!.subscribers("said:room"), [bob.id]);
    assert.equal(bridge!.lost, 0);
  },
);

testOnEngines("what cannot be asked is refused", async (stage) => {
  const near = await stage.linked(denoServer);
  const [bridge] = [...near.bridges];
  for (const timeout of [0, -1, NaN, Infinity, 2 ** 31]) {
    await assert.rejects(
      bridge!.subscribers("said", { timeout }),
      RangeError,
      String(timeout),
    );
  }
  for (const topic of [undefined, null, 1, {}]) {
    await assert.rejects(bridge!.subscribers(topic as string), TypeError);
  }
  assert.deepEqual(
    await bridge!.subscribers("said", { timeout: undefined }),
    [],
  );
});

/** Peers that are subscribed to `said:room`. */
async function crowd(
  { hub }: WebSocketSite,
  count: number,
): Promise<{ ids: string[]; sockets: MemorySocket[] }> {
  const ids = Array.from({ length: count }, (_, i) => `peer-${i}`);
  const sockets = await Promise.all(ids.map(async (id) => {
    const [here, there] = MemorySocket.pair(0);
    hub.addConnection(there, { id });
    const ponged = new Promise((resolve) =>
      here.addEventListener("message", resolve)
    );
    here.send(foreign("__subscribe", "", { topic: "said:room" }));
    here.send(foreign("__ping"));
    await ponged;
    return here;
  }));
  return { ids, sockets };
}

/** Has somebody tell all bridges something. */
async function talk(
  { engine }: BridgeStage,
  from: string | undefined,
  payload: unknown,
): Promise<void> {
  const text = JSON.stringify({ type: BRIDGE_TYPE, id: "all", payload, from });
  await engine.publish(`${BRIDGE_TYPE}:all`, text);
}
