// How a client gets its first connection, and what it says when it gets none.

import assert from "node:assert/strict";
import { WebSocket as WsSocket } from "ws";
import { ConnectError, createEvent } from "../mod.ts";
import {
  createWebSocketClientEventTarget,
  type SpokeStatus,
  type WebSocketLike,
} from "../websocket_client.ts";
import { rejection, testOnDeno, testOnServers } from "./_websocket.ts";
import { envelopesOn, Log } from "./_waiting.ts";

// Off by default in Deno 2.9; without them a socket left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

const AT_ONCE = { minDelay: 1, maxDelay: 20 };

async function connectError(promise: Promise<unknown>): Promise<ConnectError> {
  const error = await rejection(promise);
  assert(error instanceof ConnectError, String(error));
  return error;
}

testOnServers("a client connects to a URL", async (setting) => {
  const offers: string[] = [];
  const hub = setting.bareHub();
  const { url } = await setting.server((socket, path, protocols) => {
    offers.push(protocols);
    hub.addConnection(socket, { id: path.slice(1) });
  });
  const atHub = envelopesOn(hub, "n");
  const clients = [
    await setting.client(`${url}/1?token=secret`),
    await setting.client(new URL(`${url}/2`), { protocols: "alkpubsub" }),
    await setting.client(`${url}/3`, { protocols: ["first", "second"] }),
    await setting.client(url.replace("ws:", "http:") + "/4"),
  ];
  for (const client of clients) {
    assert.equal(client.state, "open");
    client.dispatchEvent(createEvent("n", "", null));
    await client.flush();
  }
  assert.equal(atHub.all.length, 4);
  assert.deepEqual([...hub.connections].map(({ id }) => id), [
    "1",
    "2",
    "3",
    "4",
  ]);
  assert.deepEqual(
    offers.map((offer) => offer.replaceAll(" ", "")),
    ["", "alkpubsub", "first,second", ""],
  );
});

testOnServers("a factory is asked for each connection", async (setting) => {
  const ended = new Log<string>();
  const hub = await setting.hub({
    onDisconnection: ({ id }) => ended.add(id),
  });
  const later = async (url: string) => {
    await Promise.resolve();
    return new WebSocket(url);
  };
  const makes: Record<
    string,
    (url: string) => ReturnType<typeof later> | WebSocketLike
  > = {
    sync: (url) => new WebSocket(url),
    later,
    ws: (url) => new WsSocket(url),
  };
  for (const [name, make] of Object.entries(makes)) {
    let token = 0;
    const statuses = new Log<SpokeStatus>();
    const client = await setting.client(
      () => make(`${hub.url}/${name}-${++token}`),
      { reconnect: AT_ONCE, onStatus: statuses.add },
    );
    const atClient = envelopesOn(client, "a");
    await client.flush();
    const [first] = hub.connections;
    assert.equal(first!.id, `${name}-1`);
    await first!.close(1001);
    await statuses.find(({ type }) => type === "reconnecting");
    await client.flush();
    assert.deepEqual([...hub.connections].map(({ id }) => id), [`${name}-2`]);
    hub.dispatchEvent(createEvent("a", "", null));
    await client.flush();
    assert.equal(atClient.all.length, 1);
    await client.close();
    await ended.find((id) => id === `${name}-2`);
    assert.equal(token, 2);
  }
});

testOnDeno("a factory that fails at first rejects", async (setting) => {
  const cause = new Error("no token");
  const factories = [
    () => {
      throw cause;
    },
    () => Promise.reject(cause),
  ];
  for (const factory of factories) {
    const error = await connectError(setting.client(factory));
    assert.equal(
      error.message,
      "Cannot connect to the hub of the socket factory: no token",
    );
    assert.equal(error.cause, cause);
  }
  const odd = await connectError(setting.client(() => Promise.reject("oops")));
  assert.match(odd.message, /socket factory: oops$/);
  assert.equal(odd.cause, "oops");
});

testOnDeno("a factory that fails later is asked again", async (setting) => {
  const hub = await setting.hub();
  const statuses = new Log<SpokeStatus>();
  const cause = new Error("no token");
  let calls = 0;
  const factory = () => {
    calls++;
    if (calls === 2 || calls === 5) throw cause;
    if (calls === 3) return Promise.reject(cause);
    return new WebSocket(hub.url);
  };
  const client = await setting.client(factory, {
    reconnect: AT_ONCE,
    onStatus: statuses.add,
  });
  await client.reconnect();
  assert.equal(calls, 4);
  const failed = statuses.all.filter((one) => one.type === "reconnecting")
    .map(({ error }) => error).filter((error) => error.cause === cause);
  assert.deepEqual(failed.map(({ name }) => name), [
    "ConnectError",
    "ConnectError",
  ]);

  calls = 4;
  const waiting = await setting.client(factory, {
    reconnect: AT_ONCE,
    waitOnFirstConnect: true,
  });
  assert.equal(waiting.state, "open");
  assert.equal(calls, 6);
});

testOnDeno(
  "a factory that gives no socket ends the client",
  async (setting) => {
    const hub = await setting.hub();
    const notASocket = {} as WebSocketLike;
    for (const waitOnFirstConnect of [true, false]) {
      await assert.rejects(
        setting.client(() => notASocket, { waitOnFirstConnect }),
        {
          name: "TypeError",
          message: /^Cannot use socket: .*not a WebSocket$/,
        },
      );
    }
    let calls = 0;
    const client = await setting.client(
      () => ++calls === 1 ? new WebSocket(hub.url) : notASocket,
      { reconnect: AT_ONCE },
    );
    await rejectsWith(client.reconnect(), TypeError);
    assert((await client.closed) instanceof TypeError);
    assert.equal(calls, 2);
  },
);

async function rejectsWith(promise: Promise<unknown>, type: typeof Error) {
  const error = await promise.then(() => undefined, (error) => error);
  assert(error instanceof type, String(error));
}

testOnDeno("arguments that are wrong are refused at once", async (setting) => {
  const url = setting.nobodysUrl();
  const cases: [unknown, object, string][] = [
    ["no url", {}, "SyntaxError"],
    ["ftp://127.0.0.1", {}, "SyntaxError"],
    [`${url}#fragment`, {}, "SyntaxError"],
    [url, { protocols: ["twice", "twice"] }, "SyntaxError"],
    [url, { protocols: "not a token" }, "SyntaxError"],
    [undefined, {}, "SyntaxError"],
    [null, {}, "TypeError"],
    [{}, {}, "TypeError"],
    [url, { maxFrameBytes: 1 }, "RangeError"],
    [url, { offline: "drop" }, "TypeError"],
    [url, { onStatus: 7 }, "TypeError"],
  ];
  for (const [socket, options, name] of cases) {
    await assert.rejects(
      setting.client(socket as string, {
        ...options,
        waitOnFirstConnect: true,
      }),
      { name },
      `${socket} ${JSON.stringify(options)}`,
    );
  }
});

testOnDeno(
  "a hub that cannot be reached is named, its query is not",
  async (setting) => {
    const url = setting.nobodysUrl();
    const server = Deno.serve(
      {
        hostname: "127.0.0.1",
        port: 0,
        onListen() {},
      },
      ({ url }) =>
        new Response("no", {
          status: Number(new URL(url).pathname.slice(1)),
        }),
    );
    setting.defer(() => server.shutdown());
    const cases: [string, RegExp][] = [
      [`${url}/path`, /tcp connect error/],
      [`ws://127.0.0.1:${server.addr.port}/403`, /403/],
      [`ws://127.0.0.1:${server.addr.port}/404`, /404/],
      [`ws://127.0.0.1:${server.addr.port}/200`, /200/],
    ];
    for (const [name, why] of cases) {
      const secret = `${name}?token=secret`;
      for (const make of [secret, new URL(secret)]) {
        const error = await connectError(setting.client(make));
        assert(error.message.startsWith(`Cannot connect to hub ${name}: `));
        assert.match(error.message, why);
        assert(!error.message.includes("secret"), error.message);
        assert.equal(error.closeCode, undefined);
        assert(error.cause instanceof Error);
      }
    }
    for (const [name, why] of [[cases[0]![0], /REFUSED/], cases[1]!] as const) {
      const error = await connectError(
        setting.client(() => new WsSocket(name)),
      );
      assert.match(
        error.message,
        /^Cannot connect to the hub of the socket factory: /,
      );
      assert.match(error.message, why);
      assert(error.cause instanceof Error);
    }
  },
);

testOnDeno("a server that never answers is given up", async (setting) => {
  const server = setting.rawServer();
  for (const make of [server.url, () => new WsSocket(server.url)]) {
    const connecting = connectError(
      setting.client(make, { connectTimeout: 50 }),
    );
    const conn = await server.acceptTcp();
    const error = await connecting;
    assert.match(error.message, /: no answer in 50 ms$/);
    assert.equal((error.cause as Error).name, "TimeoutError");
    const chunk = new Uint8Array(4096);
    const isOver = async () =>
      await conn.read(chunk).catch(() => null) === null;
    while (!await isOver());
  }
});

testOnServers("a hub that refuses says with which code", async (setting) => {
  const hub = await setting.hub({
    maxConnections: 1,
    authorizeConnection: ({ id }) => id !== "mallory",
  });
  const refused = await connectError(setting.client(`${hub.url}/mallory`));
  assert.equal(refused.closeCode, 1008);
  assert.equal(
    refused.message,
    `Cannot connect to hub ${hub.url}/mallory: connection refused`,
  );
  assert(refused.cause instanceof Error);
  const stubborn = { waitOnFirstConnect: true, reconnect: AT_ONCE };
  assert.equal(
    (await connectError(setting.client(`${hub.url}/mallory`, stubborn)))
      .closeCode,
    1008,
    "waiting would change nothing",
  );
  const alice = await setting.client(`${hub.url}/alice`);
  const full = await connectError(setting.client(`${hub.url}/bob`));
  assert.equal(full.closeCode, 1013);

  const statuses = new Log<SpokeStatus>();
  const waiting = setting.client(`${hub.url}/bob`, {
    ...stubborn,
    onStatus: statuses.add,
  });
  await statuses.find(({ type }) => type === "reconnecting");
  await alice.close();
  assert.equal((await waiting).state, "open");
  assert.deepEqual([...hub.connections].map(({ id }) => id), ["bob"]);
});

testOnDeno("a close while opening is told with its code", async (setting) => {
  const server = setting.rawServer();
  for (const code of [1000, 1008, 1011, 4000, undefined]) {
    const connecting = connectError(setting.client(server.url));
    const peer = await server.accept();
    await peer.close(code, code === undefined ? "" : "not now");
    const error = await connecting;
    assert.equal(error.closeCode, code ?? 1000);
    assert.match(error.message, code === undefined ? /: $/ : /: not now$/);
    await peer.closed();
  }
  const connecting = connectError(setting.client(server.url));
  (await server.accept()).destroy();
  const lost = await connecting;
  assert.equal(lost.closeCode, undefined);
  assert.notEqual(lost.message, `Cannot connect to hub ${server.url}: `);
});

testOnDeno(
  "what comes right behind the upgrade is not lost",
  async (setting) => {
    const server = setting.rawServer();
    const makes: ((() => WebSocketLike) | string)[] = [
      server.url,
      () => new WebSocket(server.url),
      () => new WsSocket(server.url),
    ];
    for (const make of makes) {
      const connecting = setting.client(make);
      const peer = await server.accept([
        '{"type":"__ping","id":"early","payload":null}',
      ]);
      // Both ask at once; neither waits for the other.
      await peer.nextWith('"__pong","id":"early"');
      await peer.sendEnvelope("__pong", "1", null);
      assert.equal((await connecting).state, "open");
    }
  },
);

testOnServers("waitOnFirstConnect waits for a hub", async (setting) => {
  const url = setting.nobodysUrl();
  const statuses = new Log<SpokeStatus>();
  const waiting = setting.client(url, {
    waitOnFirstConnect: true,
    reconnect: AT_ONCE,
    onStatus: statuses.add,
  });
  await statuses.find((one) => one.type === "reconnecting" && one.attempt > 2);
  const hub = await setting.hub({ port: Number(new URL(url).port) });
  const client = await waiting;
  await client.flush();
  assert.equal(hub.connections.size, 1);
  assert.equal(statuses.all.at(-1)!.type, "open");
});

testOnDeno("maxAttempts ends the wait", async (setting) => {
  const url = setting.nobodysUrl();
  const types: string[] = [];
  const error = await connectError(setting.client(url, {
    waitOnFirstConnect: true,
    reconnect: { ...AT_ONCE, maxAttempts: 2 },
    onStatus: ({ type }) => types.push(type),
  }));
  assert.match(error.message, /tcp connect error/);
  assert.deepEqual(types, [
    "connecting",
    "reconnecting",
    "reconnecting",
    "closed",
  ]);
});

testOnDeno("a signal ends the client at any moment", async (setting) => {
  const reason = new Error("not needed");
  await assert.rejects(
    setting.client("no url", { signal: AbortSignal.abort(reason) }),
    reason,
  );

  const mute = setting.rawServer();
  const dialling = new AbortController();
  const connecting = setting.client(mute.url, { signal: dialling.signal });
  const conn = await mute.acceptTcp();
  dialling.abort();
  assert.equal((await rejection(connecting)).code, "CLOSED");
  const chunk = new Uint8Array(4096);
  while (await conn.read(chunk).catch(() => null) !== null);

  const waiting = new AbortController();
  const statuses = new Log<SpokeStatus>();
  const retrying = setting.client(setting.nobodysUrl(), {
    waitOnFirstConnect: true,
    reconnect: { minDelay: 1_000_000, maxDelay: 1_000_000 },
    signal: waiting.signal,
    onStatus: statuses.add,
  });
  await statuses.find(({ type }) => type === "reconnecting");
  waiting.abort();
  assert.equal((await rejection(retrying)).code, "CLOSED");

  const ended = new Log<number | undefined>();
  const hub = await setting.hub({
    onDisconnection: (_connection, { code }) => ended.add(code),
  });
  const open = new AbortController();
  const client = await setting.client(hub.url, { signal: open.signal });
  open.abort();
  assert.equal(await client.closed, undefined);
  assert.deepEqual(await ended.count(1), [1000]);
});

testOnServers("aborting at any turn leaves nothing behind", async (setting) => {
  const hub = await setting.hub();
  for (let turns = 0; turns < 10; turns++) {
    const controller = new AbortController();
    const types: string[] = [];
    const connecting = createWebSocketClientEventTarget(hub.url, {
      signal: controller.signal,
      onStatus: ({ type }) => types.push(type),
    }).then((client) => client.closed, () => {});
    for (let i = 0; i < turns; i++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    controller.abort();
    await connecting;
    assert.equal(types.at(-1), "closed");
    assert.equal(types.lastIndexOf("closed"), types.indexOf("closed"));
  }
  const gone = new Log<number>();
  const last = await setting.client(hub.url);
  hub.addEventListener("left", () => gone.add(hub.connections.size));
  while (gone.all.at(-1) !== 1) {
    last.dispatchEvent(createEvent("left", "", null));
    await last.flush();
  }
});
