// Peers that use what a hub grants them against it.

import assert from "node:assert/strict";
import { createWebSocketServerEventTarget } from "../websocket_server.ts";
import { testOnServers } from "./_websocket.ts";
import { Log } from "./_waiting.ts";

// Off by default in Deno 2.9; without them a socket left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

testOnServers(
  "flush and close do not wait for a peer that asks and never answers",
  async (setting) => {
    const hub = await setting.hub({ pingTimeout: 50 });
    const peer = await setting.rawPeer(hub.url);
    for (const act of [() => hub.flush(), () => hub.close()]) {
      let isDone = false;
      const acting = act().then(() => isDone = true);
      // Each is answered, so that something moves all the time.
      while (!isDone) {
        await peer.send('{"type":"__ping","id":"x"}').catch(() => {});
        await turn();
      }
      await acting;
    }
  },
);

testOnServers("empty messages do not wait for free", async (setting) => {
  const faults = new Log<string>();
  const hub = await setting.hub({
    maxFrameBytes: 1000,
    backpressureLimit: 1000,
    maxTopicsPerConnection: 1,
    maxTopicLength: 100,
    authorizePublish: () => new Promise(() => {}),
    onError: ({ error }) => faults.add(String(error)),
  });
  const peer = await setting.rawPeer(hub.url);
  await peer.sendEnvelope("n", "", null);
  for (let i = 0; i < 100; i++) await peer.send("").catch(() => {});
  assert.match(await faults.find(() => true), /bytes wait for a hook/);
  assert.equal((await peer.closed())?.code ?? 1013, 1013);
});

Deno.test("a socket that is removed after its end gives its place back", async () => {
  /** A server's socket of the kind that has handlers, as Bun's. */
  const socket = () => ({
    readyState: 1,
    getBufferedAmount: () => 0,
    send: (data: string) => data.length,
    close() {},
  });
  const admitted = new Log<string>();
  const ended = new Log<number | undefined>();
  const hub = createWebSocketServerEventTarget({
    maxConnections: 1,
    pingInterval: 0,
    onConnection: ({ id }) => admitted.add(id),
    onDisconnection: (_connection, { code }) => ended.add(code),
  });
  const first = socket();
  hub.addConnection(first, { id: "first" });
  await admitted.count(1);
  hub.handleMessage(first, "rubbish");
  assert.deepEqual(await ended.count(1), [1002]);
  hub.removeConnection(first);
  const second = socket();
  hub.addConnection(second, { id: "second" });
  assert.deepEqual(await admitted.count(2), ["first", "second"]);
  hub.removeConnection(second);
  await hub.close();
});
