// A client on a socket that the application made and keeps.

import assert from "node:assert/strict";
import { WebSocket as WsSocket } from "ws";
import {
  ClosedError,
  ConnectError,
  ConnectionError,
  createEvent,
  EnvelopeError,
} from "../mod.ts";
import type { WebSocketLike } from "../websocket_client.ts";
import {
  eventOf,
  listenerCount,
  rejection,
  testOnDeno,
  testOnServers,
} from "./_websocket.ts";
import { envelopesOn, Log } from "./_waiting.ts";

// Off by default in Deno 2.9; without them a socket left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** The makes of client sockets. */
const makes: ((url: string) => WebSocketLike)[] = [
  (url) => new WebSocket(url),
  (url) => new WsSocket(url),
];

testOnServers("a given socket may be connecting or open", async (setting) => {
  const hub = await setting.hub();
  const atHub = envelopesOn(hub, "n");
  for (const make of makes) {
    for (const state of [CONNECTING, OPEN]) {
      const socket = make(hub.url);
      if (state === OPEN) await eventOf(socket, "open");
      assert.equal(socket.readyState, state);
      const client = await setting.client(socket);
      const atClient = envelopesOn(client, "a");
      assert.equal(client.state, "open");
      client.dispatchEvent(createEvent("n", "", null));
      await client.flush();
      hub.dispatchEvent(createEvent("a", "", null));
      await atClient.count(1);
      await client.close();
      const closed = eventOf(socket, "close");
      socket.close();
      await closed;
    }
  }
  assert.equal(atHub.all.length, 4);
});

testOnServers(
  "close() leaves a given socket open, for another target",
  async (setting) => {
    const hub = await setting.hub();
    for (const make of makes) {
      const socket = make(`${hub.url}/alice`);
      const first = await setting.client(socket);
      const atFirst = [envelopesOn(first, "a"), envelopesOn(first, "b:1")];
      await first.flush();
      const [connection] = [...hub.connections].slice(-1);
      assert.deepEqual([...connection!.topics], ["a", "b:1"]);
      first.dispatchEvent(createEvent("n", "", "last words"));
      const atHub = envelopesOn(hub, "n");
      await first.close();
      assert.equal(atHub.all.length, 1);
      assert.equal(await first.closed, undefined);
      assert.throws(
        () => first.dispatchEvent(createEvent("n", "", null)),
        ClosedError,
      );
      assert.equal(socket.readyState, OPEN);
      assert.deepEqual([...connection!.topics], [], "it has unsubscribed");

      const second = await setting.client(socket);
      const atSecond = envelopesOn(second, "a");
      await second.flush();
      assert.deepEqual([...connection!.topics], ["a"]);
      hub.dispatchEvent(createEvent("a", "", null));
      await atSecond.count(1);
      assert.deepEqual(atFirst.map(({ all }) => all), [[], []]);
      await second.close();
      assert(hub.connections.has(connection!));

      // What comes for nobody harms nobody: the listeners are off.
      [...hub.sockets.all].at(-1)!.send("of the application");
      assert.equal(
        (await eventOf(socket, "message")).data,
        "of the application",
      );
      assert.equal(socket.readyState, OPEN);
      const closed = eventOf(socket, "close");
      socket.close(4000);
      await closed;
    }
  },
);

testOnServers(
  "close() takes its listeners off a given socket",
  async (setting) => {
    const hub = await setting.hub();
    const socket = new WsSocket(hub.url);
    const before = listenerCount(socket);
    const client = await setting.client(socket);
    assert.notDeepEqual(listenerCount(socket), before);
    await client.close();
    assert.deepEqual(listenerCount(socket), before);
    const closed = eventOf(socket, "close");
    socket.close();
    await closed;
  },
);

testOnServers(
  "a client ends with the socket that it was given",
  async (setting) => {
    const hub = await setting.hub();
    const types = new Log<string>();
    const options = {
      reconnect: { minDelay: 1, maxDelay: 1 },
      waitOnFirstConnect: true,
      onStatus: ({ type }: { type: string }) => types.add(type),
    };
    for (const make of makes) {
      for (const code of [1000, 1001, 1008, 4000]) {
        types.all.length = 0;
        const socket = make(hub.url);
        const client = await setting.client(socket, options);
        const [connection] = [...hub.connections].slice(-1);
        await connection!.close(code);
        const error = await client.closed;
        if (code === 1000) assert.equal(error, undefined);
        else {
          assert(error instanceof ConnectionError);
          assert.equal(error.closeCode, code);
        }
        assert.equal(client.state, "closed");
        assert.deepEqual(types.all, ["connecting", "open", "closed"]);
        assert.equal((await rejection(client.reconnect())).code, "CLOSED");
      }
    }
  },
);

testOnDeno(
  "a client ends with a given socket that is lost",
  async (setting) => {
    const server = setting.rawServer();
    for (const make of makes) {
      const connected = setting.client(make(server.url));
      const peer = await server.accept();
      await peer.nextWith("__ping");
      const client = await connected;
      peer.destroy();
      const error = await client.closed;
      assert(error instanceof ConnectionError);
      assert.equal(error.closeCode, undefined);
      assert.match(error.message, /^Connection lost: ./);
    }
  },
);

testOnDeno(
  "a given socket that closes itself ends its client",
  async (setting) => {
    const hub = await setting.hub();
    for (const make of makes) {
      const socket = make(hub.url);
      const client = await setting.client(socket);
      socket.close(4321, "mine");
      client.dispatchEvent(createEvent("n", "", null));
      const error = await client.closed;
      assert(error instanceof ConnectionError);
      assert.equal(error.closeCode, 4321);
    }
  },
);

testOnServers(
  "a given socket that is closed cannot be used",
  async (setting) => {
    const hub = await setting.hub();
    for (const make of makes) {
      for (const state of [CLOSING, CLOSED]) {
        const socket = make(hub.url);
        await eventOf(socket, "open");
        const closed = eventOf(socket, "close");
        socket.close(1000);
        if (state === CLOSED) await closed;
        assert.equal(socket.readyState, state);
        const error = await rejection(setting.client(socket));
        assert(error instanceof ConnectError);
        assert.match(
          error.message,
          /^Cannot connect to the hub of the given socket: ./,
        );
        await closed;
      }
    }
  },
);

testOnDeno("a given socket that never opens is told of", async (setting) => {
  const url = setting.nobodysUrl();
  for (const make of makes) {
    const error = await rejection(setting.client(make(url)));
    assert(error instanceof ConnectError);
    assert.match(
      error.message,
      /^Cannot connect to the hub of the given socket: ./,
    );
    assert(error.cause instanceof Error);
  }

  const mute = setting.rawServer();
  const socket = new WebSocket(mute.url);
  const conn = await mute.acceptTcp();
  const late = await rejection(setting.client(socket, { connectTimeout: 50 }));
  assert.match(late.message, /no answer in 50 ms$/);
  assert.equal(socket.readyState, CONNECTING, "it is the application's");
  const closed = eventOf(socket, "close");
  conn.close();
  await closed;
});

testOnDeno(
  "rubbish on a given socket ends the client and closes it",
  async (setting) => {
    const server = setting.rawServer();
    const socket = new WebSocket(server.url);
    const connected = setting.client(socket);
    const peer = await server.accept();
    await peer.nextWith("__ping");
    const client = await connected;
    await peer.send("rubbish");
    assert((await client.closed) instanceof EnvelopeError);
    assert.equal((await peer.closed())?.code, 4002);
  },
);
