// A subscriber in another runtime: prints a line of what it sees of each event,
// up to the last one. The hub is at the URL in PUBSUB_TEST_URL.

import process from "node:process";
import { createWebSocketClientEventTarget } from "@alkdev/pubsub/event-target-websocket-client";
import { socketTo } from "../runtimes/_platform.ts";
import { watch } from "./_hostile_views.ts";

const client = await createWebSocketClientEventTarget(
  await socketTo(process.env.PUBSUB_TEST_URL ?? ""),
);
watch(client, (view) => console.log(JSON.stringify(view)));
client.addEventListener("end", () => void client.close());
await client.flush();
console.log("ready");
