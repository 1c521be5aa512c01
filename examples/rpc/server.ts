// The server is the hub: calls come in on its connections, answers go out on them.

import { createIrohHubEventTarget } from "@alkdev/pubsub/event-target-iroh-hub";
import { bindEndpoint, type EndpointChoices, ticketOf } from "../_endpoint.ts";
import { plainText } from "../_plain_text.ts";
import { api } from "./api.ts";
import { type RpcEvent, rpcPolicy, serveRpc } from "./rpc.ts";

/** What a server needs. */
export interface ServerChoices extends EndpointChoices {
  /** Node ids that may call; anybody who knows the ticket when empty. */
  allow: readonly string[];
}

/** Starts the server; gives its ticket, and what ends it. */
export async function startServer(
  choices: ServerChoices,
): Promise<{ ticket: string; close(): Promise<void> }> {
  const { allow } = choices;
  const endpoint = await bindEndpoint(choices);
  const hub = await createIrohHubEventTarget<RpcEvent>({
    endpoint,
    ...rpcPolicy(),
    // A caller that was killed says nothing: found out in 3 seconds.
    pingInterval: 2_000,
    pingTimeout: 1_000,
    maxConnections: 100,
    maxMessagesPerSecond: 1_000,
    authorizeConnection: ({ id }) => allow.length === 0 || allow.includes(id),
    onConnection: ({ id }) => console.log(`${id.slice(0, 8)} is here`),
    onDisconnection: ({ id }) => server.forget(id),
    onError: ({ error }) => console.warn("Refused:", plainText(error)),
  });
  const server = serveRpc(hub, api);
  hub.addEventListener("rpc.called", ({ detail: { id, payload } }) => {
    // In quotes, as it may hold what a peer made up.
    console.log(`${id.slice(0, 8)} calls ${Deno.inspect(payload?.method)}`);
  });
  return {
    ticket: ticketOf(endpoint),
    async close() {
      await server.idle(); // What was asked is answered.
      await hub.close();
      await endpoint.close();
    },
  };
}
