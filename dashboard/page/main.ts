import { createWebSocketClientEventTarget } from "@alkdev/pubsub/event-target-websocket-client";
import type { FeedEvent } from "../../_dashboard_feed.ts";

const url = new URL(
  `${location.pathname.replace(/\/$/, "")}/feed`,
  location.href,
);
url.protocol = url.protocol.replace("http", "ws");
const feed = await createWebSocketClientEventTarget<FeedEvent>(url);
feed.addEventListener("hub.sample", ({ detail }) => {
  document.getElementById("raw")!.textContent = JSON.stringify(
    detail.payload,
    undefined,
    2,
  );
});
