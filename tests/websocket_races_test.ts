// What happens between two events, and with more than fits at once.

import assert from "node:assert/strict";
import { type ConnectError, createEvent } from "../mod.ts";
import type { SpokeEventTarget, SpokeStatus } from "../websocket_client.ts";
import { rejection, testOnDeno, testOnServers } from "./_websocket.ts";
import { envelopesOn, Log } from "./_waiting.ts";

// Off by default in Deno 2.9; without them a socket left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

const AT_ONCE = { minDelay: 1, maxDelay: 20 };
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const numbered = (i: number, text = "x".repeat(1000)) =>
  createEvent("n", String(i), text);

testOnServers("an event of 1 MiB travels both ways", async (setting) => {
  const hub = await setting.hub();
  const client = await setting.client(hub.url);
  const atHub = envelopesOn(hub, "big");
  const atClient = envelopesOn(client, "big");
  await client.flush();
  const empty = JSON.stringify({ type: "big", id: "", payload: "" }).length;
  const large = createEvent("big", "", "x".repeat(1024 * 1024 - empty));
  client.dispatchEvent(large);
  await atHub.count(1);
  hub.dispatchEvent(large);
  await atClient.count(1);
  assert.equal(atClient.all[0]!.payload, large.detail.payload);
});

testOnServers("events keep their order, both ways", async (setting) => {
  const hub = await setting.hub();
  const client = await setting.client(hub.url);
  const atHub = envelopesOn(hub, "n");
  const atClient = envelopesOn(client, "n");
  await client.flush();
  const ids = Array.from({ length: 3000 }, (_, i) => String(i));
  for (const id of ids) {
    client.dispatchEvent(createEvent("n", id, null));
    hub.dispatchEvent(createEvent("n", id, null));
  }
  await Promise.all([client.flush(), hub.flush()]);
  assert.deepEqual(atHub.all.map(({ id }) => id), ids);
  assert.deepEqual(atClient.all.map(({ id }) => id), ids);
});

testOnServers("an open client may have any burst queued", async (setting) => {
  const hub = await setting.hub();
  const atHub = envelopesOn(hub, "n");
  const types: string[] = [];
  const client = await setting.client(hub.url, {
    backpressureLimit: 10_000,
    onStatus: ({ type }) => types.push(type),
  });
  for (let i = 0; i < 6000; i++) client.dispatchEvent(numbered(i));
  assert(client.bufferedBytes > 10_000);
  await hub.flush();
  await client.close();
  assert.equal(atHub.all.length, 6000);
  assert.deepEqual(types, ["connecting", "open", "closed"]);
});

for (const [name, text] of [["ASCII", "xxx"], ["non-ASCII", "€"]] as const) {
  testOnDeno(
    `a hub that reads slowly is not silent: ${name}`,
    async (setting) => {
      const server = setting.rawServer();
      const types: string[] = [];
      const pingTimeout = 1000;
      const connected = setting.client(server.url, {
        pingInterval: 30,
        pingTimeout,
        reconnect: false,
        onStatus: ({ type }) => types.push(type),
      });
      const peer = await server.accept();
      await peer.nextWith("__ping");
      const client = await connected;
      const event = numbered(1, text.repeat(11 * 1024));
      // More than the system takes for a hub that does not read.
      while (client.bufferedBytes < 8 * 1024 * 1024) {
        client.dispatchEvent(event);
      }
      // From now on more is dispatched than read, and yet something is read.
      const start = performance.now();
      while (performance.now() - start < 2.5 * pingTimeout) {
        for (let i = 0; i < 10; i++) await peer.next();
        for (let i = 0; i < 16; i++) client.dispatchEvent(event);
        await new Promise((resolve) => setTimeout(resolve, 10));
        assert.deepEqual(types, ["connecting", "open"]);
      }
    },
  );
}

testOnServers("callbacks may flush, reconnect and close", async (setting) => {
  const hub = await setting.hub();
  const told = new Log<string>();
  let opened = 0;
  const client: SpokeEventTarget = await setting.client(hub.url, {
    reconnect: AT_ONCE,
    onStatus: ({ type }) => {
      if (type !== "open" || ++opened !== 2) return;
      const tell = (what: string) => (error?: unknown) =>
        told.add(error ? `${what}: ${error}` : what);
      client.reconnect().then(tell("reconnected"), tell("not reconnected"));
      client.flush().then(tell("flushed"), tell("not flushed"));
    },
  });
  await client.reconnect();
  await told.count(2);
  assert.equal(opened, 3);
  assert.deepEqual(told.all.sort(), ["flushed", "reconnected"]);

  const closing: SpokeEventTarget = await setting.client(hub.url, {
    onStatus: ({ type }) => {
      if (type === "error") void closing.close();
    },
  });
  closing.addEventListener("boom", () => {
    throw new Error("a listener broke");
  });
  await closing.flush();
  hub.dispatchEvent(createEvent("boom", "", null));
  assert.equal(await closing.closed, undefined);

  const leaving = await setting.client(hub.url);
  leaving.addEventListener("go", () => void leaving.close());
  await leaving.flush();
  hub.dispatchEvent(createEvent("go", "", null));
  assert.equal(await leaving.closed, undefined);
});

testOnServers("callbacks of a hub may close and remove", async (setting) => {
  const ended = new Log<string>();
  const hub = await setting.hub({
    onConnection: (connection) => {
      if (connection.id === "closed") void connection.close(1008, "at once");
      if (connection.id === "removed") {
        hub.removeConnection(hub.sockets.all.at(-1)!);
      }
    },
    onDisconnection: ({ id }, { code }) => ended.add(`${id} ${code}`),
  });
  // It answers what came before it closes.
  const closed = await setting.client(`${hub.url}/closed`)
    .then((client) => client.closed, (error) => error);
  assert.equal((closed as ConnectError).closeCode, 1008);
  await setting.rawPeer(`${hub.url}/removed`);
  await ended.count(2);
  assert.deepEqual(ended.all, ["closed 1008", "removed undefined"]);
  const client = await setting.client(`${hub.url}/last`, { pingTimeout: 50 });
  hub.addEventListener("put.me.out", () => {
    for (const socket of hub.sockets.all) hub.removeConnection(socket);
  });
  client.dispatchEvent(createEvent("put.me.out", "", null));
  client.dispatchEvent(createEvent("put.me.out", "", null));
  assert.deepEqual((await ended.count(3))[2], "last undefined");
  assert.equal(hub.connections.size, 0);
});

testOnDeno("a flush that meets a terminal fault rejects", async (setting) => {
  const server = setting.rawServer();
  const flushed = new Log<string>();
  const connected: Promise<SpokeEventTarget> = setting.client(server.url, {
    onStatus: ({ type }) => {
      if (type !== "error") return;
      queueMicrotask(async () => {
        const error = await (await connected).flush().catch((error) => error);
        flushed.add(String(error));
      });
    },
  });
  const peer = await server.accept();
  await peer.nextWith("__ping");
  const client = await connected;
  const before = rejection(client.flush());
  await peer.send("rubbish");
  await flushed.count(1);
  assert.match(flushed.all[0]!, /EnvelopeError|ClosedError/);
  await before;
});

testOnServers(
  "a topic that no message can carry is refused",
  async (setting) => {
    let hub = await setting.hub();
    const statuses = new Log<SpokeStatus>();
    const client = await setting.client(() => new WebSocket(hub.url), {
      reconnect: AT_ONCE,
      maxFrameBytes: 200,
      onStatus: statuses.add,
    });
    const add = () => client.addEventListener("ü".repeat(100), () => {});
    assert.throws(add, { name: "FrameError" });
    await hub.close();
    await statuses.find(({ type }) => type === "reconnecting");
    assert.throws(add, { name: "FrameError" }, "offline too");
    hub = await setting.hub();
    await client.flush();
    assert.equal(client.state, "open");
  },
);

testOnServers("nothing is published for one who has left", async (setting) => {
  const asked = new Log<(allowed: boolean) => void>();
  const ended = new Log<unknown>();
  const hub = await setting.hub({
    authorizePublish: () => new Promise((resolve) => asked.add(resolve)),
    onDisconnection: ended.add,
  });
  const atHub = envelopesOn(hub, "n");
  const peer = await setting.rawPeer(hub.url);
  await peer.sendEnvelope("n", "", null);
  const [answer] = await asked.count(1);
  peer.destroy();
  await ended.count(1);
  answer!(true);
  await turn();
  assert.equal(atHub.all.length, 0);
});

testOnServers("a connection's close checks its code", async (setting) => {
  const hub = await setting.hub();
  const client = await setting.client(hub.url);
  const [connection] = hub.connections;
  for (const code of [1.5, -1, 999, 5000, NaN]) {
    await assert.rejects(connection!.close(code), { name: "RangeError" });
  }
  await client.flush();
  assert.equal(hub.connections.size, 1);
  // A reason that is too long for a close frame is cut (RFC 6455, 5.5).
  await connection!.close(1008, "€".repeat(200));
  assert.match(String(await client.closed), /1008: €{30,}…$/);
});

testOnServers("hub.close while sockets come and go", async (setting) => {
  for (let turns = 0; turns < 6; turns++) {
    const hub = await setting.hub();
    const opening = Array.from(
      { length: 5 },
      () =>
        setting.client(hub.url, { reconnect: false }).catch(() => undefined),
    );
    for (let i = 0; i < turns; i++) await turn();
    await hub.close();
    assert.equal(hub.connections.size, 0);
    for (const client of await Promise.all(opening)) await client?.closed;
  }
});

testOnDeno(
  "flush settles though close comes while the link ends",
  async (setting) => {
    const server = setting.rawServer();
    const closing = new Log<Promise<void>>();
    const connecting = setting.client(server.url, {
      pingTimeout: 100,
      onStatus({ type }) {
        if (type !== "error" || closing.all.length > 0) return;
        // The link is closed by now, and not ended yet.
        queueMicrotask(async () => closing.add((await connecting).close()));
      },
    });
    const peer = await server.accept();
    const opening = JSON.parse((await peer.nextText())!);
    await peer.sendEnvelope("__pong", opening.id, null);
    const client = await connecting;
    const flushed = client.flush().then(() => "done", (error) => String(error));
    await peer.nextText();
    await peer.send("rubbish");
    assert.match(await flushed, /^ConnectionError|^ClosedError/);
    await (await closing.count(1))[0];
  },
);
