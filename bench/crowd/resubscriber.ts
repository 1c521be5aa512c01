/**
 * A client with many subscriptions. Arguments: which client, the address of its
 * server, how many topics, and for iroh the binding. Asked to, it connects,
 * subscribes, connects anew, closes, and says what that took.
 */

import {
  createIrohSpokeEventTarget,
  type IrohEndpoint,
  type SpokeEventTarget,
} from "../../iroh_spoke.ts";
import { createWebSocketClientEventTarget } from "../../websocket_client.ts";
import { questions, say } from "../_process.ts";
import { roomTopic } from "./_clients.ts";
import type { ClientName, Resubscribing } from "./_resubscribing.ts";

/** A client of some system, connected; its topics have to come along. */
interface Client {
  subscribe(topics: readonly string[]): Promise<void>;
  /** Resolves once the server has all the topics again. */
  reconnect(): Promise<void>;
  close(): Promise<void>;
}

const [name = "", address = "", count = "", bindingName = ""] = Deno.args;
const listener = () => {};

function ofSpoke(spoke: SpokeEventTarget): Client {
  return {
    async subscribe(topics) {
      for (const topic of topics) spoke.addEventListener(topic, listener);
      await spoke.flush();
    },
    async reconnect() {
      await spoke.reconnect();
      await spoke.flush();
    },
    close: () => spoke.close(),
  };
}

async function iroh(): Promise<() => Promise<Client>> {
  const { bindings } = await import("../../tests/_iroh.ts");
  const binding = bindings.find(({ name }) => name === bindingName)!;
  const { endpoint } = await binding.createEndpoint();
  return async () =>
    ofSpoke(
      await createIrohSpokeEventTarget({
        endpoint: endpoint as IrohEndpoint,
        hubNodeId: address,
      }),
    );
}

async function nats(): Promise<() => Promise<Client>> {
  const { connect } = await import("@nats-io/transport-node");
  return async () => {
    const connection = await connect({
      servers: address,
      reconnectDelayHandler: () => 0,
    });
    return {
      async subscribe(topics) {
        for (const topic of topics) {
          connection.subscribe(topic, { callback: listener });
        }
        await connection.flush();
      },
      async reconnect() {
        const statuses = connection.status();
        await connection.reconnect();
        for await (const { type } of statuses) if (type === "reconnect") break;
        await connection.flush();
      },
      close: () => connection.close(),
    };
  };
}

async function socketIo(): Promise<() => Promise<Client>> {
  const { io } = await import("socket.io-client");
  return async () => {
    const socket = io(address, { transports: ["websocket"], forceNew: true });
    const connected = () =>
      new Promise<void>((resolve) => socket.once("connect", resolve));
    await connected();
    let rooms: readonly string[] = [];
    const join = () => socket.emitWithAck("join", rooms);
    return {
      async subscribe(topics) {
        rooms = topics;
        await join();
      },
      async reconnect() {
        socket.disconnect().connect();
        await connected();
        await join();
      },
      close: () => Promise.resolve(void socket.disconnect()),
    };
  };
}

function webSocket(): Promise<() => Promise<Client>> {
  return Promise.resolve(async () =>
    ofSpoke(await createWebSocketClientEventTarget(address))
  );
}

const kinds: Record<ClientName, () => Promise<() => Promise<Client>>> = {
  websocket: webSocket,
  iroh,
  nats,
  "socket.io": socketIo,
};
const connect = await kinds[name as ClientName]();
const topics = Array.from(
  { length: Number(count) },
  (_, n) => roomTopic(1_000_000 + n),
);

for await (const _question of questions<"run">()) {
  const start = performance.now();
  const client = await connect();
  await client.subscribe(topics);
  const connected = performance.now();
  await client.reconnect();
  const answer: Resubscribing = {
    connect: connected - start,
    reconnect: performance.now() - connected,
  };
  await client.close();
  say(answer);
}
Deno.exit();
