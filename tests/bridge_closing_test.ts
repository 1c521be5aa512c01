// What ends with a bridge, and what goes on.

import assert from "node:assert/strict";
import { bridge, type BridgeFault } from "../bridge.ts";
import { ClosedError, createEvent, PublishError } from "../mod.ts";
import { createInProcessEventTarget } from "../in_process.ts";
import { createWebSocketServerEventTarget } from "../websocket_server.ts";
import { testOnBothEngines, testOnEngines, testOnMakes } from "./_bridges.ts";
import { testOnNats } from "./_nats.ts";
import { takeTimers } from "./_timers.ts";
import { envelopesOn, Log, payloadsOn } from "./_waiting.ts";
import { denoServer, wsServer } from "./_websocket.ts";

Deno.test.sanitizer({ ops: true, resources: true });

testOnMakes(
  "hub and engine go on without their bridge",
  async (stage, [webSocket, iroh]) => {
    const target = await stage.engine.target();
    const near = await stage.site(iroh);
    const far = await stage.linked(webSocket);
    const link = await stage.link(near, { target });
    const [ann, bob, cid] = [
      await near.peer(),
      await near.peer(),
      await far.peer(),
    ];
    const bobs = envelopesOn(bob, "said:room");
    const cids = payloadsOn(cid, "said:room");
    const targets = envelopesOn(target, "said");
    for (const peer of [bob, cid]) await peer.flush();
    const farBridge = [...far.bridges][0]!;
    const ids = await farBridge.subscribers("said:room", { timeout: 300 });
    assert.ok(ids.includes(cid.id));

    const closing = link.close();
    assert.equal(link.close(), closing);
    await link[Symbol.asyncDispose]();
    near.bridges.delete(link);
    near.targets.delete(target);
    await assert.rejects(link.subscribers("said:room"), ClosedError);
    // The far hub alone; the target itself listens to the type.
    assert.equal(await stage.engine.subscribed("said:room"), 1);
    assert.deepEqual(
      await farBridge.subscribers("said:room", { timeout: 300 }),
      [cid.id],
    );
    ann.dispatchEvent(createEvent("said", "room", "here alone"));
    cid.dispatchEvent(createEvent("said", "room", "there"));
    await bobs.count(1);
    target.dispatchEvent(createEvent("said", "room", "by the target"));
    await targets.count(2);
    await stage.settle();
    assert.deepEqual(bobs.all.map(({ payload }) => payload), ["here alone"]);
    assert.deepEqual(cids, ["by the target"]);
    assert.deepEqual(
      targets.all.map(({ payload }) => payload).sort(),
      ["by the target", "there"],
    );
    assert.deepEqual(stage.faults.all, []);
    assert.equal(link.lost, 0);
  },
);

testOnMakes(
  "a hub that closes before its bridge takes its interest along",
  async (stage, [webSocket, iroh]) => {
    const near = await stage.site(iroh);
    const beside = await stage.site(webSocket);
    const far = await stage.linked(webSocket);
    const link = await stage.link([near, beside]);
    const gone = await near.peer({ settles: false });
    const [ann, bob] = [await beside.peer(), await far.peer()];
    const heard = [ann, bob].map((peer) => payloadsOn(peer, "said:room"));
    gone.addEventListener("said:hall", () => {});
    for (const peer of [gone, ann, bob]) await peer.flush();
    assert.equal(await stage.engine.subscribed("said:hall"), 1);
    await near.hub.close();
    await link.flush();
    assert.equal(await stage.engine.subscribed("said:hall"), 0);
    ann.dispatchEvent(createEvent("said", "room", "by ann"));
    bob.dispatchEvent(createEvent("said", "room", "by bob"));
    await stage.settle();
    assert.deepEqual(heard, [["by bob"], ["by ann"]]);
    await link.close();
    assert.deepEqual(stage.faults.all, []);
  },
);

testOnEngines(
  "a hub goes on when the engine's target is closed, and what is lost is told",
  async (stage) => {
    const target = await stage.engine.target();
    const near = await stage.site(denoServer);
    const link = await stage.link(near, { target });
    const [ann, bob] = [
      await near.peer({ settles: false }),
      await near.peer({ settles: false }),
    ];
    const heard = envelopesOn(bob, "said:room");
    await bob.flush();
    await target.close();
    for (let i = 0; i < 10; i++) {
      ann.dispatchEvent(createEvent("said", "room", i));
    }
    await heard.count(10);
    await ann.flush();
    await stage.faults.count(1);
    assert.ok(stage.faults.all[0]!.error instanceof PublishError);
    assert.equal(link.lost, 10);
    // What connections do from now on is no fault.
    bob.addEventListener("said:hall", () => {});
    await bob.flush();
    await assert.rejects(link.subscribers("said:hall"), ClosedError);
    assert.deepEqual(near.hub.subscribers("said:hall"), [bob.id]);
    await bob.close();
    await stage.left.count(1);
    await assert.rejects(link.flush(), ClosedError);
    await link.close();
    assert.equal(stage.lost, 10);
    assert.equal(link.lost, 10);
  },
);

testOnEngines(
  "a bridge that closes at once leaves nothing behind",
  async (stage) => {
    const far = await stage.linked(wsServer);
    const near = await stage.site(denoServer);
    const target = await stage.engine.target();
    for (let i = 0; i < 20; i++) {
      const link = bridge({ hub: near.hub, engine: target });
      await link.close();
    }
    await target.flush();
    const [link] = [...far.bridges];
    await link!.subscribers("said", { timeout: 300 });
    assert.deepEqual(stage.faults.all, []);
    assert.equal(await stage.engine.subscriptions(), 0);
  },
);

testOnBothEngines(
  "what is no hub and what is no engine cannot be linked",
  async (stage) => {
    const { hub } = await stage.site(denoServer);
    const engines = await Promise.all(
      stage.engines.map((engine) => engine.target()),
    );
    const [engine] = engines;
    const wrong: [unknown, RegExp][] = [
      [{ engine }, /Cannot use hub: undefined was made neither/],
      [{ hub: null, engine }, /Cannot use hub: null was made neither/],
      [{ hub: {}, engine }, /Cannot use hub: .* was made neither/],
      [{ hub: engine, engine }, /Cannot use hub/],
      [{ hub: [], engine }, /Cannot use hub: there is none/],
      [{ hub: [hub, undefined], engine }, /Cannot use hub: undefined/],
      [{ hub }, /Cannot use engine: undefined was made neither/],
      [{ hub, engine: hub }, /Cannot use engine/],
      [{ hub, engine: createInProcessEventTarget() }, /Cannot use engine/],
      [{ hub, engine: engines }, /Cannot use engine/],
      [{ hub, engine, onError: 1 }, /Cannot use onError/],
    ];
    for (const [args, message] of wrong) {
      const make = () => bridge(args as Parameters<typeof bridge>[0]);
      assert.throws(make, { name: "TypeError", message });
    }
    for (const args of [[], [null], [{}]]) {
      assert.throws(() => Reflect.apply(bridge, undefined, args), {
        name: "TypeError",
        message: /^Cannot use engine: undefined was made neither/,
      });
    }
    // What was refused listens to nothing and says nothing.
    const site = await stage.linked(denoServer);
    const peer = await site.peer({ settles: false });
    await peer.flush();
    for (const target of engines) {
      await target.close();
      assert.throws(() => bridge({ hub, engine: target }), ClosedError);
    }
  },
);

testOnNats("a bridge that cannot be made leaves nothing", async (setting) => {
  // With the names of bridges it is too long for a subject.
  const subjectPrefix = "p".repeat(3985);
  const { target: engine, faults } = await setting.party({ subjectPrefix });
  const { target: other } = await setting.party({ subjectPrefix });
  const heard = envelopesOn(other, "n");
  await other.flush();
  await using hub = createWebSocketServerEventTarget();
  assert.throws(() => bridge({ hub, engine }), RangeError);
  hub.dispatchEvent(createEvent("n", "", "by the hub"));
  engine.dispatchEvent(createEvent("n", "", "by the target"));
  const [first] = await heard.count(1);
  assert.equal(first!.payload, "by the target");
  const subjects = await setting.subscriptions();
  assert.ok(subjects.some((subject) => subject.startsWith(subjectPrefix)));
  assert.ok(!subjects.some((subject) => subject.includes("__bridge")));
  await engine.close();
  assert.equal(await engine.closed, undefined);
  assert.deepEqual(faults.all, []);
});

testOnEngines("a hub that is given twice is linked once", async (stage) => {
  const near = await stage.site(denoServer);
  const far = await stage.linked(wsServer);
  await stage.link([near, near]);
  const peers = [await near.peer(), await far.peer()];
  const heard = peers.map((peer) => payloadsOn(peer, "said"));
  for (const peer of peers) await peer.flush();
  near.hub.dispatchEvent(createEvent("said", "1", 1));
  far.hub.dispatchEvent(createEvent("said", "2", 2));
  await stage.settle();
  assert.deepEqual(heard.map((payloads) => payloads.sort()), [[1, 2], [1, 2]]);
});

testOnEngines("what onError throws stops nothing", async (stage) => {
  const target = await stage.engine.target();
  const near = await stage.site(denoServer);
  const told = new Log<BridgeFault>();
  await using link = bridge({
    hub: near.hub,
    engine: target,
    onError(fault) {
      told.add(fault);
      throw new Error("by onError");
    },
  });
  const uncaught = new Log<string>();
  const onUncaught = (event: ErrorEvent) => {
    event.preventDefault();
    uncaught.add(event.message);
  };
  addEventListener("error", onUncaught);
  await target.close();
  near.hub.dispatchEvent(createEvent("said", "", 1));
  await told.count(1);
  assert.match(await uncaught.find(() => true), /by onError/);
  removeEventListener("error", onUncaught);
  assert.equal(link.lost, 1);
});

testOnEngines("who asks a bridge that is closing is told", async (stage) => {
  const near = await stage.linked(denoServer);
  const far = await stage.linked(denoServer);
  const [asked] = [...near.bridges];
  await asked!.subscribers("said"); // They know each other.
  stage.engine.server.pause();
  const asking = assert.rejects(asked!.subscribers("said"), ClosedError);
  const closing = asked!.close();
  await asking;
  stage.engine.server.resume();
  await closing;
  await far.hub.close();
});

testOnEngines(
  "a bridge tells of an engine that does not answer it",
  async (stage) => {
    const near = await stage.linked(denoServer);
    const [link] = [...near.bridges];
    {
      using timers = takeTimers(5_000);
      stage.engine.server.pause();
      near.hub.dispatchEvent(createEvent("said", "", 1));
      const closing = link!.close();
      while (timers.pending === 0) await Promise.resolve();
      timers.runOut();
      await closing;
    }
    const { error } = await stage.faults.find(() => true);
    assert.match(
      String(error),
      /what was sent last: the server did not answer/,
    );
    stage.engine.server.resume();
  },
);
