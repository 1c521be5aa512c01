// A hub that is measured. Argument: transport.

import { createEvent } from "../../mod.ts";
import type { HubConnection } from "../../iroh_hub.ts";
import { read, serve } from "./_metered.ts";
import { transportNamed } from "./_transports.ts";

let onFewer = () => {};
let faults = 0;
const { hub, address } = await transportNamed(Deno.args[0]).hub({
  onDisconnection: () => onFewer(),
  // Told of every stranger.
  onError: () => void faults++,
});

hub.addEventListener("asked", ({ detail: { id } }) => {
  hub.dispatchEvent(createEvent("answered", id, null));
});
// Topics that a spoke listens on once.
hub.addEventListener("fire", ({ detail: { payload } }) => {
  const { from, to } = payload as { from: number; to: number };
  for (let i = from; i < to; i++) {
    hub.dispatchEvent(createEvent("paired", String(i), null));
  }
});
hub.addEventListener("cut", ({ detail: { id } }) => {
  for (const connection of hub.connections) {
    if (connection.topics.has(`answered:${id}`)) void cut(connection);
  }
});

async function cut(connection: HubConnection): Promise<void> {
  await connection.close(1001, "cut");
}

await serve({ address }, {
  async read() {
    const topics = Array.from(hub.connections, ({ topics }) => topics.size);
    const { size } = hub.connections;
    return { ...await read(), connections: size, topics, faults };
  },
  /** Waits until so many connections are left. */
  async left(count: number) {
    while (hub.connections.size > count) {
      await new Promise<void>((resolve) => onFewer = resolve);
    }
  },
  async dispatch(count: number) {
    for (let i = 0; i < count; i++) {
      hub.dispatchEvent(createEvent("nobody.listens", String(i), { i }));
      if (i % 1000 === 999) await hub.flush();
    }
  },
});
