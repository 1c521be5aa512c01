// Hubs that are linked over an engine are as one hub to their connections.

import assert from "node:assert/strict";
import { createEvent } from "../mod.ts";
import { foreign } from "./_bridge_engines.ts";
import {
  type BridgeStage,
  type Site,
  testOnBothEngines,
  testOnEngines,
  testOnMakes,
} from "./_bridges.ts";
import { number0 } from "./_iroh.ts";
import { payloadsOn } from "./_waiting.ts";
import { denoServer, wsServer } from "./_websocket.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Events of each in turn. */
const ROUNDS = 50;

const ascending = (a: unknown, b: unknown) => Number(a) - Number(b);

testOnMakes(
  "spokes on two hubs exchange events by the same listeners as on one",
  async (stage, [webSocket, iroh]) => {
    const [one, other] = [
      await stage.linked(webSocket),
      await stage.linked(iroh),
    ];
    const [ann, bob, cid] = [
      await one.peer(),
      await other.peer(),
      await one.peer(),
    ];
    const heard = {
      annOnId: payloadsOn(ann, "said:room"),
      bobOnId: payloadsOn(bob, "said:room"),
      bobOnType: payloadsOn(bob, "said"),
      cidOnOther: payloadsOn(cid, "said:hall"),
      cidOnType: payloadsOn(cid, "said"),
    };
    for (const peer of [ann, bob, cid]) await peer.flush();
    ann.dispatchEvent(createEvent("said", "room", "by ann"));
    bob.dispatchEvent(createEvent("said", "room", "by bob"));
    bob.dispatchEvent(createEvent("said", "hall", "by bob, in the hall"));
    ann.dispatchEvent(createEvent("said", "", "by ann, to all"));
    await stage.settle();
    for (const list of Object.values(heard)) list.sort();
    assert.deepEqual(heard, {
      annOnId: ["by bob"],
      bobOnId: ["by ann"],
      bobOnType: ["by ann", "by ann, to all"],
      cidOnOther: ["by bob, in the hall"],
      cidOnType: ["by ann", "by ann, to all", "by bob", "by bob, in the hall"],
    });
    assert.deepEqual(stage.faults.all, []);
  },
);

testOnMakes(
  "what the application of a hub dispatches reaches all subscribers once",
  async (stage, [webSocket, iroh]) => {
    const one = await stage.linked(webSocket, { relay: false });
    const other = await stage.linked(iroh, { relay: false });
    const peers = [await one.peer(), await other.peer(), await other.peer()];
    const heard = peers.map((peer) => [
      payloadsOn(peer, "news:1"),
      payloadsOn(peer, "news"),
    ]);
    const hub = payloadsOn(other.hub, "news");
    for (const peer of peers) await peer.flush();
    one.hub.dispatchEvent(createEvent("news", "1", "from one"));
    other.hub.dispatchEvent(createEvent("news", "1", "from the other"));
    // Does not relay: it is for the application of its hub alone.
    peers[1]!.dispatchEvent(createEvent("news", "1", "from a peer"));
    await stage.settle();
    const all = ["from one", "from the other"];
    for (const [byId, byType] of heard) {
      assert.deepEqual(byId!.sort(), all);
      assert.deepEqual(byType!.sort(), all);
    }
    assert.deepEqual(hub, ["from a peer"]);
  },
);

testOnEngines(
  "a connection that subscribed to a topic and its type gets one message",
  async (stage) => {
    const one = await stage.linked(denoServer);
    const other = await stage.linked(wsServer);
    const peer = await one.raw("ann");
    await peer.subscribe("said:room");
    await peer.subscribe("said");
    await peer.subscribe("done");
    await peer.sendEnvelope("said", "room", "its own");
    assert.deepEqual(await peer.flush(), []);
    other.hub.dispatchEvent(createEvent("said", "room", 1));
    other.hub.dispatchEvent(createEvent("said", "", 2));
    other.hub.dispatchEvent(createEvent("said", "hall", 3));
    // Behind all that could come back.
    for (const { bridges } of [one, other]) await [...bridges][0]!.flush();
    await stage.engine.publish("done", foreign("done", "", 4));
    const got: unknown[] = [];
    while (got.at(-1) !== 4) {
      const { type, payload, ...rest } = JSON.parse(
        await peer.nextWith('"payload"'),
      );
      if (type.startsWith("__")) continue;
      assert.deepEqual(Object.keys(rest), ["id"]);
      got.push(payload);
    }
    assert.deepEqual(got, [1, 2, 3, 4]);
  },
);

testOnEngines(
  "several hubs on one bridge, and each event goes to the engine once",
  async (stage) => {
    const sites = [
      await stage.site(denoServer),
      await stage.site(number0),
      await stage.site(denoServer, { relay: false }),
    ];
    await stage.link(sites);
    const far = await stage.linked(wsServer);
    const peers = [];
    for (const site of [...sites, far]) peers.push(await site.peer());
    const heard = peers.map((peer) => payloadsOn(peer, "said:room"));
    await Promise.all(peers.map((peer) => peer.flush()));
    const onEngine = await stage.engine.watch();
    const everybody = [...peers, ...[...sites, far].map(({ hub }) => hub)];
    everybody.forEach((sayer, i) =>
      sayer.dispatchEvent(createEvent("said", "room", i))
    );
    await stage.settle();
    // The third peer is on a hub that does not relay.
    const all = [0, 1, 3, 4, 5, 6, 7];
    heard.forEach((payloads, i) =>
      assert.deepEqual(payloads.sort(), all.filter((one) => one !== i))
    );
    const said = onEngine.all
      .map((text) => JSON.parse(text))
      .filter(({ type }) => type === "said");
    assert.deepEqual(said.map(({ payload }) => payload).sort(), all);
  },
);

testOnEngines("two bridges of one hub bring each event once", async (stage) => {
  const near = await stage.site(denoServer);
  await stage.link(near);
  await stage.link(near);
  await doubled(stage, near, await stage.linked(wsServer));
});

testOnEngines(
  "two bridges on one target bring each event once",
  async (stage) => {
    const target = await stage.engine.target();
    const near = await stage.site(denoServer);
    await stage.link(near, { target });
    await stage.link(near, { target });
    await doubled(stage, near, await stage.linked(wsServer));
    // Who does not say whence it is, is told apart all the same.
    const peer = await near.peer();
    const heard = [payloadsOn(peer, "news"), payloadsOn(peer, "news:1")];
    await peer.flush();
    for (const n of [1, 2, 3]) {
      await stage.engine.publish("news:1", foreign("news", "1", n));
    }
    await stage.settle();
    for (const payloads of heard) assert.deepEqual(payloads, [1, 2, 3]);
  },
);

testOnBothEngines(
  "hubs that are linked by both get each event once",
  async (stage) => {
    const sites = [
      await stage.site(denoServer),
      await stage.site(number0),
    ] as const;
    for (const site of sites) {
      for (const engine of stage.engines) await stage.link(site, { engine });
    }
    await doubled(stage, ...sites);
    assert.deepEqual(stage.faults.all, []);
  },
);

/** Each event comes once, although there are several ways between two hubs. */
async function doubled(
  stage: BridgeStage,
  ...sites: readonly Site[]
): Promise<void> {
  const peers = [];
  for (const site of sites) peers.push(await site.peer(), await site.peer());
  const heard = peers.map((peer) => [
    payloadsOn(peer, "said:room"),
    payloadsOn(peer, "said"),
  ]);
  await Promise.all(peers.map((peer) => peer.flush()));
  const sayers = [...peers, ...sites.map(({ hub }) => hub)];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, sayer] of sayers.entries()) {
      sayer.dispatchEvent(createEvent("said", "room", i * ROUNDS + round));
    }
  }
  await stage.settle();
  const all = Array.from({ length: sayers.length * ROUNDS }, (_, i) => i);
  heard.forEach((lists, i) => {
    const others = all.filter((one) => Math.floor(one / ROUNDS) !== i);
    for (const payloads of lists) {
      assert.deepEqual(payloads.sort(ascending), others);
    }
  });
}

testOnMakes(
  "a peer that is on two hubs gets each event once on each connection",
  async (stage, [webSocket, iroh]) => {
    const near = await stage.linked(iroh);
    const far = await stage.linked(webSocket);
    const third = await stage.linked(iroh);
    const on = await stage.endpoint(iroh);
    const both = [
      await near.peer({ on }),
      await far.peer({ id: on.nodeId }),
      await third.peer({ on }),
    ];
    const topic = `direct:${on.nodeId}`;
    const stranger = await far.peer();
    const heard = [...both, stranger].map((peer) => [
      payloadsOn(peer, "said:room"),
      payloadsOn(peer, topic),
    ]);
    for (const peer of [...both, stranger]) await peer.flush();
    stranger.dispatchEvent(createEvent("said", "room", "by a stranger"));
    stranger.dispatchEvent(createEvent("direct", on.nodeId, "to you"));
    near.hub.dispatchEvent(createEvent("direct", on.nodeId, "by a hub"));
    both[0]!.dispatchEvent(createEvent("said", "room", "by itself"));
    await stage.settle();
    const strangers = ["by a stranger"];
    const direct = ["by a hub", "to you"];
    heard.forEach((lists) => lists.forEach((list) => list.sort()));
    assert.deepEqual(heard, [
      [strangers, direct],
      [["by a stranger", "by itself"], direct],
      [["by a stranger", "by itself"], direct],
      // Nobody else may listen to what is for one peer.
      [["by itself"], []],
    ]);
    assert.equal(await stage.engine.subscribed(topic), 3);
  },
);
