// Peers that break the protocol, go silent or die, at both ends.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { WebSocket as WsSocket } from "ws";
import {
  ClosedError,
  ConnectionError,
  createEvent,
  EnvelopeError,
  FrameError,
} from "../mod.ts";
import type { SpokeStatus } from "../websocket_client.ts";
import type { HubFault } from "../websocket_server.ts";
import { testOnDeno, testOnServers } from "./_websocket.ts";
import { frameOf, Opcode, type RawWebSocket } from "./_websocket_peer.ts";
import { envelopesOn, Log } from "./_waiting.ts";

// Off by default in Deno 2.9; without them a socket left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Answers all pings up to the close frame. */
async function politeUntilClosed(peer: RawWebSocket) {
  await peer.nextWith("__ping");
  return await peer.closed();
}

/** Messages that leave in one write, and so arrive together. */
function burstOf(...texts: string[]): Uint8Array {
  return Buffer.concat(
    texts.map((text) => frameOf(Opcode.TEXT, bytesOf(text), true, true)),
  );
}

testOnServers(
  "bad messages close their own connection alone",
  async (setting) => {
    const faults = new Log<HubFault>();
    const ended = new Log<string>();
    const hub = await setting.hub({
      onError: faults.add,
      onDisconnection: ({ id }, { code }) => ended.add(`${id} ${code}`),
    });
    const atHub = envelopesOn(hub, "n");
    const client = await setting.client(`${hub.url}/client`);
    const subscribe = (payload: unknown) =>
      JSON.stringify({ type: "__subscribe", id: "", payload });
    const cases: [string, string | Uint8Array, RegExp][] = [
      ["empty", "", /invalid JSON/],
      ["no-json", "{nope", /invalid JSON/],
      ["array", "[1]", /type undefined is not a string/],
      ["null", "null", /null is not an object/],
      ["no-id", '{"type":"a"}', /id undefined is not a string/],
      ["no-type", '{"type":"","id":"","payload":1}', /type is empty/],
      ["colon", '{"type":"a:b","id":"","payload":1}', /type "a:b" holds ":"/],
      ["no-payload", subscribe(null), /__subscribe holds no topic/],
      ["no-topic", subscribe({}), /__subscribe holds no topic/],
      ["empty-topic", subscribe({ topic: "" }), /__subscribe holds no topic/],
      ["number-topic", subscribe({ topic: 7 }), /__subscribe holds no topic/],
      ["binary", bytesOf('{"type":"n","id":"","payload":1}'), /binary message/],
    ];
    for (const [id, message, fault] of cases) {
      const peer = await setting.rawPeer(`${hub.url}/${id}`);
      if (typeof message === "string") await peer.send(message);
      else await peer.frame(Opcode.BINARY, message);
      assert.equal((await peer.closed())?.code, 1002, id);
      await ended.find((text) => text === `${id} 1002`);
      const { error, connection } = faults.all.at(-1)!;
      assert(error instanceof EnvelopeError, id);
      assert.match(error.message, fault, id);
      assert.equal(connection!.id, id);
    }
    assert.equal(faults.all.length, cases.length, "told once each");
    client.dispatchEvent(createEvent("n", "", "from a good one"));
    await client.flush();
    assert.deepEqual(atHub.all.map(({ payload }) => payload), [
      "from a good one",
    ]);
    assert.deepEqual([...hub.connections].map(({ id }) => id), ["client"]);
  },
);

testOnServers("what comes behind a fault is not heard", async (setting) => {
  const ended = new Log<string>();
  const faults: HubFault[] = [];
  const hub = await setting.hub({
    onError: (fault) => faults.push(fault),
    onDisconnection: ({ id }, { code }) => ended.add(`${id} ${code}`),
  });
  const atHub = envelopesOn(hub, "n");
  const peer = await setting.rawPeer(`${hub.url}/odd`);
  const event = '{"type":"n","id":"","payload":null}';
  await peer.write(burstOf(event, "rubbish", event, "rubbish", event));
  assert.deepEqual(await ended.count(1), ["odd 1002"]);
  await peer.closed();
  const other = await setting.rawPeer(hub.url);
  await other.flush();
  assert.deepEqual([atHub.all.length, faults.length], [1, 1]);
});

testOnServers(
  "a peer that sends a burst sees the code it is closed with",
  async (setting) => {
    const hub = await setting.hub({ maxTopicsPerConnection: 2 });
    const topics = Array.from({ length: 100 }, (_, i) => `topic:${i}`);
    const peer = await setting.rawPeer(hub.url);
    await peer.write(burstOf(
      ...topics.map((topic) =>
        JSON.stringify({ type: "__subscribe", id: "", payload: { topic } })
      ),
    ));
    assert.deepEqual(await peer.closed(), {
      code: 1008,
      reason: "over 2 topics",
    });

    const odd = await setting.rawPeer(hub.url);
    await odd.write(burstOf("rubbish", '{"type":"n","id":"","payload":null}'));
    assert.equal((await odd.closed())?.code, 1002);

    const client = await setting.client(hub.url);
    for (const topic of topics) client.addEventListener(topic, () => {});
    const error = await client.closed;
    assert(error instanceof ConnectionError);
    assert.equal(error.closeCode, 1008, "else it would come back for ever");
  },
);

testOnServers(
  "frames that break RFC 6455 end their own connection alone",
  async (setting) => {
    const ended = new Log<string>();
    const hub = await setting.hub({
      onDisconnection: ({ id }) => ended.add(id),
    });
    const client = await setting.client(`${hub.url}/client`);
    const badUtf8 = Uint8Array.from([0x22, 0xff, 0x22]);
    const faults: Record<string, (peer: RawWebSocket) => Promise<void>> = {
      utf8: (peer) => peer.frame(Opcode.TEXT, badUtf8),
      opcode: (peer) => peer.frame(3, bytesOf("reserved")),
      unmasked: (peer) => peer.write(Uint8Array.from([0x81, 1, 0x31])),
      continuation: (peer) =>
        peer.frame(Opcode.CONTINUATION, bytesOf("of what")),
    };
    for (const [id, send] of Object.entries(faults)) {
      const peer = await setting.rawPeer(`${hub.url}/${id}`);
      await peer.flush();
      await send(peer);
      await peer.closed();
      peer.destroy();
      await ended.find((left) => left === id);
    }
    await client.flush();
    assert.deepEqual([...hub.connections].map(({ id }) => id), ["client"]);
  },
);

testOnServers("a message may come in fragments", async (setting) => {
  const hub = await setting.hub();
  const atHub = envelopesOn(hub, "n");
  const peer = await setting.rawPeer(hub.url);
  const bytes = bytesOf('{"type":"n","id":"","payload":"grüße"}');
  const cut = bytes.indexOf(0xc3) + 1; // In the middle of a character.
  await peer.frame(Opcode.TEXT, bytes.subarray(0, cut), false);
  await peer.frame(Opcode.PING, bytesOf("between"));
  await peer.frame(Opcode.CONTINUATION, bytes.subarray(cut, cut + 3), false);
  await peer.frame(Opcode.CONTINUATION, bytes.subarray(cut + 3));
  await peer.flush();
  assert.deepEqual(atHub.all.map(({ payload }) => payload), ["grüße"]);
});

testOnServers("control events that are odd are harmless", async (setting) => {
  const faults: HubFault[] = [];
  const hub = await setting.hub({ onError: (fault) => faults.push(fault) });
  const peer = await setting.rawPeer(hub.url);
  const control = (type: string, topic: string) =>
    peer.sendEnvelope(type, "", { topic });
  await peer.sendEnvelope("__newer", "", { odd: true });
  await peer.sendEnvelope("__a:b", "x", null);
  await peer.sendEnvelope("__pong", "never asked", null);
  await control("__unsubscribe", "never.subscribed");
  await control("__subscribe", "a");
  await control("__subscribe", "a");
  hub.dispatchEvent(createEvent("a", "", "too early"));
  await peer.flush();
  const [connection] = hub.connections;
  assert.deepEqual([...connection!.topics], ["a"]);
  hub.dispatchEvent(createEvent("a", "", 1));
  assert.deepEqual(await peer.flush(), ['{"type":"a","id":"","payload":1}']);
  await control("__unsubscribe", "a");
  await control("__unsubscribe", "a");
  await peer.flush();
  assert.equal(connection!.topics.size, 0);
  hub.dispatchEvent(createEvent("a", "", "too late"));
  assert.deepEqual(await peer.flush(), []);
  assert.deepEqual(faults, []);
});

testOnServers(
  "a ping is answered with its id, after all sent before",
  async (setting) => {
    const hub = await setting.hub();
    const peer = await setting.rawPeer(hub.url);
    hub.addEventListener("n", ({ detail }) => {
      hub.dispatchEvent(createEvent("answer", detail.id, null));
    });
    await peer.subscribe("answer");
    await peer.sendEnvelope("n", "1", null);
    await peer.sendEnvelope("__ping", "any id: 1", null);
    await peer.sendEnvelope("n", "2", null);
    await peer.sendEnvelope("__ping", "", null);
    const expected = [
      '{"type":"answer","id":"1","payload":null}',
      '{"type":"__pong","id":"any id: 1","payload":null}',
      '{"type":"answer","id":"2","payload":null}',
      '{"type":"__pong","id":"","payload":null}',
    ];
    for (const text of expected) assert.equal(await peer.nextText(), text);
  },
);

testOnServers("a peer that goes silent is found by ping", async (setting) => {
  const faults = new Log<HubFault>();
  const ended = new Log<string>();
  const hub = await setting.hub({
    pingInterval: 50,
    pingTimeout: 250,
    onError: faults.add,
    onDisconnection: ({ id }, { code, reason }) =>
      ended.add(`${id} ${code} ${reason}`),
  });
  const client = await setting.client(`${hub.url}/client`);
  const silent = await setting.rawPeer(`${hub.url}/silent`);
  await silent.flush();
  assert.deepEqual(await ended.count(1), ["silent 1001 ping timeout"]);
  const { error, connection } = faults.all[0]!;
  assert(error instanceof ConnectionError && error.code === "PING_TIMEOUT");
  assert.match(
    error.message,
    /^Cannot reach peer: it has been silent for \d+ ms$/,
  );
  assert.equal(connection!.id, "silent");
  assert.equal(
    await silent.nextText(),
    '{"type":"__ping","id":"","payload":null}',
  );
  assert.equal((await silent.closed())?.code, 1001);
  await client.flush();
  assert.equal(hub.connections.size, 1, "who answers stays");
});

testOnServers("a peer that leaves is forgotten", async (setting) => {
  const ended = new Log<string>();
  const hub = await setting.hub({
    onDisconnection: ({ id }, { code, reason }) => {
      assert.notEqual(reason, id === "lost" ? "" : undefined);
      ended.add(`${id} ${code} ${id === "lost" ? "" : reason}`);
    },
  });
  const leave = async (id: string, how: (peer: RawWebSocket) => unknown) => {
    const peer = await setting.rawPeer(`${hub.url}/${id}`);
    await peer.subscribe("a");
    const before = ended.all.length;
    const [connection] = hub.connections;
    assert.equal(connection!.topics.size, 1);
    await how(peer);
    const [line] = (await ended.count(before + 1)).slice(before);
    assert.equal(connection!.topics.size, 0);
    assert.equal(hub.connections.size, 0);
    hub.dispatchEvent(createEvent("a", "", null));
    return line;
  };
  assert.equal(
    await leave("lost", (peer) => peer.destroy()),
    "lost undefined ",
  );
  assert.equal(
    await leave("mine", async (peer) => {
      await peer.close(4000, "mine");
      await peer.closed();
    }),
    "mine 4000 mine",
  );
  assert.equal(
    await leave("plain", async (peer) => {
      await peer.close();
      await peer.closed();
    }),
    "plain 1000 ",
  );
});

testOnServers(
  "hub.flush waits for each, and for nobody who is gone",
  async (setting) => {
    const hub = await setting.hub();
    const client = await setting.client(`${hub.url}/client`);
    const atClient = envelopesOn(client, "a");
    const peer = await setting.rawPeer(hub.url);
    await peer.subscribe("a");
    await client.flush();
    let isFlushed = false;
    for (let i = 0; i < 10; i++) hub.dispatchEvent(createEvent("a", "", i));
    const flushed = hub.flush().then(() => isFlushed = true);
    await atClient.count(10);
    await client.flush();
    assert(!isFlushed, "the other has not answered yet");
    peer.destroy();
    await flushed;
    await hub.flush();
  },
);

testOnServers("hub.close closes all with 1001", async (setting) => {
  const asked = new Log<unknown>();
  const told = new Log<string>();
  const hub = await setting.hub({
    pingTimeout: 50,
    authorizeConnection: ({ id }) => {
      asked.add(id);
      return id !== "pending" || new Promise(() => {});
    },
    onError: ({ error }) => told.add(String(error)),
    onDisconnection: ({ id }, { code }) => told.add(`${id} ${code}`),
  });
  const [polite, silent, pending] = [
    await setting.rawPeer(`${hub.url}/polite`),
    await setting.rawPeer(`${hub.url}/silent`),
    await setting.rawPeer(`${hub.url}/pending`),
  ];
  await asked.count(3);
  for (const peer of [polite, silent]) await peer.subscribe("a");
  hub.dispatchEvent(createEvent("a", "", "last words"));
  const polited = politeUntilClosed(polite);
  const closing = hub.close();
  assert.equal(hub.close(), closing, "closing twice is closing once");
  assert.throws(
    () => hub.dispatchEvent(createEvent("a", "", null)),
    ClosedError,
  );
  assert.equal((await pending.closed())?.code, 1001);
  assert.deepEqual(await polited, { code: 1001, reason: "going away" });
  assert.match((await silent.nextText())!, /last words/);
  assert.equal((await silent.closed())?.code, 1001);
  await closing;
  assert.equal(await hub.closed, undefined);
  assert.equal(hub.connections.size, 0);
  assert.deepEqual(told.all.sort(), ["polite 1001", "silent 1001"]);
});

testOnDeno("a hub that sends rubbish ends the client", async (setting) => {
  const server = setting.rawServer();
  const small = { maxFrameBytes: 1000 };
  const long = JSON.stringify({ type: "n", id: "", payload: "€".repeat(400) });
  const cases: [string | Uint8Array, number, RegExp][] = [
    ["rubbish", 1002, /^EnvelopeError: Cannot decode envelope: invalid JSON$/],
    [bytesOf("{}"), 1002, /^EnvelopeError: .*a binary message/],
    [long, 1009, /^FrameError: .* length 1\d+ is over maxFrameBytes 1000$/],
  ];
  // A client of the web platform may send but a few codes, one of `ws` any.
  const makes = [
    () => new WebSocket(server.url),
    () => new WsSocket(server.url),
  ];
  for (const [rubbish, code, message] of cases) {
    for (const [i, make] of makes.entries()) {
      const connected = setting.client(make, small);
      const peer = await server.accept();
      await peer.nextWith("__ping");
      const client = await connected;
      const atClient = envelopesOn(client, "n");
      if (typeof rubbish === "string") await peer.send(rubbish);
      else await peer.frame(Opcode.BINARY, rubbish);
      await peer.sendEnvelope("n", "", "behind the fault");
      const error = await client.closed;
      assert(error instanceof EnvelopeError || error instanceof FrameError);
      assert.match(String(error), message);
      assert.equal(client.state, "closed");
      assert.equal((await peer.closed())?.code, code + [3000, 0][i]!);
      assert.throws(
        () => client.dispatchEvent(createEvent("a", "", null)),
        (thrown) => thrown instanceof ClosedError && thrown.cause === error,
      );
      assert.equal(atClient.all.length, 0);
    }
  }
});

testOnDeno("a hub that goes silent is found by ping", async (setting) => {
  const server = setting.rawServer();
  const statuses = new Log<SpokeStatus>();
  const connected = setting.client(server.url, {
    pingInterval: 50,
    pingTimeout: 50,
    reconnect: { minDelay: 1, maxDelay: 1 },
    onStatus: statuses.add,
  });
  const peer = await server.accept();
  await peer.nextWith("__ping");
  const client = await connected;
  const lost = await statuses.find(({ type }) => type === "reconnecting");
  assert(lost.type === "reconnecting");
  assert(lost.error instanceof ConnectionError);
  assert.equal(lost.error.code, "PING_TIMEOUT");
  assert(
    statuses.all.some((one) =>
      one.type === "error" && one.error === lost.error
    ),
  );
  assert.equal((await peer.closed())?.code, 4001, "1001, as far as it may");

  const again = await server.accept();
  await again.nextWith("__ping");
  await statuses.find(() => client.state === "open");
});

testOnDeno(
  "a hub that answers no ping is given the benefit of the doubt",
  async (setting) => {
    const server = setting.rawServer();
    const connected = setting.client(server.url, { pingTimeout: 50 });
    const peer = await server.accept();
    const client = await connected;
    assert.equal(client.state, "open");
    client.dispatchEvent(createEvent("n", "", "hello"));
    assert.match((await peer.nextText())!, /__ping/);
    assert.match((await peer.nextText())!, /hello/);
    const atClient = envelopesOn(client, "a");
    assert.match((await peer.nextText())!, /__subscribe/);
    await peer.sendEnvelope("a", "", "good day");
    await atClient.count(1);
  },
);

testOnServers("pings keep a quiet connection", async (setting) => {
  const often = { pingInterval: 20, pingTimeout: 400 };
  const faults: unknown[] = [];
  const hub = await setting.hub({
    ...often,
    onError: (fault) => faults.push(fault),
  });
  const statuses: string[] = [];
  const client = await setting.client(hub.url, {
    ...often,
    onStatus: ({ type }) => statuses.push(type),
  });
  const peer = await setting.rawPeer(hub.url);
  for (let i = 0; i < 3; i++) await peer.nextWith("__ping");
  await client.flush();
  assert.deepEqual(statuses, ["connecting", "open"]);
  assert.deepEqual(faults, []);
});
