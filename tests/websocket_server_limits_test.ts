// What a hub keeps in bounds: who may connect, subscribe and publish, how much,
// how long, and how much may wait for a peer that does not read.

import assert from "node:assert/strict";
import { createEvent, FrameError } from "../mod.ts";
import type {
  Backpressure,
  HubConnection,
  HubFault,
} from "../websocket_server.ts";
import { testOnDeno, testOnServers } from "./_websocket.ts";
import { envelopesOn, Log } from "./_waiting.ts";

// Off by default in Deno 2.9; without them a socket left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

/** A question of the hub that the test answers when it likes. */
type Answer = (allowed: boolean) => void;

testOnServers(
  "a peer that does not read is closed with 1013, nobody else",
  async (setting) => {
    const pressures = new Log<Backpressure>();
    const ended = new Log<string>();
    const hub = await setting.hub({
      backpressureLimit: 64 * 1024,
      onBackpressure: pressures.add,
      onDisconnection: ({ id }, { code, reason }) =>
        ended.add(`${id} ${code} ${reason}`),
    });
    const client = await setting.client(`${hub.url}/reader`);
    const atClient = envelopesOn(client, "tick");
    const slow = await setting.rawPeer(`${hub.url}/slow`);
    await slow.subscribe("tick");
    await client.flush();

    // From here on `slow` reads nothing: buffers of the system fill, then ours.
    const payload = "x".repeat(16 * 1024);
    let sent = 0;
    while (pressures.all.length === 0) {
      assert(sent < 5000, "the hub took all for a peer that does not read");
      hub.dispatchEvent(createEvent("tick", String(sent), payload));
      sent++;
      await atClient.count(sent);
    }
    hub.dispatchEvent(createEvent("tick", String(sent), payload));
    await atClient.count(sent + 1);
    assert.deepEqual(await ended.count(1), ["slow 1013 slow consumer"]);
    assert.equal(pressures.all.length, 1, "told once");
    const { connection, bufferedBytes, limit, topic } = pressures.all[0]!;
    assert.equal(connection.id, "slow");
    assert.equal(limit, 64 * 1024);
    assert.equal(topic, `tick:${sent - 1}`);
    assert(bufferedBytes <= limit && bufferedBytes + payload.length > limit);
    assert.deepEqual([...hub.connections].map(({ id }) => id), ["reader"]);
    assert.deepEqual(
      atClient.all.map(({ id }) => id),
      Array.from({ length: sent + 1 }, (_, i) => String(i)),
    );
    assert.deepEqual(await slow.closed(), {
      code: 1013,
      reason: "slow consumer",
    });
  },
);

testOnServers(
  "onBackpressure may publish, and the others hear it",
  async (setting) => {
    const slow: string[] = [];
    const hub = await setting.hub({
      backpressureLimit: 1000,
      onBackpressure: ({ connection: { id } }) => {
        slow.push(id);
        hub.dispatchEvent(createEvent("big", "", `${id} is too slow`));
      },
    });
    const [alice, bob] = [
      await setting.rawPeer(`${hub.url}/alice`),
      await setting.rawPeer(`${hub.url}/bob`),
    ];
    await alice.subscribe("big:1");
    await bob.subscribe("big");
    // Over the limit by itself, for whoever it is.
    hub.dispatchEvent(createEvent("big", "1", "x".repeat(1000)));
    assert.match((await bob.nextText())!, /alice is too slow/);
    for (const peer of [alice, bob]) {
      assert.equal((await peer.closed())?.code, 1013);
    }
    assert.deepEqual(slow, ["alice", "bob"]);
  },
);

testOnServers(
  "a peer that pings and reads nothing is closed with 1013",
  async (setting) => {
    const told = new Log<string>();
    const hub = await setting.hub({
      backpressureLimit: 128 * 1024,
      onBackpressure: ({ topic }) => told.add(topic),
      onDisconnection: (_connection, { code }) => told.add(String(code)),
    });
    const peer = await setting.rawPeer(hub.url);
    const id = "x".repeat(60_000);
    for (let i = 0; told.all.length === 0; i++) {
      assert(i < 2000, "the hub took pongs for a peer that does not read");
      // The hub may be gone in the middle of one.
      await peer.sendEnvelope("__ping", id, null).catch(() => {});
    }
    assert.deepEqual(await told.count(2), ["__pong", "1013"]);
  },
);

testOnServers("authorizeConnection decides who is let in", async (setting) => {
  const faults = new Log<HubFault>();
  const came: string[] = [];
  const boom = new Error("unknown peer");
  const hooks: Record<string, () => unknown> = {
    yes: () => true,
    later: () => Promise.resolve().then(() => true),
    no: () => false,
    "no-later": () => Promise.resolve(false),
    truthy: () => "yes",
    throws: () => {
      throw boom;
    },
    rejects: () => Promise.reject(boom),
  };
  const hub = await setting.hub({
    onError: faults.add,
    onConnection: ({ id }) => came.push(id),
    authorizeConnection: ({ id, topics, bufferedBytes }) => {
      assert.deepEqual([topics.size, bufferedBytes], [0, 0]);
      return hooks[id]!() as boolean;
    },
  });
  for (const id of Object.keys(hooks)) {
    const peer = await setting.rawPeer(`${hub.url}/${id}`);
    if (id === "yes" || id === "later") {
      await peer.flush();
      continue;
    }
    assert.deepEqual(
      await peer.closed(),
      { code: 1008, reason: "connection refused" },
      id,
    );
    const { error } = await faults.find((one) => one.connection?.id === id);
    assert.equal(
      String(error),
      `RefusedError: Cannot accept connection of ${id}: authorizeConnection refused it`,
    );
    const throws = id === "throws" || id === "rejects";
    assert.equal((error as Error).cause, throws ? boom : undefined);
  }
  assert.deepEqual(came, ["yes", "later"]);
  assert.deepEqual([...hub.connections].map(({ id }) => id), came);
  assert.equal(faults.all.length, 5);
});

testOnServers(
  "what comes while a peer is authorized is not lost",
  async (setting) => {
    const asked = new Log<Answer>();
    const hub = await setting.hub({
      authorizeConnection: () => new Promise((resolve) => asked.add(resolve)),
    });
    const atHub = envelopesOn(hub, "n");
    const peer = await setting.rawPeer(hub.url);
    const [answer] = await asked.count(1);
    const socket = hub.sockets.all[0]!;
    const arrived = new Log<unknown>();
    socket.addEventListener("message", arrived.add);
    const ids = Array.from({ length: 50 }, (_, i) => String(i));
    await peer.sendEnvelope("__subscribe", "", { topic: "a" });
    for (const id of ids) await peer.sendEnvelope("n", id, null);
    await arrived.count(51);
    assert.deepEqual([hub.connections.size, atHub.all.length], [0, 0]);
    answer!(true);
    await peer.flush();
    assert.deepEqual(atHub.all.map(({ id }) => id), ids);
    hub.dispatchEvent(createEvent("a", "", "hello"));
    await peer.nextWith("hello");
  },
);

testOnServers(
  "too much while a peer is authorized closes with 1013",
  async (setting) => {
    const asked = new Log<Answer>();
    const told: unknown[] = [];
    const faults: unknown[] = [];
    const hub = await setting.hub({
      maxFrameBytes: 1000,
      backpressureLimit: 1000,
      // What a client that comes back subscribes to at once fits, too.
      maxTopicsPerConnection: 1,
      maxTopicLength: 100,
      onError: ({ error }) => faults.push(error),
      authorizeConnection: () => new Promise((resolve) => asked.add(resolve)),
      onConnection: (connection) => told.push(connection),
    });
    const atHub = envelopesOn(hub, "n");
    const peer = await setting.rawPeer(hub.url);
    const [answer] = await asked.count(1);
    for (let i = 0; i < 3; i++) {
      await peer.sendEnvelope("n", "", "x".repeat(400));
    }
    assert.deepEqual(await peer.closed(), {
      code: 1013,
      reason: "too much at once",
    });
    assert.match(String(faults), /^RefusedError: .* bytes wait for a hook$/);
    answer!(true);
    const other = await setting.rawPeer(hub.url);
    (await asked.count(2))[1]!(true);
    await other.flush();
    assert.equal(told.length, 1, "only the other one");
    assert.equal(atHub.all.length, 0);
  },
);

testOnServers("authorizeSubscribe drops a subscription", async (setting) => {
  const faults = new Log<string>();
  const hub = await setting.hub({
    onError: ({ error, topic, connection }) =>
      faults.add(`${connection!.id} ${topic}: ${error}`),
    authorizeSubscribe: async ({ connection, topic }) => {
      assert.equal(connection.id, "alice");
      await Promise.resolve();
      if (topic === "throws") throw new Error("oops");
      return topic !== "secret";
    },
  });
  const peer = await setting.rawPeer(`${hub.url}/alice`);
  for (const topic of ["secret", "throws", "allowed"]) {
    await peer.subscribe(topic);
  }
  const [connection] = hub.connections;
  assert.deepEqual([...connection!.topics], ["allowed"]);
  for (const type of ["secret", "throws", "allowed"]) {
    hub.dispatchEvent(createEvent(type, "", null));
  }
  assert.deepEqual(await peer.flush(), [
    '{"type":"allowed","id":"","payload":null}',
  ]);
  assert.deepEqual(
    faults.all,
    ["secret", "throws"].map((topic) =>
      `alice ${topic}: RefusedError: Cannot subscribe alice to ${topic}: authorizeSubscribe refused it`
    ),
  );
});

testOnServers(
  "authorizePublish drops an event and keeps the order",
  async (setting) => {
    const asked = new Log<{ id: string; answer: Answer }>();
    const faults = new Log<HubFault>();
    const hub = await setting.hub({
      relay: true,
      onError: faults.add,
      authorizePublish: ({ envelope: { id } }) =>
        new Promise((answer) => asked.add({ id, answer })),
    });
    const atHub = envelopesOn(hub, "n");
    const [alice, bob] = [
      await setting.rawPeer(`${hub.url}/alice`),
      await setting.rawPeer(`${hub.url}/bob`),
    ];
    await bob.subscribe("n");
    const ids = ["0", "1", "2", "3"];
    for (const id of ids) await alice.sendEnvelope("n", id, null);
    const flushed = alice.flush();
    for (const [i, id] of ids.entries()) {
      const { id: next, answer } = (await asked.count(i + 1))[i]!;
      assert.equal(next, id);
      await bob.flush(); // Others are served meanwhile.
      assert.equal(asked.all.length, i + 1, "one after the other");
      answer(id !== "2");
    }
    assert.deepEqual(await flushed, []);
    assert.deepEqual(atHub.all.map(({ id }) => id), ["0", "1", "3"]);
    const { error, connection, topic } = faults.all[0]!;
    assert.equal(
      String(error),
      "RefusedError: Cannot publish n:2 of alice: authorizePublish refused it",
    );
    assert.deepEqual([connection!.id, topic], ["alice", "n:2"]);
    assert.equal(faults.all.length, 1);
  },
);

testOnServers(
  "too much while a hook thinks closes with 1013",
  async (setting) => {
    const asked = new Log<Answer>();
    const ended = new Log<number | undefined>();
    const hub = await setting.hub({
      maxFrameBytes: 1000,
      backpressureLimit: 2000,
      maxTopicsPerConnection: 1,
      maxTopicLength: 100,
      authorizePublish: () => new Promise((resolve) => asked.add(resolve)),
      onDisconnection: (_connection, { code }) => ended.add(code),
    });
    const atHub = envelopesOn(hub, "n");
    const peer = await setting.rawPeer(hub.url);
    for (let i = 0; i < 6; i++) {
      await peer.sendEnvelope("n", String(i), "x".repeat(400));
    }
    assert.equal((await peer.closed())?.code, 1013);
    assert.deepEqual(await ended.count(1), [1013]);
    (await asked.count(1))[0]!(true);

    const other = await setting.rawPeer(hub.url);
    await other.flush();
    assert.equal(atHub.all.length, 0, "nothing of one who was put out");
    assert.equal(asked.all.length, 1);
  },
);

testOnServers("maxConnections counts those that wait, too", async (setting) => {
  const faults = new Log<HubFault>();
  const asked = new Log<Answer>();
  const ended = new Log<HubConnection>();
  const hub = await setting.hub({
    maxConnections: 2,
    onError: faults.add,
    onDisconnection: ended.add,
    authorizeConnection: ({ id }) =>
      id !== "pending" || new Promise((resolve) => asked.add(resolve)),
  });
  const first = await setting.rawPeer(`${hub.url}/first`);
  await first.flush();
  const pending = await setting.rawPeer(`${hub.url}/pending`);
  const [answer] = await asked.count(1);
  const third = await setting.rawPeer(`${hub.url}/third`);
  assert.deepEqual(await third.closed(), {
    code: 1013,
    reason: "over 2 connections",
  });
  assert.equal(
    String(faults.all[0]!.error),
    "RefusedError: Cannot accept connection of third: over 2 connections",
  );
  answer!(true);
  await pending.flush();
  await first.close(1000);
  await first.closed();
  await ended.count(1);
  const fourth = await setting.rawPeer(`${hub.url}/fourth`);
  await fourth.flush();
  assert.equal(faults.all.length, 1);
});

testOnServers(
  "maxConnections counts those that have not finished closing",
  async (setting) => {
    const ended = new Log<HubConnection>();
    const faults = new Log<HubFault>();
    const hub = await setting.hub({
      maxConnections: 1,
      onDisconnection: ended.add,
      onError: faults.add,
    });
    const lingering = await setting.rawPeer(hub.url);
    await lingering.subscribe("a");
    const closing = [...hub.connections][0]!.close(1008);
    await lingering.nextWith("__ping");
    await closing;
    await ended.count(1);
    assert.equal(hub.connections.size, 0);
    const next = await setting.rawPeer(hub.url);
    assert.equal((await next.closed())?.code, 1013);
    lingering.destroy();
    const client = await setting.client(hub.url, {
      waitOnFirstConnect: true,
      reconnect: { minDelay: 1, maxDelay: 20 },
    });
    await client.flush();
    assert.equal(hub.connections.size, 1);
    assert.match(String(faults.all[0]!.error), /over 1 connections/);
  },
);

testOnServers(
  "removeConnection gives up the place of one that closes",
  async (setting) => {
    const hub = await setting.hub({ maxConnections: 1 });
    const lingering = await setting.rawPeer(hub.url);
    await lingering.flush();
    const closing = [...hub.connections][0]!.close(1008);
    await lingering.nextWith("__ping");
    await closing;
    hub.removeConnection(hub.sockets.all[0]!);
    const next = await setting.rawPeer(hub.url);
    await next.flush();
    assert.equal(hub.connections.size, 1);
  },
);

testOnServers("limits on topics close with 1008", async (setting) => {
  const faults = new Log<HubFault>();
  const hub = await setting.hub({
    maxTopicsPerConnection: 2,
    maxTopicLength: 10,
    onError: faults.add,
  });
  const many = await setting.rawPeer(`${hub.url}/many`);
  for (const topic of ["a", "b", "a", "b"]) await many.subscribe(topic);
  await many.sendEnvelope("__unsubscribe", "", { topic: "a" });
  await many.subscribe("c");
  await many.sendEnvelope("__subscribe", "", { topic: "d" });
  assert.deepEqual(await many.closed(), {
    code: 1008,
    reason: "over 2 topics",
  });

  const long = await setting.rawPeer(`${hub.url}/long`);
  await long.subscribe("ten bytes.");
  await long.sendEnvelope("__subscribe", "", { topic: "ünf bytes." });
  assert.deepEqual(await long.closed(), {
    code: 1008,
    reason: "a topic is over 10 bytes",
  });
  await faults.count(2);
  assert.deepEqual(faults.all.map(({ error }) => String(error)), [
    "RefusedError: Cannot keep connection of many: over 2 topics",
    "RefusedError: Cannot keep connection of long: a topic is over 10 bytes",
  ]);
});

testOnServers(
  "maxFrameBytes counts bytes of UTF-8, both ways",
  async (setting) => {
    const faults = new Log<HubFault>();
    const hub = await setting.hub({ maxFrameBytes: 1000, onError: faults.add });
    const atHub = envelopesOn(hub, "n");
    const empty = JSON.stringify({ type: "n", id: "", payload: "" }).length;
    for (
      const [unit, bytes] of [["x", 1], ["ü", 2], ["€", 3], ["👋", 4]] as const
    ) {
      const count = Math.floor((1000 - empty) / bytes);
      const payload = unit.repeat(count) +
        "x".repeat(1000 - empty - count * bytes);
      const peer = await setting.rawPeer(hub.url);
      await peer.subscribe("n");
      await peer.sendEnvelope("n", "", payload);
      await peer.flush();
      assert.equal(atHub.all.at(-1)!.payload, payload, "as large as allowed");
      hub.dispatchEvent(createEvent("n", "", payload));
      assert.equal((await peer.flush()).length, 1);

      const message = "length 1001 is over maxFrameBytes 1000";
      assert.throws(
        () => hub.dispatchEvent(createEvent("n", "", `${payload}x`)),
        (error) =>
          error instanceof FrameError && error.code === "FRAME_TOO_LARGE" &&
          error.message === `Cannot encode frame: ${message}`,
      );
      const before = faults.all.length;
      await peer.sendEnvelope("n", "", `${payload}x`);
      assert.equal((await peer.closed())?.code, 1009, unit);
      await faults.count(before + 1);
      assert.equal(
        String(faults.all.at(-1)!.error),
        `FrameError: Cannot decode frame: ${message}`,
      );
    }
    assert.equal(atHub.all.length, 4);
  },
);

testOnServers("handshakeTimeout bounds the authorization", async (setting) => {
  const faults = new Log<HubFault>();
  const asked = new Log<Answer>();
  const hub = await setting.hub({
    handshakeTimeout: 50,
    onError: faults.add,
    authorizeConnection: () => new Promise((resolve) => asked.add(resolve)),
  });
  const peer = await setting.rawPeer(hub.url);
  assert.deepEqual(await peer.closed(), {
    code: 1013,
    reason: "not authorized in time",
  });
  assert.match(String(faults.all[0]!.error), /it was not authorized in 50 ms/);
  asked.all[0]!(true);
  const second = await setting.rawPeer(hub.url);
  (await asked.count(2))[1]!(true);
  await second.flush();
  assert.equal(hub.connections.size, 1);
});

testOnDeno("a socket that opens too late is closed", async (setting) => {
  const faults = new Log<HubFault>();
  const hub = setting.bareHub({ handshakeTimeout: 50, onError: faults.add });
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
  }, async (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    hub.addConnection(socket);
    await faults.count(1);
    return response;
  });
  setting.defer(() => server.shutdown());
  const peer = await setting.rawPeer(`ws://127.0.0.1:${server.addr.port}`);
  assert.deepEqual(await peer.closed(), { code: 1002, reason: "not ready" });
  assert.equal(hub.connections.size, 0);
});
