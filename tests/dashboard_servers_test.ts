// Dashboards behind servers of others, at paths of their own.

import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import { WebSocketServer } from "ws";
import { createDashboard } from "../dashboard.ts";
import { testDashboard } from "./_dashboard.ts";
import { install } from "./_installation.ts";
import { inDeno } from "./_line_process.ts";
import { outputOf } from "./_output.ts";
import { runtimes, Script } from "./_runtimes.ts";
import { rejection } from "./_websocket.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const node = runtimes.find(({ name }) => name === "Node.js")!;

async function pageAt(url: string): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}

testDashboard("is mounted in a Hono app, in Deno", async (setting) => {
  const dashboard = createDashboard(setting.bareHub(), { interval: 100 });
  const app = new Hono()
    .get("/", (context) => context.text("Here is a page"))
    .all("/admin/*", ({ req, env }) => dashboard.fetch(req.raw, env))
    .mount("/mounted/at", dashboard.fetch, { replaceRequest: false });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    app.fetch,
  );
  setting.defer(async () => {
    await dashboard.close();
    await server.shutdown();
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  assert.equal(await pageAt(url), "Here is a page");
  for (const base of [`${url}/admin`, `${url}/mounted/at`]) {
    for (const page of [base, `${base}/`]) {
      assert.match(await pageAt(page), /id="events-chart"/);
    }
    const watcher = await setting.watcher(base);
    const [sample] = await (await watcher.watch("hub.sample")).count(1);
    assert.equal(sample!.total.stats.connections, 0);
  }
});

testDashboard("takes sockets of `ws` and requests of Node", async (setting) => {
  const hub = setting.bareHub();
  const dashboard = createDashboard(hub, { interval: 100, token: "secret" });
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer();
  server.on("upgrade", (request: IncomingMessage, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (socket) => {
      dashboard.addConnection(socket, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  setting.defer(async () => {
    await dashboard.close();
    for (const socket of sockets.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const watcher = await setting.watcher(url, "secret");
  await (await watcher.watch("hub.sample")).count(2);
  const { closeCode } = await rejection(
    setting.watcher(url, "wrong"),
  ) as { closeCode?: number };
  assert.equal(closeCode, 1008);
});

testDashboard("is mounted in a Hono app, in Node.js", async (setting) => {
  await using installation = await installed();
  for (const token of [undefined, "secret"]) {
    await using script = new Script(
      node,
      installation.path("_dashboard_server.js"),
      token === undefined ? {} : { TOKEN: token },
    );
    const url = await script.line((line) => line.startsWith("http://"));
    const base = `${url}/admin/dashboard`;
    if (token === undefined) {
      assert.match(await pageAt(base), /id="events-chart"/);
    } else {
      const response = await fetch(base);
      assert.match(await response.text(), /<form method="post">/);
      assert.equal(response.status, 401);
      const headers = { authorization: `Bearer ${token}` };
      const page = await fetch(`${base}/`, { headers });
      assert.match(await page.text(), /id="events-chart"/);
    }
    const watcher = await setting.watcher(base, token);
    const samples = await watcher.watch("hub.sample");
    const client = await setting.client(`${url}/events`);
    const { connections } = await samples.find(({ connections }) =>
      connections.length > 0
    );
    assert.equal(connections[0]!.id, "somebody");
    await client.close();
    await watcher.target.close();
  }
}, node.unavailable !== undefined);

/** What npm would install, with the page in it as it is published. */
async function installed() {
  const script = new URL("../dashboard/_build.ts", import.meta.url);
  const { code, stderr } = await outputOf([
    ...inDeno(),
    fileURLToPath(script),
  ]);
  assert.equal(code, 0, stderr);
  return await install([new URL("./_dashboard_server.ts", import.meta.url)]);
}
