// Whom the errors of clients of Redis are told: whoever asks for them.

import assert from "node:assert/strict";
import { bridge, type BridgeFault } from "../bridge.ts";
import { createRedisEventTarget } from "../redis.ts";
import { createWebSocketServerEventTarget } from "../websocket_server.ts";
import { closes, testOnRedis, whenReady } from "./_redis.ts";
import { Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** What goes to the console until the end. */
function takeConsole(): { readonly lines: string[] } & Disposable {
  const lines: string[] = [];
  const methods = ["debug", "error", "info", "log", "warn"] as const;
  const before = Object.fromEntries(
    methods.map((method) => [method, console[method]]),
  );
  for (const method of methods) {
    console[method] = (...args: unknown[]) => lines.push(args.join(" "));
  }
  return {
    lines,
    [Symbol.dispose]: () => void Object.assign(console, before),
  };
}

for (const listens of [true, false]) {
  const name = listens
    ? "the onError of a bridge is told, and not the console"
    : "where nobody asks for errors they are left to the client";
  testOnRedis(name, async (setting) => {
    // As an application has them, without a listener for errors.
    const clients = [setting.client(), setting.client()] as const;
    for (const client of clients) client.removeAllListeners("error");
    await Promise.all(clients.map(whenReady));
    const [publishClient, subscribeClient] = clients;
    await using engine = createRedisEventTarget({
      publishClient,
      subscribeClient,
    });
    await using hub = createWebSocketServerEventTarget();
    const faults = new Log<BridgeFault>();
    await using link = bridge({
      hub,
      engine,
      ...(listens ? { onError: faults.add } : {}),
    });
    await link.flush();
    {
      using printed = takeConsole();
      // At first it is lost, then nobody answers.
      const closed = clients.map((client) => closes(client, 3));
      await setting.server.kill();
      await Promise.all(closed);
      const told = faults.all.map(({ error }) => String(error)).join("\n");
      const lines = printed.lines.join("\n");
      assert.match(listens ? told : lines, /ECONNREFUSED/);
      assert.equal(listens ? lines : told, "");
      await setting.server.start();
      await link.flush();
      if (listens) assert.deepEqual(printed.lines, []);
    }
    await link.close();
    // From now on they are the client's own again.
    assert.equal(publishClient.listenerCount("error"), 0);
    await engine.close();
    const left = clients.map((client) => client.listenerCount("error"));
    assert.deepEqual(left, [0, 0]);
  });
}
