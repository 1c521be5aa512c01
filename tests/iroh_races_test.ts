// What happens between two events: closing while opening, calling back from a
// callback, ending in the middle of much data. On both bindings.

import assert from "node:assert/strict";
import { createEvent } from "../mod.ts";
import { createIrohHubEventTarget } from "../iroh_hub.ts";
import type { HubFault } from "../iroh_hub.ts";
import type { IrohSpokeEventTarget, SpokeStatus } from "../iroh_spoke.ts";
import { createIrohSpokeEventTarget } from "../iroh_spoke.ts";
import { RawPeer } from "./_raw_peer.ts";
import { testOnBindings } from "./_setting.ts";
import { envelopesOn, Log } from "./_waiting.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const AT_ONCE = { minDelay: 1, maxDelay: 20 };
const numbered = (i: number, size = 1000) =>
  createEvent("n", String(i), "x".repeat(size));

testOnBindings(
  "an open spoke may have any burst queued when the hub pings",
  async (setting) => {
    const hub = await setting.hub();
    const atHub = envelopesOn(hub, "n");
    const statuses: string[] = [];
    const spoke = await setting.spoke(hub.on, {
      backpressureLimit: 10_000,
      onStatus: ({ type }) => statuses.push(type),
    });
    for (let i = 0; i < 1000; i++) spoke.dispatchEvent(numbered(i));
    assert(spoke.bufferedBytes > 10_000);
    await hub.flush();
    await spoke.flush();
    assert.equal(atHub.all.length, 1000);
    assert.deepEqual(statuses, ["connecting", "open"]);
  },
);

testOnBindings(
  "liveness waits for what is on its way",
  async (setting) => {
    const impatient = { pingInterval: 30, pingTimeout: 150 };
    const hub = await setting.hub({ pingInterval: 0 });
    const atHub = envelopesOn(hub, "n");
    const statuses: string[] = [];
    const spoke = await setting.spoke(hub.on, {
      ...impatient,
      onStatus: ({ type }) => statuses.push(type),
    });
    for (let i = 0; i < 12_000; i++) spoke.dispatchEvent(numbered(i));
    await spoke.flush();
    assert.equal(atHub.all.length, 12_000);
    await spoke.close();
    assert.deepEqual(statuses, ["connecting", "open", "closed"]);
  },
);

testOnBindings("close waits for what is on its way", async (setting) => {
  const hub = await setting.hub();
  const atHub = envelopesOn(hub, "n");
  const statuses: string[] = [];
  const spoke = await setting.spoke(hub.on, {
    pingTimeout: 150,
    onStatus: ({ type }) => statuses.push(type),
  });
  for (let i = 0; i < 8000; i++) spoke.dispatchEvent(numbered(i));
  await spoke.close();
  assert.equal(atHub.all.length, 8000);
  assert.deepEqual(statuses, ["connecting", "open", "closed"]);
});

testOnBindings("a close that nobody confirms says so", async (setting) => {
  const endpoint = await setting.endpoint();
  const accepted = RawPeer.accept(endpoint.endpoint);
  const statuses: SpokeStatus[] = [];
  const connected = setting.spoke(endpoint, {
    pingTimeout: 50,
    onStatus: (status) => statuses.push(status),
  });
  const peer = await accepted;
  await peer.nextWith("__ping");
  const spoke = await connected;
  spoke.dispatchEvent(numbered(1));
  await spoke.close();
  const [fault] = statuses.filter(({ type }) => type === "error");
  assert(fault?.type === "error");
  assert.match(String(fault.error), /Cannot confirm what was sent last/);
});

testOnBindings(
  "what a lost connection was not given is sent on the next",
  async (setting) => {
    const endpoint = await setting.endpoint();
    const accepted = RawPeer.accept(endpoint.endpoint);
    const statuses = new Log<SpokeStatus>();
    const connected = setting.spoke(endpoint, {
      reconnect: AT_ONCE,
      backpressureLimit: 64 * 1024 * 1024,
      onStatus: statuses.add,
    });
    const peer = await accepted;
    await peer.nextWith("__ping");
    const spoke = await connected;
    const count = 8000;
    for (let i = 0; i < count; i++) spoke.dispatchEvent(numbered(i));
    // The peer reads no more: QUIC's window fills and the outbox stands still.
    for (let before = -1; before !== spoke.bufferedBytes;) {
      before = spoke.bufferedBytes;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const waiting = spoke.bufferedBytes;
    assert(waiting > count * 500, `${waiting} bytes wait`);
    peer.close(1001);
    await statuses.find(({ type }) => type === "reconnecting");
    const hub = await setting.hub({ on: endpoint });
    const atHub = envelopesOn(hub, "n");
    await spoke.flush();
    const ids = atHub.all.map(({ id }) => Number(id));
    const first = count - ids.length;
    assert.deepEqual(ids, Array.from(ids, (_, i) => first + i));
    // One slice was on its way, and at most a frame at each of its ends.
    assert(ids.length * 1045 > waiting - 260 * 1024, `${ids.length} came`);
  },
);

testOnBindings(
  "closing an old hub again leaves its successor",
  async (setting) => {
    const on = await setting.endpoint();
    const old = await setting.hub({ on });
    await old.close();
    const next = await setting.hub({ on });
    await old.close();
    const spoke = await setting.spoke(on);
    await spoke.flush();
    assert.equal(next.connections.size, 1);
  },
);

testOnBindings("callbacks may flush, reconnect and close", async (setting) => {
  const hub = await setting.hub();
  const results: string[] = [];
  let opened = 0;
  const ended = new Log<string>();
  const spoke: IrohSpokeEventTarget = await setting.spoke(hub.on, {
    reconnect: AT_ONCE,
    onStatus: ({ type }) => {
      if (type === "open" && ++opened === 2) {
        const told = (what: string) => (error?: unknown) => {
          results.push(error ? `${what} ${error}` : what);
          ended.add(what);
        };
        spoke.reconnect().then(told("reconnected"), told("not reconnected"));
        spoke.flush().then(told("flushed"), told("not flushed"));
      }
    },
  });
  await spoke.reconnect();
  await ended.count(2);
  await spoke.flush();
  assert.equal(opened, 3);
  assert.deepEqual(results.sort(), ["flushed", "reconnected"]);

  const statuses = new Log<SpokeStatus>();
  const closing: IrohSpokeEventTarget = await setting.spoke(hub.on, {
    reconnect: false,
    onStatus: (status) => {
      statuses.add(status);
      if (status.type === "error") {
        queueMicrotask(() => closing.flush().catch(() => {}));
      }
    },
  });
  closing.addEventListener("boom", () => {
    throw new Error("a fault to be told");
  });
  await closing.flush();
  hub.dispatchEvent(createEvent("boom", "", null));
  await hub.flush();
  await closing.close();
});

testOnBindings(
  "a flush that meets a terminal fault rejects",
  async (setting) => {
    const endpoint = await setting.endpoint();
    const accepted = RawPeer.accept(endpoint.endpoint);
    const flushed = new Log<string>();
    const connected: Promise<IrohSpokeEventTarget> = setting.spoke(endpoint, {
      onStatus: ({ type }) => {
        if (type !== "error") return;
        queueMicrotask(async () => {
          const error = await (await connected).flush().catch((error) => error);
          flushed.add(String(error));
        });
      },
    });
    const peer = await accepted;
    await peer.nextWith("__ping");
    await connected;
    await peer.send("rubbish");
    await flushed.count(1);
    assert.match(flushed.all[0]!, /EnvelopeError|ClosedError/);
  },
);

testOnBindings(
  "aborting at any moment leaves nothing behind",
  async (setting) => {
    const hub = await setting.hub();
    const on = await setting.endpoint();
    for (let turns = 0; turns < 12; turns++) {
      const controller = new AbortController();
      const types: string[] = [];
      const dialling = createIrohSpokeEventTarget({
        endpoint: on.endpoint,
        hubNodeId: hub.on.address,
        signal: controller.signal,
        onStatus: ({ type }) => types.push(type),
      }).then(async (spoke) => {
        await spoke.closed;
      }, () => {});
      for (let i = 0; i < turns; i++) await turn();
      controller.abort();
      await dialling;
      assert.equal(types.at(-1), "closed");
      assert(types.indexOf("open") < types.indexOf("closed"));
    }
    // Whoever comes last sees the others gone.
    const spoke = await setting.spoke(hub.on);
    for (let i = 0; hub.connections.size > 1 && i < 1000; i++) await turn();
    await spoke.flush();
    assert.equal(hub.connections.size, 1);
  },
);

testOnBindings(
  "a topic that no frame can carry is refused",
  async (setting) => {
    const on = await setting.endpoint();
    const hub = await setting.hub({ on });
    const statuses = new Log<SpokeStatus>();
    const spoke = await setting.spoke(on, {
      reconnect: AT_ONCE,
      maxFrameBytes: 200,
      onStatus: statuses.add,
    });
    const huge = "t".repeat(200);
    const add = () => spoke.addEventListener(huge, () => {});
    assert.throws(add, { name: "FrameError" });
    await hub.close();
    await statuses.find(({ type }) => type === "reconnecting");
    assert.throws(add, { name: "FrameError" }, "offline too");
    await setting.hub({ on });
    await spoke.flush();
    assert.equal(spoke.state, "open");
  },
);

testOnBindings("a connection's close checks its code", async (setting) => {
  const hub = await setting.hub();
  const spoke = await setting.spoke(hub.on);
  const [connection] = hub.connections;
  for (const code of [1.5, -1, 999, 5000, NaN]) {
    await assert.rejects(connection!.close(code), { name: "RangeError" });
  }
  await connection!.close(4000, "mine");
  assert.notEqual(spoke.state, "closed", "not terminal: it comes back");
});

testOnBindings("a hook that never answers holds no place", async (setting) => {
  const faults = new Log<HubFault>();
  let holds = true;
  const hub = await setting.hub({
    maxConnections: 1,
    handshakeTimeout: 100,
    onError: faults.add,
    authorizeConnection: () => holds ? new Promise(() => {}) : true,
  });
  await assert.rejects(setting.spoke(hub.on, { connectTimeout: 1000 }), {
    name: "ConnectError",
  });
  assert.match(String(faults.all[0]!.error), /not authorized in 100 ms/);
  holds = false;
  const spoke = await setting.spoke(hub.on);
  await spoke.flush();
});

testOnBindings(
  "nothing is published for one who was put out",
  async (setting) => {
    const asked = new Log<() => void>();
    const hub = await setting.hub({
      authorizePublish: () =>
        new Promise<boolean>((resolve) => asked.add(() => resolve(true))),
    });
    const atHub = envelopesOn(hub, "n");
    const spoke = await setting.spoke(hub.on, { pingTimeout: 100 });
    spoke.dispatchEvent(numbered(1));
    const [allow] = await asked.count(1);
    const [connection] = hub.connections;
    await spoke.close();
    for (let i = 0; hub.connections.size > 0 && i < 1000; i++) await turn();
    assert(!hub.connections.has(connection!));
    allow!();
    await turn();
    assert.equal(atHub.all.length, 0);
  },
);

testOnBindings("closing the endpoint ends hub and spoke", async (setting) => {
  const [at, on] = [await setting.endpoint(), await setting.endpoint()];
  const hub = await setting.hub({ on: at });
  const spoke = await setting.spoke(at, { on, reconnect: AT_ONCE });
  await Promise.all([at.close(), on.close()]);
  assert.match(String(await hub.closed), /the endpoint is closed/);
  assert.match(String(await spoke.closed), /the endpoint is closed/);
  await assert.rejects(
    createIrohHubEventTarget({ endpoint: at.endpoint }),
    { name: "TypeError", message: /the endpoint is closed/ },
  );
});

testOnBindings(
  "a hub that closes reports nobody it turned away",
  async (setting) => {
    const faults: HubFault[] = [];
    const hub = await setting.hub({
      onError: (fault) => faults.push(fault),
      authorizeConnection: () => new Promise(() => {}),
    });
    const dialling = setting.spoke(hub.on, { connectTimeout: 2000 })
      .catch(() => {});
    await turn();
    await hub.close();
    await dialling;
    assert.deepEqual(faults, []);
  },
);
