// What was closed can be collected while what it was given lives on. Commands
// are scenarios; each answers with how many of what it made are left.

import { WebSocket as WsSocket } from "ws";
import { createIrohHubEventTarget } from "../../iroh_hub.ts";
import { createIrohSpokeEventTarget } from "../../iroh_spoke.ts";
import {
  type ClosableEventTarget,
  createEvent,
  createInProcessEventTarget,
  createPubSub,
} from "../../mod.ts";
import {
  createWebSocketClientEventTarget,
  type WebSocketLike,
} from "../../websocket_client.ts";
import { createWebSocketServerEventTarget } from "../../websocket_server.ts";
import { createWorkerHostEventTarget } from "../../worker.ts";
import { bindings } from "../_iroh.ts";
import { denoServer, eventOf, listenerCount, wsServer } from "../_websocket.ts";
import { collect, serve } from "./_metered.ts";

/** How many of each kind a scenario makes. */
const COUNT = 20;

/** Collections after which what is left will stay. */
const MAX_ROUNDS = 20;

/** What lives on, for as long as the process does. */
const kept: unknown[] = [];

function keep<T>(value: T): T {
  kept.push(value);
  return value;
}

/** How many of those are not collected, after as many tries as it takes. */
async function left(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let round = 0;; round++) {
    const { length } = refs.filter((ref) => ref.deref() !== undefined);
    if (length === 0 || round === MAX_ROUNDS) return length;
    await collect();
  }
}

/** Makes so many, one after the other; only what is weak comes back. */
async function times(
  make: () => Promise<readonly object[]> | readonly object[],
): Promise<WeakRef<object>[]> {
  const refs = [];
  for (let i = 0; i < COUNT; i++) {
    for (const one of await make()) refs.push(new WeakRef(one));
  }
  return refs;
}

/** Uses a target and leaves listeners on it. */
async function use(target: ClosableEventTarget): Promise<void> {
  target.addEventListener("message.sent:room-1", () => {});
  target.addEventListener("message.sent", () => {}, { signal: lasting });
  createPubSub({ eventTarget: target }).subscribe("message.sent", "room-2");
  await target.flush();
}

const lasting = keep(new AbortController()).signal;

const commands: Record<string, () => Promise<number>> = {
  "an in-process target": async () =>
    await left(
      await times(async () => {
        const target = createInProcessEventTarget();
        await use(target);
        await target.close();
        return [target];
      }),
    ),

  "subscriptions of a pub/sub that goes on": async () => {
    const pubsub = keep(createPubSub());
    return await left(
      await times(async () => {
        const subscription = pubsub.subscribe("message.sent", "room-1", {
          signal: lasting,
        });
        void subscription.next();
        await subscription.return();
        return [subscription];
      }),
    );
  },

  "a pub/sub whose target goes on": async () => {
    const eventTarget = keep(createInProcessEventTarget());
    return await left(
      await times(async () => {
        const pubsub = createPubSub({ eventTarget });
        await pubsub.subscribe("message.sent", "room-1").return();
        return [pubsub];
      }),
    );
  },

  "both ends of a MessageChannel": async () =>
    await left(
      await times(async () => {
        const { port1, port2 } = keep(new MessageChannel());
        const [here, there] = [port1, port2].map((port) =>
          createWorkerHostEventTarget(port, { signal: lasting })
        ) as [ClosableEventTarget, ClosableEventTarget];
        await use(here);
        await Promise.all([here.close(), there.close()]);
        return [here, there];
      }),
    ),

  "hosts of a worker that goes on": async () => {
    const module = `
      import { createWorkerThreadEventTarget } from "${new URL(
      "../../worker.ts",
      import.meta.url,
    )}";
      createWorkerThreadEventTarget();`;
    const worker = keep(
      new Worker(`data:text/javascript,${encodeURIComponent(module)}`, {
        type: "module",
      }),
    );
    const refs = await times(async () => {
      const host = createWorkerHostEventTarget(worker, { signal: lasting });
      await use(host);
      await host.close();
      return [host];
    });
    const count = await left(refs);
    worker.terminate();
    return count;
  },
};

for (const kind of [denoServer, wsServer]) {
  commands[`${kind.name}: a hub, its connections and its clients`] =
    async () => {
      // The server goes on, and its sockets with it.
      let onSocket: ((socket: WebSocketLike) => void) | undefined;
      await using server = await closable(
        kind.serve((socket) => onSocket!(keep(socket))),
      );
      const refs = await times(async () => {
        const hub = createWebSocketServerEventTarget();
        onSocket = (socket) => hub.addConnection(socket);
        const client = await createWebSocketClientEventTarget(server.url, {
          signal: lasting,
        });
        onSocket = undefined;
        await use(client);
        const made = [hub, client, ...hub.connections];
        await client.close();
        await hub.close();
        return made;
      });
      return await left(refs);
    };

  commands[`${kind.name}: connections of a hub that goes on`] = async () => {
    const hub = keep(createWebSocketServerEventTarget());
    await using server = await closable(kind.serve((socket) => {
      hub.addConnection(keep(socket));
    }));
    const refs = await times(async () => {
      const client = await createWebSocketClientEventTarget(server.url);
      await use(client);
      const made = [client, ...hub.connections];
      await client.close();
      return made;
    });
    return await left(refs);
  };
}

commands["connections that were removed, on sockets that stay"] = async () => {
  const hub = keep(createWebSocketServerEventTarget());
  let added!: WsSocket;
  let before: number[] = [];
  await using server = await closable(wsServer.serve((socket) => {
    added = keep(socket as WsSocket);
    before = listenerCount(socket);
    hub.addConnection(socket);
  }));
  const refs = await times(async () => {
    const client = keep(new WebSocket(server.url));
    await eventOf(client, "open");
    const made = [...hub.connections];
    hub.removeConnection(added);
    // Of whoever made the socket, as before.
    if (`${listenerCount(added)}` !== `${before}`) throw new Error("Listens");
    client.close();
    return made;
  });
  return await left(refs);
};

commands["clients of a socket that stays"] = async () => {
  const hub = keep(createWebSocketServerEventTarget());
  await using server = await closable(wsServer.serve((socket) => {
    hub.addConnection(socket);
  }));
  const socket = keep(new WebSocket(server.url));
  const refs = await times(async () => {
    const client = await createWebSocketClientEventTarget(socket, {
      signal: lasting,
    });
    await use(client);
    await client.close();
    return [client];
  });
  const count = await left(refs);
  socket.close();
  return count;
};

commands["the sockets before, of a client that came back"] = async () => {
  const hub = keep(createWebSocketServerEventTarget());
  await using server = await closable(wsServer.serve((socket) => {
    hub.addConnection(socket);
  }));
  const refs: WeakRef<object>[] = [];
  const client = keep(
    await createWebSocketClientEventTarget(() => {
      const socket = new WsSocket(server.url);
      refs.push(new WeakRef(socket));
      return socket;
    }),
  );
  for (let i = 0; i < COUNT; i++) await client.reconnect();
  const count = await left(refs.slice(0, -1));
  await client.close();
  return count;
};

commands["clients that gave up waiting for a hub"] = async () => {
  const refs = await times(async () => {
    const abort = keep(new AbortController());
    // The client cannot be had; it holds what it tells. The stack of an error
    // would hold it, too.
    const onStatus = ({ type }: { type: string }) => {
      if (type === "reconnecting") abort.abort("enough");
    };
    await createWebSocketClientEventTarget("ws://127.0.0.1:9", {
      signal: abort.signal,
      waitOnFirstConnect: true,
      onStatus,
    }).catch(() => {});
    return [onStatus];
  });
  return await left(refs);
};

for (const { name, unavailable, createEndpoint } of bindings) {
  if (unavailable !== undefined) continue;
  commands[`${name}: hubs and spokes on endpoints that stay`] = async () => {
    const [at, on] = [await createEndpoint(), await createEndpoint()];
    const refs = await times(async () => {
      const hub = await createIrohHubEventTarget({ endpoint: at.endpoint });
      const spoke = await createIrohSpokeEventTarget({
        endpoint: on.endpoint,
        hubNodeId: at.address,
        signal: lasting,
      });
      await use(spoke);
      spoke.dispatchEvent(createEvent("message.sent", "room-1", "hello"));
      const made = [hub, spoke, ...hub.connections];
      await spoke.close();
      await hub.close();
      return made;
    });
    const count = await left(refs);
    await Promise.all([at.close(), on.close()]);
    return count;
  };
}

async function closable<T extends { close(): Promise<void> }>(
  opening: Promise<T>,
): Promise<T & AsyncDisposable> {
  const one = await opening;
  return Object.assign(one, { [Symbol.asyncDispose]: () => one.close() });
}

await serve(Object.keys(commands), commands);
