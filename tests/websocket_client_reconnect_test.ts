// What a client does when its connection ends: comes back, or ends too.

import assert from "node:assert/strict";
import { WebSocket as WsSocket } from "ws";
import {
  BufferFullError,
  ConnectError,
  ConnectionError,
  createEvent,
  NotConnectedError,
} from "../mod.ts";
import type { SpokeStatus, WebSocketLike } from "../websocket_client.ts";
import { rejection, testOnDeno, testOnServers } from "./_websocket.ts";
import { envelopesOn, Log } from "./_waiting.ts";

// Off by default in Deno 2.9; without them a socket left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

const AT_ONCE = { minDelay: 1, maxDelay: 20 };
const CLOSING = 2;

testOnServers(
  "a client comes back after codes that allow it",
  async (setting) => {
    const hub = await setting.hub();
    const statuses = new Log<SpokeStatus>();
    const client = await setting.client(hub.url, {
      reconnect: AT_ONCE,
      onStatus: statuses.add,
    });
    const atClient = envelopesOn(client, "a");
    const losses = () =>
      statuses.all.filter((one) =>
        one.type === "reconnecting" && one.attempt === 1
      );
    for (const [i, code] of [1001, 1013, 1011, 1012, 4000].entries()) {
      await client.flush();
      const [connection, ...others] = hub.connections;
      assert.deepEqual([[...connection!.topics], others], [["a"], []]);
      await connection!.close(code, "for now");
      await statuses.find(() => losses().length > i);
      const lost = losses()[i]!;
      assert(lost.type === "reconnecting");
      assert(lost.error instanceof ConnectionError);
      assert.equal(lost.error.closeCode, code);
      assert.equal(
        lost.error.message,
        `Connection closed by peer with code ${code}: for now`,
      );
      assert(lost.delay >= 0 && lost.delay <= 1, "spread from the first on");
    }
    await client.flush();
    hub.dispatchEvent(createEvent("a", "", null));
    await atClient.count(1);
    assert.equal(client.state, "open");
  },
);

testOnDeno("a client comes back after a lost connection", async (setting) => {
  const server = setting.rawServer();
  for (const make of [server.url, () => new WsSocket(server.url)]) {
    const statuses = new Log<SpokeStatus>();
    const connected = setting.client(make, {
      reconnect: AT_ONCE,
      onStatus: statuses.add,
    });
    const peer = await server.accept();
    await peer.nextWith("__ping");
    const client = await connected;
    client.addEventListener("a", () => {});
    await peer.nextWith("__subscribe");
    const flushed = rejection(client.flush());
    peer.destroy();
    const lost = await statuses.find(({ type }) => type === "reconnecting");
    assert(lost.type === "reconnecting");
    assert(lost.error instanceof ConnectionError);
    assert.equal(lost.error.closeCode, undefined);
    assert.match(lost.error.message, /^Connection lost: ./);
    assert((await flushed) instanceof ConnectionError);

    const again = await server.accept();
    const first = await again.nextText();
    assert.equal(
      first,
      '{"type":"__subscribe","id":"","payload":{"topic":"a"}}',
    );
    await again.nextWith("__ping");
    await statuses.find(() => client.state === "open");
    again.destroy();
    await client.close();
  }
});

testOnServers(
  "a client ends with codes that forbid to come back",
  async (setting) => {
    const hub = await setting.hub();
    for (const code of [1002, 1008, 1009]) {
      const types: string[] = [];
      const client = await setting.client(hub.url, {
        reconnect: AT_ONCE,
        onStatus: ({ type }) => types.push(type),
      });
      await [...hub.connections].at(-1)!.close(code, "out");
      const error = await client.closed;
      assert(error instanceof ConnectionError);
      assert.equal(error.closeCode, code);
      assert.equal(client.state, "closed");
      assert.deepEqual(types, ["connecting", "open", "closed"]);
      assert.equal((await rejection(client.flush())).cause, error);
      assert.equal((await rejection(client.reconnect())).code, "CLOSED");
    }
  },
);

testOnDeno(
  "a client ends well after 1000 and after a close without a code",
  async (setting) => {
    const server = setting.rawServer();
    for (const make of [server.url, () => new WsSocket(server.url)]) {
      for (const code of [1000, undefined]) {
        const types: string[] = [];
        const connected = setting.client(make, {
          onStatus: ({ type }) => types.push(type),
        });
        const peer = await server.accept();
        await peer.nextWith("__ping");
        const client = await connected;
        await peer.close(code);
        await peer.closed();
        assert.equal(await client.closed, undefined);
        assert.equal(client.state, "closed");
        assert.deepEqual(types, ["connecting", "open", "closed"]);
      }
    }
  },
);

testOnServers(
  "a hub that closes is come back to, with every topic",
  async (setting) => {
    let hub = await setting.hub();
    const statuses = new Log<SpokeStatus>();
    const client = await setting.client(() => new WebSocket(hub.url), {
      reconnect: AT_ONCE,
      onStatus: statuses.add,
    });
    const topics = Array.from({ length: 100 }, (_, i) => `topic:${i}`);
    for (const topic of topics) client.addEventListener(topic, () => {});
    const removed = () => {};
    client.addEventListener("removed.offline", removed);
    const shared = envelopesOn(client, "shared");
    await client.flush();
    await hub.close();
    const lost = await statuses.find(({ type }) => type === "reconnecting");
    assert(lost.type === "reconnecting");
    assert(lost.error instanceof ConnectionError);
    assert.equal(lost.error.closeCode, 1001);

    assert.equal(client.dispatchEvent(createEvent("queued", "", 1)), true);
    client.addEventListener("added.offline", () => {});
    client.removeEventListener("removed.offline", removed);
    hub = await setting.hub();
    const queued = envelopesOn(hub, "queued");
    await client.flush();
    const [connection] = hub.connections;
    assert.deepEqual(
      [...connection!.topics].sort(),
      [...topics, "shared", "added.offline"].sort(),
    );
    assert.deepEqual(queued.all.map(({ payload }) => payload), [1]);
    hub.dispatchEvent(createEvent("shared", "", null));
    await hub.flush();
    assert.equal(shared.all.length, 1);
  },
);

testOnServers("offline, events queue up to the limit", async (setting) => {
  let hub = await setting.hub();
  const gone = new Log<SpokeStatus>();
  const options = {
    backpressureLimit: 1000,
    reconnect: AT_ONCE,
    onStatus: gone.add,
  };
  const factory = () => new WebSocket(hub.url);
  const client = await setting.client(factory, options);
  const strict = await setting.client(factory, {
    ...options,
    offline: "throw",
  });
  const once = await setting.client(factory, { reconnect: false });
  await hub.close();
  const losses = () =>
    gone.all.filter((one) => one.type === "reconnecting" && one.attempt === 1);
  await gone.find(() => losses().length === 2);
  const lost = await once.closed;
  assert(lost instanceof ConnectionError && lost.closeCode === 1001);

  // Bytes count, not characters.
  const event = createEvent("n", "", "€".repeat(30));
  const size = new TextEncoder().encode(JSON.stringify(event.detail)).length;
  const fits = Math.floor(1000 / size);
  for (let i = 0; i < fits; i++) client.dispatchEvent(event);
  assert.equal(client.bufferedBytes, fits * size);
  assert.throws(
    () => client.dispatchEvent(event),
    (error) =>
      error instanceof BufferFullError && error.code === "BUFFER_FULL" &&
      error.limit === 1000 && error.bufferedBytes === fits * size,
  );
  assert.throws(() => strict.dispatchEvent(event), NotConnectedError);
  hub = await setting.hub();
  const queued = envelopesOn(hub, "n");
  await Promise.all([client.flush(), strict.flush()]);
  assert.equal(queued.all.length, fits);
  assert.equal(client.bufferedBytes, 0);
  strict.dispatchEvent(event);
  await strict.flush();
  assert.equal(queued.all.length, fits + 1);
});

testOnServers(
  "what is dispatched while the socket closes is queued",
  async (setting) => {
    const hub = await setting.hub();
    const atHub = envelopesOn(hub, "n");
    const makes = [
      () => new WebSocket(hub.url),
      () => new WsSocket(hub.url),
    ];
    for (const make of makes) {
      const sockets: WebSocketLike[] = [];
      const factory = () => {
        sockets.push(make());
        return sockets.at(-1)!;
      };
      const client = await setting.client(factory, { reconnect: AT_ONCE });
      const strict = await setting.client(factory, {
        reconnect: AT_ONCE,
        offline: "throw",
      });
      const before = atHub.all.length;
      client.dispatchEvent(createEvent("n", "before", null));
      for (const socket of sockets) socket.close(4000);
      assert.deepEqual(sockets.map(({ readyState }) => readyState), [
        CLOSING,
        CLOSING,
      ]);
      assert.deepEqual([client.state, strict.state], ["open", "open"]);
      assert.throws(
        () => strict.dispatchEvent(createEvent("n", "", null)),
        NotConnectedError,
      );
      client.dispatchEvent(createEvent("n", "while closing", null));
      const atClient = envelopesOn(client, "a");
      await client.flush();
      assert.equal(sockets.length >= 3, true);
      assert.deepEqual(atHub.all.slice(before).map(({ id }) => id), [
        "before",
        "while closing",
      ]);
      hub.dispatchEvent(createEvent("a", "", null));
      await atClient.count(1);
    }
  },
);

testOnDeno(
  "what is dispatched while the hub closes is queued",
  async (setting) => {
    const server = setting.rawServer();
    const sockets: WebSocketLike[] = [];
    const connected = setting.client(() => {
      sockets.push(new WsSocket(server.url));
      return sockets.at(-1)!;
    }, { reconnect: AT_ONCE });
    const peer = await server.accept();
    await peer.nextWith("__ping");
    const client = await connected;
    await peer.close(1001);
    // Its answer is here, and the end of TCP is the server's to make.
    assert.equal((await peer.next())?.opcode, 8);
    assert.deepEqual(sockets.map(({ readyState }) => readyState), [CLOSING]);
    client.dispatchEvent(createEvent("n", "while closing", null));
    peer.destroy();
    const again = await server.accept();
    await again.nextWith("__ping");
    assert.match((await again.nextText())!, /while closing/);
  },
);

testOnServers("reconnect() connects anew, at once", async (setting) => {
  const ended = new Log<number | undefined>();
  const hub = await setting.hub({
    onDisconnection: (_connection, { code }) => ended.add(code),
  });
  const client = await setting.client(hub.url, {
    reconnect: { minDelay: 1_000_000, maxDelay: 1_000_000 },
  });
  const atClient = envelopesOn(client, "a");
  await client.flush();
  const [before] = hub.connections;
  const reconnecting = client.reconnect();
  client.dispatchEvent(createEvent("n", "", "dispatched meanwhile"));
  const atHub = envelopesOn(hub, "n");
  await reconnecting;
  await client.flush();
  assert.deepEqual(await ended.count(1), [4001], "1001, as far as it may");
  const [after, ...others] = hub.connections;
  assert.notEqual(after, before);
  assert.deepEqual(others, []);
  assert.equal(atHub.all.length, 1);
  hub.dispatchEvent(createEvent("a", "", null));
  await hub.flush();
  assert.equal(atClient.all.length, 1);

  const statuses = new Log<SpokeStatus>();
  let url = hub.url;
  const waiting = await setting.client(() => new WebSocket(url), {
    reconnect: { minDelay: 1_000_000, maxDelay: 1_000_000 },
    onStatus: statuses.add,
  });
  url = setting.nobodysUrl();
  const trying = waiting.reconnect();
  await statuses.find((one) =>
    one.type === "reconnecting" && one.attempt === 2
  );
  url = hub.url;
  await waiting.reconnect();
  await trying;
  assert.equal(waiting.state, "open");
});

testOnServers("maxAttempts bounds the retries in a row", async (setting) => {
  const hub = await setting.hub();
  const statuses = new Log<SpokeStatus>();
  let url = hub.url;
  const client = await setting.client(() => new WebSocket(url), {
    reconnect: { ...AT_ONCE, maxAttempts: 3 },
    onStatus: statuses.add,
  });
  const opened = () =>
    statuses.all.filter(({ type }) => type === "open").length;
  for (let i = 1; i <= 4; i++) {
    await [...hub.connections].at(-1)!.close(1001);
    await statuses.find(() => opened() > i);
  }
  url = setting.nobodysUrl();
  await [...hub.connections].at(-1)!.close(1001);
  const error = await client.closed;
  assert(error instanceof ConnectError);
  const last = statuses.all.slice(-4).map((one) =>
    one.type === "reconnecting" ? one.attempt : one.type
  );
  assert.deepEqual(last, [1, 2, 3, "closed"]);
});

testOnServers("close sends what is queued, and is final", async (setting) => {
  const ended = new Log<string>();
  const hub = await setting.hub({
    onDisconnection: (_connection, { code, reason }) =>
      ended.add(`${code} ${reason}`),
  });
  const atHub = envelopesOn(hub, "n");
  const types: string[] = [];
  const client = await setting.client(hub.url, {
    onStatus: ({ type }) => types.push(type),
  });
  for (let i = 0; i < 500; i++) {
    client.dispatchEvent(createEvent("n", String(i), "x".repeat(100)));
  }
  const closing = client.close();
  assert.equal(client.close(), closing, "closing twice is closing once");
  assert.throws(() => client.dispatchEvent(createEvent("n", "", null)), {
    name: "ClosedError",
  });
  await closing;
  assert.deepEqual(
    atHub.all.map(({ id }) => id),
    Array.from({ length: 500 }, (_, i) => String(i)),
  );
  assert.deepEqual(await ended.count(1), ["1000 "]);
  assert.equal(await client.closed, undefined);
  assert.equal((await rejection(client.flush())).code, "CLOSED");
  assert.deepEqual(types, ["connecting", "open", "closed"]);
  {
    await using second = await setting.client(hub.url);
    await second.flush();
  }
  assert.equal((await ended.count(2))[1], "1000 ");
});

testOnDeno("a close that nobody confirms says so", async (setting) => {
  const server = setting.rawServer();
  const statuses: SpokeStatus[] = [];
  const connected = setting.client(server.url, {
    pingTimeout: 50,
    onStatus: (status) => statuses.push(status),
  });
  const peer = await server.accept();
  await peer.nextWith("__ping");
  const client = await connected;
  client.dispatchEvent(createEvent("n", "", "last words"));
  await client.close();
  const [fault] = statuses.filter(({ type }) => type === "error");
  assert(fault?.type === "error");
  assert.match(String(fault.error), /Cannot confirm what was sent last/);
  assert.match((await peer.nextText())!, /last words/);
  assert.equal((await peer.closed())?.code, 1000);
});
