// What a bridge listens to on the engine: what connections are subscribed to,
// seen by the server.

import assert from "node:assert/strict";
import { createEvent } from "../mod.ts";
import {
  type BridgeStage,
  type Site,
  testOnEngines,
  testOnMakes,
} from "./_bridges.ts";
import { envelopesOn, payloadsOn } from "./_waiting.ts";
import { denoServer, wsServer } from "./_websocket.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Resolves once the hubs have no connection, and the engine knows. */
async function emptied(stage: BridgeStage, ...sites: Site[]): Promise<void> {
  for (const { hub, bridges } of sites) {
    await stage.left.find(() => hub.connections.size === 0);
    for (const bridge of bridges) await bridge.flush();
  }
}

testOnMakes(
  "the engine has one subscription for all connections of a hub",
  async (stage, [webSocket, iroh]) => {
    const { engine } = stage;
    const sites = [await stage.linked(webSocket), await stage.linked(iroh)];
    assert.equal(await engine.subscriptions(), 0);
    const peers = [];
    for (const site of [sites[0]!, sites[0]!, sites[0]!, sites[1]!]) {
      peers.push(await site.peer({ settles: false }));
    }
    assert.equal(await engine.subscriptions(), 0);
    const listener = () => {};
    for (const [i, peer] of peers.entries()) {
      peer.addEventListener("said:room", listener);
      peer.addEventListener("said", listener);
      await peer.flush();
      const hubs = i < 3 ? 1 : 2;
      assert.equal(await engine.subscribed("said:room"), hubs);
      assert.equal(await engine.subscribed("said"), hubs);
    }
    // What the applications of hubs listen to is theirs.
    for (const { hub } of sites) hub.addEventListener("said:hall", listener);
    assert.equal(await engine.subscribed("said:hall"), 0);
    for (const [i, peer] of peers.entries()) {
      peer.removeEventListener("said:room", listener);
      await peer.flush();
      for (const { bridges } of sites) await [...bridges][0]!.flush();
      assert.equal(await engine.subscribed("said:room"), [2, 2, 1, 0][i]);
    }
    assert.equal(await engine.subscribed("said"), 2);
    for (const peer of peers) await peer.close();
    await emptied(stage, ...sites);
    assert.equal(await engine.subscriptions(), 0);
    assert.deepEqual(stage.faults.all, []);
  },
);

testOnEngines(
  "whatever ends a connection ends what the bridge listens to",
  async (stage) => {
    const { engine } = stage;
    // The peers do not answer.
    const site = await stage.linked(wsServer, { pingTimeout: 50 });
    const { hub } = site;
    const subscribe = async () => {
      const peer = await site.raw("ann");
      for (const topic of ["said", "said:room", "direct:ann"]) {
        await peer.subscribe(topic);
      }
      assert.equal(await engine.subscribed("direct:ann"), 1);
      return peer;
    };
    const ends: ((peer: Awaited<ReturnType<typeof subscribe>>) => unknown)[] = [
      (peer) => peer.close(1000),
      (peer) => peer.destroy(),
      (peer) => peer.send("not an envelope"),
      () => hub.removeConnection(hub.sockets.all.at(-1)!),
      () => [...hub.connections][0]!.close(),
      () => hub.close(),
    ];
    for (const end of ends) {
      const peer = await subscribe();
      const closed = peer.closed();
      await end(peer);
      await emptied(stage, site);
      assert.equal(await engine.subscriptions(), 0, String(end));
      peer.destroy();
      await closed;
    }
  },
);

testOnMakes(
  "what a spoke listened to before flush() is never missed",
  async (stage, [webSocket, iroh]) => {
    const near = await stage.linked(iroh);
    const far = await stage.linked(webSocket);
    const spoke = await near.peer({ settles: false });
    const sayer = await far.peer({ settles: false });
    for (let i = 0; i < 200; i++) {
      const topic = i % 3 === 0 ? `said${i}` : `said:${i % 7}`;
      const heard = envelopesOn(spoke, topic);
      await spoke.flush();
      const [type, id] = topic.split(":");
      const from = i % 2 === 0 ? far.hub : sayer;
      from.dispatchEvent(createEvent(type!, id ?? "", i));
      await heard.find(({ payload }) => payload === i);
    }
    assert.deepEqual(stage.faults.all, []);
  },
);

testOnEngines(
  "a spoke that reconnects listens to all its topics again",
  async (stage) => {
    const near = await stage.linked(wsServer);
    const far = await stage.linked(denoServer);
    const spoke = await near.peer({ settles: false });
    const topics = Array.from({ length: 500 }, (_, i) => `said:${i}`);
    const heard = topics.map((topic) => payloadsOn(spoke, topic));
    const last = envelopesOn(spoke, "done:last");
    await spoke.flush();
    assert.equal(await stage.engine.subscriptions(), 501);
    for (let round = 0; round < 3; round++) {
      near.hub.removeConnection(near.hub.sockets.all.at(-1)!);
      near.hub.sockets.all.at(-1)!.close(1001);
      await near.hub.sockets.count(round + 2);
      await spoke.flush();
      assert.equal(await stage.engine.subscriptions(), 501);
      for (let i = 0; i < 500; i++) {
        far.hub.dispatchEvent(createEvent("said", String(i), round));
      }
      far.hub.dispatchEvent(createEvent("done", "last", round));
      await last.count(round + 1);
    }
    assert.deepEqual(heard, topics.map(() => [0, 1, 2]));
    await spoke.close();
    await emptied(stage, near);
    assert.equal(await stage.engine.subscriptions(), 0);
  },
);

testOnEngines(
  "several bridges and hubs need a topic until the last one lets go",
  async (stage) => {
    const { engine } = stage;
    const target = await engine.target();
    const [one, two, three] = [
      await stage.site(denoServer),
      await stage.site(wsServer),
      await stage.site(denoServer),
    ];
    const link = await stage.link([one, two], { target });
    await stage.link(three, { target });
    const peers = [];
    for (const site of [one, two, three]) {
      peers.push(await site.peer({ settles: false }));
    }
    const listener = () => {};
    // A target on the engine, like anybody on it.
    for (const listening of [...peers, target]) {
      listening.addEventListener("said:room", listener);
      await listening.flush();
      assert.equal(await engine.subscribed("said:room"), 1);
    }
    for (const listening of [target, ...peers]) {
      assert.equal(await engine.subscribed("said:room"), 1);
      listening.removeEventListener("said:room", listener);
      await listening.flush();
      await link.flush();
    }
    assert.equal(await engine.subscribed("said:room"), 0);
  },
);

testOnEngines(
  "a bridge takes up what connections are subscribed to already",
  async (stage) => {
    const near = await stage.site(denoServer);
    const far = await stage.linked(wsServer);
    const peer = await near.peer({ settles: false });
    const heard = envelopesOn(peer, "said:room");
    await peer.flush();
    assert.equal(await stage.engine.subscriptions(), 0);
    const first = await stage.link(near);
    far.hub.dispatchEvent(createEvent("said", "room", 1));
    await heard.count(1);
    await first.close();
    assert.equal(await stage.engine.subscriptions(), 0);
    await stage.link(near);
    far.hub.dispatchEvent(createEvent("said", "room", 2));
    await heard.count(2);
    assert.deepEqual(heard.all.map(({ payload }) => payload), [1, 2]);
  },
);
