// A hub over WebSocket and one over iroh in a process of their own, linked to
// others by an engine. Arguments: engine, its address, the hubs' ports and key.

import { Buffer } from "node:buffer";
import { bridge } from "../../bridge.ts";
import { connectEngine } from "../_engine_clients.ts";
import { number0 } from "../_iroh.ts";
import { answer, say } from "../_line_process.ts";
import { Setting } from "../_setting.ts";
import { denoServer, WebSocketSetting } from "../_websocket.ts";

const { engine, address, secretKey, ports, options } = JSON.parse(
  Deno.args[0]!,
);
const iroh = new Setting(number0);
const on = await iroh.endpoint({
  secretKey: Uint8Array.from(Buffer.from(secretKey, "hex")),
  port: ports.iroh,
});
const irohHub = await iroh.hub({ on, relay: true, ...options });
const webSocketHub = await new WebSocketSetting(denoServer).hub({
  relay: true,
  port: ports.webSocket,
  ...options,
});
const { target } = await connectEngine(engine, address);
const link = bridge({
  hub: [irohHub, webSocketHub],
  engine: target,
  onError: ({ error, lost }) => say({ error: String(error), lost }),
});
await link.flush();
const webSocket = webSocketHub.url;
say({
  iroh: on.address,
  webSocket,
  ports: { iroh: on.port, webSocket: Number(new URL(webSocket).port) },
});

await answer({
  lost: () => link.lost,
  subscribers: (topic: string) => link.subscribers(topic),
});
