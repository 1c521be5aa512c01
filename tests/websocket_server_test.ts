// Which sockets a hub takes in and forgets, and what it sends to which of them.

import assert from "node:assert/strict";
import { createEvent } from "../mod.ts";
import { createWebSocketServerEventTarget } from "../websocket_server.ts";
import type {
  HandledWebSocketLike,
  HubConnection,
  HubFault,
  WebSocketLike,
} from "../websocket_server.ts";
import {
  eventOf,
  listenerCount,
  testOnServers,
  WebSocketSetting,
  wsServer,
} from "./_websocket.ts";
import type { RawWebSocket } from "./_websocket_peer.ts";
import { envelopesOn, Log } from "./_waiting.ts";

// Off by default in Deno 2.9; without them a socket left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

const CONNECTING = 0;
const CLOSING = 2;
const CLOSED = 3;

/** A server socket that is open, which no hub has, and its peer. */
async function openSocket(
  setting: WebSocketSetting,
): Promise<{ socket: WebSocketLike; peer: RawWebSocket }> {
  const sockets = new Log<WebSocketLike>();
  const { url } = await setting.server(sockets.add);
  const peer = await setting.rawPeer(url);
  const [socket] = await sockets.count(1);
  if (socket!.readyState === CONNECTING) await eventOf(socket!, "open");
  return { socket: socket!, peer };
}

testOnServers("addConnection takes a new socket in", async (setting) => {
  const states: number[] = [];
  const hub = setting.bareHub();
  const { url } = await setting.server((socket) => {
    states.push(socket.readyState);
    hub.addConnection(socket, { id: "alice" });
  });
  const peer = await setting.rawPeer(url);
  await peer.subscribe("a");
  assert.deepEqual(states, [setting.kind.name === "Deno" ? 0 : 1]);
  const [connection, ...others] = hub.connections;
  assert.equal(connection!.id, "alice");
  assert.deepEqual([...connection!.topics], ["a"]);
  assert.deepEqual(others, []);
});

testOnServers(
  "addConnection takes an open socket in at once",
  async (setting) => {
    const came = new Log<HubConnection>();
    const hub = setting.bareHub({ onConnection: came.add });
    const { socket, peer } = await openSocket(setting);
    hub.addConnection(socket);
    // What comes from here on is heard, admitted or not.
    await peer.subscribe("a");
    hub.dispatchEvent(createEvent("a", "", "hello"));
    await peer.nextWith("hello");
    assert.equal(came.all.length, 1);
  },
);

testOnServers(
  "addConnection leaves out a socket that has closed",
  async (setting) => {
    const told: string[] = [];
    const hub = setting.bareHub({
      onConnection: ({ id }) => told.push(id),
      onDisconnection: ({ id }) => told.push(`${id} left`),
      onError: ({ error }) => told.push(String(error)),
    });
    for (const state of [CLOSING, CLOSED]) {
      const { socket, peer } = await openSocket(setting);
      const closed = eventOf(socket, "close");
      socket.close(1000);
      if (state === CLOSED) {
        await peer.closed();
        await closed;
      }
      assert.equal(socket.readyState, state);
      hub.addConnection(socket, { id: "gone" });
      hub.addConnection(socket, { id: "gone" });
    }
    const { socket, peer } = await openSocket(setting);
    hub.addConnection(socket, { id: "here" });
    await peer.flush();
    assert.deepEqual(told, ["here"]);
    assert.equal(hub.connections.size, 1);
  },
);

testOnServers(
  "addConnection forgets a socket that never opens",
  async (setting) => {
    const faults = new Log<HubFault>();
    const came: HubConnection[] = [];
    const hub = setting.bareHub({
      handshakeTimeout: 50,
      maxConnections: 1,
      onConnection: (connection) => came.push(connection),
      onError: faults.add,
    });
    const mute = setting.rawServer();
    const opening = new WebSocket(mute.url);
    await mute.acceptTcp(); // And never answers.
    const closed = eventOf(opening, "close");
    hub.addConnection(opening, { id: "mute" });
    const { error, connection } = (await faults.count(1))[0]!;
    assert.match(
      String(error),
      /^RefusedError: Cannot accept connection of mute: it was not ready in 50 ms$/,
    );
    assert.equal(connection!.id, "mute");
    await closed;

    const { socket, peer } = await openSocket(setting);
    hub.addConnection(socket, { id: "alice" });
    await peer.flush();
    assert.deepEqual(came.map(({ id }) => id), ["alice"], "its place is free");
    assert.equal(faults.all.length, 1);
  },
);

testOnServers("addConnection twice is adding once", async (setting) => {
  const hub = setting.bareHub();
  const atHub = envelopesOn(hub, "n");
  const { socket, peer } = await openSocket(setting);
  hub.addConnection(socket, { id: "alice" });
  hub.addConnection(socket, { id: "alice" });
  hub.addConnection(socket);
  hub.addConnection(socket, { id: undefined });
  await peer.subscribe("a");
  hub.addConnection(socket, { id: "alice" });
  assert.throws(() => hub.addConnection(socket, { id: "bob" }), {
    name: "TypeError",
    message: 'Cannot add connection: its id is "alice" already, not "bob"',
  });
  assert.equal(hub.connections.size, 1);
  hub.dispatchEvent(createEvent("a", "", null));
  await peer.sendEnvelope("n", "", null);
  assert.equal((await peer.flush()).length, 1);
  assert.equal(atHub.all.length, 1);
});

testOnServers("addConnection names what it cannot take", async (setting) => {
  const hub = setting.bareHub();
  const { socket } = await openSocket(setting);
  for (const [id, shown] of [["", '""'], [7, "7"], [null, "null"]]) {
    assert.throws(
      () => hub.addConnection(socket, { id: id as string }),
      {
        name: "TypeError",
        message:
          `Cannot add connection: id ${shown} is not a text that names a peer`,
      },
    );
  }
  const incomplete = { readyState: 1, send() {}, close() {} };
  const noSockets = [undefined, null, 7, "ws://a", {}, incomplete, () => {}];
  for (const noSocket of noSockets) {
    assert.throws(
      () => hub.addConnection(noSocket as unknown as WebSocketLike),
      { name: "TypeError", message: /^Cannot use socket: .* not a WebSocket$/ },
    );
  }
  assert.equal(hub.connections.size, 0);
});

testOnServers(
  "a hub that is closed closes an open socket with 1001",
  async (setting) => {
    const hub = createWebSocketServerEventTarget();
    await hub.close();
    const { socket, peer } = await openSocket(setting);
    hub.addConnection(socket);
    assert.equal((await peer.closed())?.code, 1001);
  },
);

testOnServers(
  "a hub that is closed closes a new socket with 1001",
  async (setting) => {
    const hub = await setting.hub();
    await hub.close();
    const peer = await setting.rawPeer(hub.url);
    assert.equal((await peer.closed())?.code, 1001);
  },
);

testOnServers(
  "removeConnection leaves the socket to the application",
  async (setting) => {
    const told: unknown[] = [];
    const ended = new Log<string>();
    const hub = await setting.hub({
      onDisconnection: ({ id }, { code, reason }) =>
        ended.add(`${id} ${code} ${reason}`),
      onError: (fault) => told.push(fault),
    });
    const atHub = envelopesOn(hub, "n");
    const peer = await setting.rawPeer(`${hub.url}/alice`);
    await peer.subscribe("a");
    const [connection] = hub.connections;
    const socket = hub.sockets.all[0]!;

    hub.removeConnection(socket);
    hub.dispatchEvent(createEvent("a", "", "not any more"));
    assert.deepEqual(await ended.count(1), ["alice undefined removed"]);
    assert.equal(hub.connections.size, 0);
    assert.equal(connection!.topics.size, 0);

    const echo = ({ data }: { data: unknown }) => socket.send(`echo ${data}`);
    socket.addEventListener("message", echo);
    const texts = [
      '{"type":"__ping","id":"1","payload":null}',
      '{"type":"__subscribe","id":"","payload":{"topic":"a"}}',
      '{"type":"n","id":"","payload":null}',
      "rubbish",
    ];
    for (const text of texts) await peer.send(text);
    for (const text of texts) {
      assert.equal(await peer.nextText(), `echo ${text}`);
    }
    assert.deepEqual([...told, ...atHub.all], []);

    socket.removeEventListener("message", echo);
    hub.addConnection(socket, { id: "bob" });
    await peer.subscribe("b");
    const [again, ...others] = hub.connections;
    assert.deepEqual([again!.id, ...again!.topics], ["bob", "b"]);
    assert.deepEqual(others, []);
    hub.dispatchEvent(createEvent("a", "", null));
    hub.dispatchEvent(createEvent("b", "", null));
    assert.deepEqual(await peer.flush(), [
      '{"type":"b","id":"","payload":null}',
    ]);
    assert.equal(ended.all.length, 1);
  },
);

testOnServers(
  "removeConnection makes room for another id at once",
  async (setting) => {
    const told = new Log<string>();
    const hub = setting.bareHub({
      onConnection: ({ id }) => told.add(id),
      onDisconnection: ({ id }) => told.add(`${id} left`),
    });
    const { socket, peer } = await openSocket(setting);
    hub.addConnection(socket, { id: "alice" });
    await peer.subscribe("a");
    hub.removeConnection(socket);
    hub.addConnection(socket, { id: "bob" });
    await peer.subscribe("b");
    assert.deepEqual(
      [...hub.connections].map(({ id, topics }) => [id, ...topics]),
      [["bob", "b"]],
    );
    assert.deepEqual(told.all, ["alice", "alice left", "bob"]);
    hub.removeConnection(socket);
    hub.addConnection(socket, { id: "carol" });
    hub.removeConnection(socket);
    await told.find((text) => text === "bob left");
    socket.send("still open");
    assert.equal(await peer.nextText(), "still open");
    assert.equal(told.all.length, 4, "carol never came");
  },
);

Deno.test("ws: removeConnection takes its listeners off", async () => {
  await using setting = new WebSocketSetting(wsServer);
  const { socket, peer } = await openSocket(setting);
  const count = () => listenerCount(socket);
  const before = count();
  const hub = setting.bareHub();
  hub.addConnection(socket);
  await peer.flush();
  assert.notDeepEqual(count(), before);
  hub.removeConnection(socket);
  assert.deepEqual(count(), before);
});

testOnServers(
  "removeConnection while the peer is being authorized",
  async (setting) => {
    const asked = new Log<(allowed: boolean) => void>();
    const told: string[] = [];
    const hub = await setting.hub({
      maxConnections: 1,
      handshakeTimeout: 5000,
      authorizeConnection: ({ id }) =>
        id === "next" || new Promise((resolve) => asked.add(resolve)),
      onConnection: ({ id }) => told.push(id),
      onError: ({ error }) => told.push(String(error)),
      onDisconnection: ({ id }) => told.push(`${id} left`),
    });
    const peers: RawWebSocket[] = [];
    for (const allowed of [true, false]) {
      const count = asked.all.length + 1;
      peers.push(await setting.rawPeer(`${hub.url}/pending`));
      const answer = (await asked.count(count)).at(-1)!;
      hub.removeConnection(hub.sockets.all.at(-1)!);
      answer(allowed);
    }
    const next = await setting.rawPeer(`${hub.url}/next`);
    await next.flush();
    assert(told.at(-1) === "next", "the others hold no place");
    assert(!told.includes("pending") && !told.includes("pending left"));

    hub.sockets.all.slice(0, 2).forEach((socket) => socket.send("still open"));
    for (const peer of peers) assert.equal(await peer.nextText(), "still open");
  },
);

testOnServers(
  "removeConnection ignores what was never added",
  async (setting) => {
    const hub = await setting.hub();
    const { socket, peer } = await openSocket(setting);
    hub.removeConnection(socket);
    hub.handleMessage(socket, "rubbish");
    hub.handleClose(socket, 1000);
    socket.send("still open");
    assert.equal(await peer.nextText(), "still open");
    assert.equal(hub.connections.size, 0);
  },
);

testOnServers(
  "dispatchEvent sends by topic, and encodes once",
  async (setting) => {
    const hub = await setting.hub();
    const topics = [["n"], ["n:1"], ["n:2"], ["n:1", "n"], ["m", "n:"]];
    const peers = await Promise.all(topics.map(async (topics) => {
      const peer = await setting.rawPeer(hub.url);
      for (const topic of topics) await peer.subscribe(topic);
      return peer;
    }));
    let encoded = 0;
    const payload = { toJSON: () => `payload ${++encoded}` };
    hub.dispatchEvent(createEvent("n", "1", payload));
    hub.dispatchEvent(createEvent("nobody", "", payload));
    const [all, one, two, both, none] = await Promise.all(
      peers.map((peer) => peer.flush()),
    );
    const text = '{"type":"n","id":"1","payload":"payload 1"}';
    assert.deepEqual([all, one, both], [[text], [text], [text]]);
    assert.deepEqual([two, none], [[], []]);
    assert.equal(encoded, 2, "once each, for nobody too");
  },
);

testOnServers("relay passes on what came in, never back", async (setting) => {
  const hub = await setting.hub({ relay: true });
  const atHub = envelopesOn(hub, "chat");
  const [alice, bob, carol] = [
    await setting.rawPeer(`${hub.url}/alice`),
    await setting.rawPeer(`${hub.url}/bob`),
    await setting.rawPeer(`${hub.url}/carol`),
  ];
  await alice.subscribe("chat");
  await bob.subscribe("chat:room");
  await carol.subscribe("other");
  const odd =
    `{ "payload" : "grüße 👋 \\ud800",  "id":"room","type":"chat", "x":[1.0] }`;
  await alice.send(odd);
  assert.deepEqual(await alice.flush(), []);
  assert.deepEqual(await bob.flush(), [odd]);
  assert.deepEqual(await carol.flush(), []);
  assert.deepEqual(atHub.all.map(({ payload }) => payload), [
    "grüße 👋 \ud800",
  ]);
});

testOnServers("without relay peers do not hear each other", async (setting) => {
  const hub = await setting.hub();
  const atHub = envelopesOn(hub, "chat");
  const [alice, bob] = [
    await setting.rawPeer(hub.url),
    await setting.rawPeer(hub.url),
  ];
  await bob.subscribe("chat");
  await alice.sendEnvelope("chat", "", "hello");
  await alice.flush();
  assert.equal(atHub.all.length, 1);
  assert.deepEqual(await bob.flush(), []);
});

testOnServers(
  "direct: reaches the sockets of one id alone",
  async (setting) => {
    const refused = new Log<string>();
    const hub = await setting.hub({
      relay: true,
      onError: ({ error, topic }) => refused.add(`${topic} ${error}`),
    });
    const [tab, otherTab, bob] = [
      await setting.rawPeer(`${hub.url}/alice`),
      await setting.rawPeer(`${hub.url}/alice`),
      await setting.rawPeer(`${hub.url}/bob`),
    ];
    for (const peer of [tab, otherTab, bob]) {
      await peer.subscribe(
        "direct:alice",
      );
    }
    await bob.subscribe("direct");
    hub.dispatchEvent(createEvent("direct", "alice", "from the hub"));
    await bob.sendEnvelope("direct", "alice", "from bob");
    assert.deepEqual(await bob.flush(), []);
    for (const peer of [tab, otherTab]) {
      const texts = await peer.flush();
      assert.deepEqual(texts.map((text) => JSON.parse(text).payload), [
        "from the hub",
        "from bob",
      ]);
    }
    const refusal = (topic: string) =>
      `${topic} RefusedError: Cannot subscribe bob to ${topic}: it addresses another peer`;
    assert.deepEqual(refused.all, [refusal("direct:alice"), refusal("direct")]);
    assert.deepEqual([...hub.connections].map(({ id }) => id).sort(), [
      "alice",
      "alice",
      "bob",
    ]);
  },
);

testOnServers(
  "a socket that is given no id gets one of its own",
  async (setting) => {
    const hub = await setting.hub();
    const peers = [
      await setting.rawPeer(hub.url),
      await setting.rawPeer(hub.url),
      await setting.rawPeer(hub.url),
    ];
    for (const peer of peers) await peer.flush();
    const ids = [...hub.connections].map(({ id }) => id);
    assert.equal(new Set(ids).size, 3);
    assert(ids.every((id) => id !== ""));
    await peers[0]!.subscribe(`direct:${ids[0]}`);
    hub.dispatchEvent(createEvent("direct", ids[0]!, "for you"));
    await peers[0]!.nextWith("for you");
  },
);

testOnServers(
  "sockets that take no listeners are served through handlers",
  async (setting) => {
    const ended = new Log<string>();
    const hub = setting.bareHub({
      onDisconnection: ({ id }, { code, reason }) =>
        ended.add(`${id} ${code} ${reason}`),
    });
    const atHub = envelopesOn(hub, "n");
    let drops = false;
    /** What a server with handlers shows of a socket. */
    const shown = (socket: WebSocketLike): HandledWebSocketLike => ({
      get readyState() {
        return socket.readyState;
      },
      getBufferedAmount: () => socket.bufferedAmount,
      send(data) {
        if (drops) return 0;
        socket.send(data);
        return data.length;
      },
      close: (code, reason) => socket.close(code, reason),
    });
    const added = async (id: string) => {
      const { socket, peer } = await openSocket(setting);
      const handled = shown(socket);
      hub.addConnection(handled, { id });
      socket.addEventListener(
        "message",
        ({ data }) => hub.handleMessage(handled, data),
      );
      socket.addEventListener(
        "close",
        ({ code, reason }) => hub.handleClose(handled, code, reason),
      );
      return peer;
    };
    const alice = await added("alice");
    await alice.subscribe("a");
    await alice.sendEnvelope("n", "", 1);
    hub.dispatchEvent(createEvent("a", "", 2));
    assert.equal((await alice.flush()).length, 1);
    assert.equal(atHub.all.length, 1);
    await alice.close(4000, "bye");
    assert.deepEqual(await alice.closed(), { code: 4000, reason: "bye" });
    assert.deepEqual(await ended.count(1), ["alice 4000 bye"]);
    assert.equal(hub.connections.size, 0);

    const bob = await added("bob");
    await bob.subscribe("a");
    drops = true;
    hub.dispatchEvent(createEvent("a", "", "lost"));
    assert.deepEqual(await bob.closed(), {
      code: 1001,
      reason: "message dropped",
    });
    assert.equal((await ended.count(2))[1], "bob 1001 message dropped");
  },
);
