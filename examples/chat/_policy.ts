// What a connection may do. The page shows what it gets: so a hub passes on
// nothing that a peer with bad intentions could make up.

import { type EventEnvelope, parseTopic } from "@alkdev/pubsub";
import type {
  HubConnection,
  HubOptions,
} from "@alkdev/pubsub/event-target-websocket-server";
import * as v from "valibot";
import { plainText } from "../_plain_text.ts";
import { isRoom, type Person, schemas } from "./events.ts";

/** The same for every hub of the chat. */
export const policy: HubOptions = {
  relay: true,
  maxConnections: 200,
  maxTopicsPerConnection: 8,
  authorizeSubscribe: ({ topic }) => maySubscribe(topic),
  authorizePublish: ({ connection, envelope }) =>
    mayPublish(connection, envelope),
  onError: ({ error }) => console.warn("Refused:", plainText(error)),
};

function maySubscribe(topic: string): boolean {
  const { type, id } = parseTopic(topic);
  // Of others the hub itself keeps `direct` away.
  if (type === "direct") return true;
  return (type === "chat.message" || type === "chat.here") && isRoom(id);
}

/** Who is here, and welcomes, are for the server alone to send. */
function mayPublish(
  connection: HubConnection,
  { type, id, payload }: EventEnvelope,
): boolean {
  if (!isRoom(id)) return false;
  const isFrom = ({ from }: { from: Person }) => from.id === connection.id;
  switch (type) {
    case "chat.message":
      return v.is(schemas[type], payload) && isFrom(payload);
    case "chat.hello":
      return v.is(schemas[type], payload) && isFrom(payload);
    case "chat.bye":
      return v.is(schemas[type], payload);
  }
  return false;
}
