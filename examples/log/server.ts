// The server: a hub for the events of the shop, and the log of some of them.

import process from "node:process";
import { createEvent, type EventEnvelope } from "@alkdev/pubsub";
import {
  createWebSocketServerEventTarget,
  type HubConnection,
} from "@alkdev/pubsub/event-target-websocket-server";
import * as v from "valibot";
import { onInterrupt } from "../_interrupt.ts";
import { plainText } from "../_plain_text.ts";
import { type LogEvent, questions, shop, type ShopType } from "./events.ts";
import { EventWriter } from "./_store.ts";

/** Entries of one page, and characters of their payloads, about. */
const PAGE_LENGTH = 500;
const PAGE_SIZE = 200_000;
const uuid = v.pipe(v.string(), v.uuid());

/** What the server needs. */
export interface ServerChoices {
  file: string;
  port: number;
  /** The types that are kept. */
  types: readonly ShopType[];
}

/** Starts the server. */
export function startServer({ file, port, types }: ServerChoices): void {
  const hub = createWebSocketServerEventTarget<LogEvent>({
    relay: true,
    maxConnections: 1_000,
    // `direct` is kept to its owner by the hub itself.
    authorizeSubscribe: ({ topic }) =>
      /^(order\.\w+|log\.stored|direct)(:|$)/.test(topic),
    authorizePublish: ({ connection, envelope }) =>
      mayPublish(connection, envelope),
    onError: ({ error }) => console.warn("Refused:", plainText(error)),
  });
  let isClosing = false;
  const writer = new EventWriter(file, {
    onStored(entries) {
      // Of the last ones nobody hears until the next server is asked.
      for (const entry of isClosing ? [] : entries) {
        hub.dispatchEvent(createEvent("log.stored", entry.type, entry));
      }
      console.log(`Stored ${entries[0]!.seq} to ${entries.at(-1)!.seq}`);
    },
    onError(error) {
      // Nothing of it is acknowledged, and nothing will be: better to end.
      console.error("Cannot store:", error);
      process.exit(1);
    },
  });

  for (const type of types) {
    hub.addEventListener(type, ({ detail }) => writer.add(detail));
  }
  // A hub hands on the events of a connection in order: what it sent before the
  // question is in the transaction that ends here, or in one before it.
  hub.addEventListener("log.synced", ({ detail: { id, payload } }) => {
    if (!writer.commit()) return;
    const answer = { kind: "synced", question: payload.question } as const;
    hub.dispatchEvent(createEvent("direct", id, answer));
  });
  hub.addEventListener(
    "log.wanted",
    ({ detail: { id, payload: { after } } }) => {
      const entries = writer.read({
        after,
        limit: PAGE_LENGTH,
        size: PAGE_SIZE,
      });
      const { last } = writer;
      const isEnd = (entries.at(-1)?.seq ?? after) >= last;
      const page = { kind: "page", after, entries, isEnd, last } as const;
      hub.dispatchEvent(createEvent("direct", id, page));
    },
  );

  const server = Deno.serve({
    hostname: "127.0.0.1",
    port,
    onListen: ({ port }) => {
      console.log(`Log: ws://127.0.0.1:${port}`);
      console.log(
        `Keeps ${types.join(", ")} in ${file}: ${writer.last} so far`,
      );
    },
  }, (request) => {
    const { headers, url } = request;
    if (headers.get("upgrade") !== "websocket") {
      return new Response("Not a WebSocket", { status: 426 });
    }
    // There is no page: whoever names one is a browser on another site.
    if (headers.has("origin")) {
      return new Response("Not for pages", { status: 403 });
    }
    // A client makes up its own id, and tells nobody else.
    const id = new URL(url).searchParams.get("id");
    if (!v.is(uuid, id)) return new Response("Bring an id", { status: 400 });
    const { socket, response } = Deno.upgradeWebSocket(request);
    hub.addConnection(socket, { id });
    return response;
  });

  onInterrupt(async () => {
    isClosing = true;
    void server.shutdown(); // It waits for the sockets, which are closed next.
    await hub.close();
    writer[Symbol.dispose](); // What had come is kept.
  });
}

function mayPublish(
  connection: HubConnection,
  { type, id, payload }: EventEnvelope,
): boolean {
  if (Object.hasOwn(shop, type)) return v.is(shop[type as ShopType], payload);
  if (type !== "log.synced" && type !== "log.wanted") return false;
  return id === connection.id && v.is(questions[type], payload);
}
