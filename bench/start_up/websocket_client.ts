// A client over WebSocket that asks for an event and says so when it has come.
// Argument: the address.

import { createEvent } from "../../mod.ts";
import { createWebSocketClientEventTarget } from "../../websocket_client.ts";

const client = await createWebSocketClientEventTarget(Deno.args[0] ?? "");
client.addEventListener("first.event", ({ detail }) => {
  console.log(detail.type);
  Deno.exit();
});
client.dispatchEvent(createEvent("hello", "", null));
