/**
 * Everybody's pointer on one page: `deno task example:cursors`, then open
 * http://localhost:8002, in two windows.
 */

import { onInterrupt } from "../_interrupt.ts";
import { buildSite, isForeign } from "../_site.ts";
import { visitorId } from "../_visitor_id.ts";
import { createCursorHub } from "./_cursors.ts";

const closing = new AbortController();
const hub = createCursorHub(closing.signal);
const site = await buildSite(new URL("page/", import.meta.url));
const server = Deno.serve({
  // For a phone in the same network: HOST=0.0.0.0
  hostname: Deno.env.get("HOST") ?? "127.0.0.1",
  port: Number(Deno.env.get("PORT") ?? 8002),
  onListen: ({ port }) => console.log(`Cursors: http://localhost:${port}`),
}, async (request) => {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname !== "/visitor" && pathname !== "/events") return site(request);
  if (isForeign(request)) {
    return new Response("Only for the page of the cursors", { status: 403 });
  }
  // All know the id of a visitor; who has the key is that visitor.
  const key = searchParams.get("key");
  if (!key) return new Response("Bring a key", { status: 400 });
  const id = await visitorId(key);
  if (pathname === "/visitor") return new Response(id);
  if (request.headers.get("upgrade") !== "websocket") {
    return new Response("Not a WebSocket", { status: 426 });
  }
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket, { id });
  return response;
});

onInterrupt(async () => {
  closing.abort();
  void server.shutdown(); // It waits for the sockets, which are closed next.
  await hub.close();
});
