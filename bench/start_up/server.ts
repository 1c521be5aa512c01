/**
 * Answers everybody's `hello` with a first event. Says the addresses of all that
 * is there.
 */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { encodeFrame } from "../../framing.ts";
import { createIrohHubEventTarget, type IrohEndpoint } from "../../iroh_hub.ts";
import { createEvent, type EventsOf } from "../../mod.ts";
import { bindings } from "../../tests/_iroh.ts";
import { createWebSocketServerEventTarget } from "../../websocket_server.ts";
import { type Raw, type RawConnection, raws } from "../_raw.ts";
import { questions, say } from "../_process.ts";
import type { Addresses } from "./_addresses.ts";

type Events = EventsOf<{ hello: null; "first.event": null }>;

const first = createEvent("first.event", "", null);
const hostname = "127.0.0.1";

const hub = createWebSocketServerEventTarget<Events>();
hub.addEventListener("hello", () => void hub.dispatchEvent(first));
const server = Deno.serve(
  { hostname, port: 0, onListen() {} },
  (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    if (new URL(request.url).pathname === "/hub") hub.addConnection(socket);
    else socket.onmessage = () => socket.send(JSON.stringify(first.detail));
    return response;
  },
);

const http = createServer();
new Server(http).on("connection", (socket) => {
  socket.on("hello", () => void socket.emit("first.event", first.detail));
});
http.listen(0, hostname);
await once(http, "listening");

const addresses: Addresses = {
  hub: `ws://${hostname}:${server.addr.port}/hub`,
  socket: `ws://${hostname}:${server.addr.port}/bare`,
  "socket.io": `http://${hostname}:${(http.address() as AddressInfo).port}`,
  iroh: {},
};
for (const raw of raws) {
  if (raw.unavailable !== undefined) continue;
  addresses.iroh[raw.name] = { hub: await irohHub(raw), bare: await bare(raw) };
}
say(addresses);
for await (const _ of questions());
Deno.exit();

async function irohHub({ name }: Raw): Promise<string> {
  const binding = bindings.find((binding) => binding.name === name)!;
  const { endpoint, address } = await binding.createEndpoint();
  const hub = await createIrohHubEventTarget<Events>({
    endpoint: endpoint as IrohEndpoint,
  });
  hub.addEventListener("hello", () => void hub.dispatchEvent(first));
  return address;
}

async function bare(raw: Raw): Promise<string> {
  const binding = bindings.find(({ name }) => name === raw.name)!;
  const { endpoint, address } = await binding.createEndpoint();
  const accept = async () => {
    for (;;) void answer(raw, await raw.accept(endpoint)).catch(() => {});
  };
  void accept();
  return address;
}

async function answer(raw: Raw, connection: RawConnection): Promise<void> {
  const { send, recv } = await connection.acceptBi();
  await recv.read(1024);
  await send.writeAll(raw.bytes(encodeFrame(first.detail)));
  await connection.closed();
}
