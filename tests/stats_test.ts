// What hubs and spokes count, and what those are told who look at a hub.

import assert from "node:assert/strict";
import { Hub } from "../_hub.ts";
import type { HubObserver } from "../_hub_observer.ts";
import { createEvent, createInProcessEventTarget } from "../mod.ts";
import type { HubConnection } from "../websocket_server.ts";
import { connectionOf, testOnHubs } from "./_hubs.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const sizeOf = (envelope: unknown) =>
  new TextEncoder().encode(JSON.stringify(envelope)).length;

testOnHubs("stats of a hub add up those of its connections", async (stage) => {
  const left = new Log<HubConnection>();
  const hub = await stage.hub({ relay: true, onDisconnection: left.add });
  const [ann, bob, cyd] = [
    await stage.peer(),
    await stage.peer(),
    await stage.peer(),
  ];
  for (const peer of [ann, bob]) {
    envelopesOn(peer, "a");
    envelopesOn(peer, "b:1");
    await peer.flush();
  }
  const event = createEvent("a", "é", "ü");
  const bytes = sizeOf(event.detail);
  cyd.dispatchEvent(event); // to two
  ann.dispatchEvent(event); // to one
  await Promise.all([ann.flush(), cyd.flush()]);
  hub.dispatchEvent(event); // to two
  hub.dispatchEvent(createEvent("nobody.listens", "", null));
  await hub.flush();

  assert.deepEqual(hub.stats(), {
    sentEvents: 5,
    sentBytes: 5 * bytes,
    receivedEvents: 2,
    receivedBytes: 2 * bytes,
    bufferedBytes: 0,
    reconnects: 0,
    rtt: undefined,
    connections: 3,
    topics: 2,
    subscriptions: 4,
    accepted: 3,
    slowConsumers: 0,
    faults: 0,
  });
  const { rtt, ...rest } = connectionOf(hub, ann).stats();
  assert(rtt! >= 0);
  assert.deepEqual(rest, {
    sentEvents: 2,
    sentBytes: 2 * bytes,
    receivedEvents: 1,
    receivedBytes: bytes,
    bufferedBytes: 0,
    reconnects: 0,
  });
  const atAnn = ann.stats();
  assert.deepEqual([atAnn.sentEvents, atAnn.receivedEvents], [1, 2]);

  const copy = hub.stats();
  await bob.close();
  await left.count(1);
  const { connections, topics, subscriptions, accepted } = hub.stats();
  assert.deepEqual([connections, topics, subscriptions, accepted], [
    2,
    2,
    2,
    3,
  ]);
  assert.equal(copy.connections, 3, "a copy");
});

testOnHubs("stats of a spoke go on through reconnects", async (stage) => {
  const hub = await stage.hub();
  const spoke = await stage.peer({ reconnect: { minDelay: 1, maxDelay: 10 } });
  assert.equal(spoke.stats().reconnects, 0);
  spoke.dispatchEvent(createEvent("a", "", 1));
  await spoke.flush();
  await spoke.reconnect();
  spoke.dispatchEvent(createEvent("a", "", 2));
  await spoke.flush();
  const { reconnects, sentEvents } = spoke.stats();
  assert.deepEqual([reconnects, sentEvents], [1, 2]);
  assert.equal(hub.stats().accepted, 2);
  assert.equal(hub.stats().receivedEvents, 2);
});

testOnHubs(
  "who looks at a hub is told of all, until it ends",
  async (stage) => {
    const hub = await stage.hub({ relay: true });
    const told = new Log<string>();
    const observer: HubObserver = {
      onEvent: ({ type, id }, bytes, from, receivers) =>
        told.add(
          `${type}:${id} ${bytes} ${
            typeof from === "string" ? from : from.id
          } ${receivers}`,
        ),
      onConnection: ({ id }) => told.add(`+${id}`),
      onDisconnection: ({ id }, { code }) => told.add(`-${id} ${code}`),
      onBackpressure: ({ connection, topic }) =>
        told.add(`slow ${connection.id} ${topic}`),
      onFault: ({ error }) => told.add(String(error)),
    };
    const stop = Hub.observe(hub, observer);
    const ann = await stage.peer();
    const bob = await stage.peer();
    envelopesOn(bob, "a");
    envelopesOn(bob, "direct:somebody");
    await bob.flush();
    const event = createEvent("a", "1", "x");
    ann.dispatchEvent(event);
    await ann.flush();
    hub.dispatchEvent(event);
    await bob.close();
    const bytes = sizeOf(event.detail);
    await told.find((text) => text.startsWith("-"));
    assert.deepEqual(told.all, [
      `+${ann.id}`,
      `+${bob.id}`,
      `RefusedError: Cannot subscribe ${bob.id} to direct:somebody: it addresses another peer`,
      `a:1 ${bytes} ${ann.id} 1`,
      `a:1 ${bytes} application 1`,
      `-${bob.id} 1000`,
    ]);
    stop();
    stop();
    hub.dispatchEvent(event);
    assert.equal(told.all.length, 6);
  },
);

testOnHubs(
  "a hub counts who does not read, and what is refused",
  async (stage) => {
    const hub = await stage.hub({ backpressureLimit: 1000 });
    const peer = await stage.peer();
    envelopesOn(peer, "a");
    await peer.flush();
    const left = new Promise<void>((resolve) =>
      Hub.observe(hub, {
        onEvent() {},
        onConnection() {},
        onDisconnection: () => resolve(),
        onBackpressure() {},
        onFault() {},
      })
    );
    hub.dispatchEvent(createEvent("a", "", "x".repeat(2000)));
    await left;
    const { slowConsumers, sentEvents, connections } = hub.stats();
    assert.deepEqual([slowConsumers, sentEvents, connections], [1, 0, 0]);
    await peer.close();
  },
);

testOnHubs("a busy connection is timed, too", async (stage) => {
  const hub = await stage.hub({ pingInterval: 20 });
  const peer = await stage.peer({ pingInterval: 20 });
  const before = peer.stats().rtt;
  // Never idle, until both have been timed anew.
  while (
    peer.stats().rtt === before ||
    connectionOf(hub, peer).stats().rtt === undefined
  ) {
    peer.dispatchEvent(createEvent("a", "", null));
    hub.dispatchEvent(createEvent("direct", peer.id, null));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(peer.state, "open");
});

testOnHubs(
  "a listener that throws is a fault, whoever takes it",
  async (stage) => {
    const hub = await stage.hub();
    const reported = new Log<unknown>();
    const onUncaught = (event: ErrorEvent) => {
      event.preventDefault();
      reported.add(event.error);
    };
    addEventListener("error", onUncaught);
    const boom = new Error("boom");
    hub.addEventListener("a", () => {
      throw boom;
    });
    const peer = await stage.peer();
    peer.dispatchEvent(createEvent("a", "", null));
    await peer.flush();
    removeEventListener("error", onUncaught);
    assert.deepEqual(reported.all, [boom]);
    assert.equal(hub.stats().faults, 1);
  },
);

Deno.test("only hubs of this library can be looked at", () => {
  const observer = {} as HubObserver;
  for (const hub of [{}, null, createInProcessEventTarget()]) {
    assert.throws(
      () => Hub.observe(hub, observer),
      /TypeError: Cannot use hub: .* was made neither by/,
    );
  }
});
