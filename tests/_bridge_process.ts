// A hub on a bridge in a process of its own, with one client. Argument: the URL of
// the engine.

import { connect } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import { bridge } from "../bridge.ts";
import { createNatsEventTarget } from "../nats.ts";
import { createRedisEventTarget } from "../redis.ts";
import { answer } from "./_line_process.ts";
import { WebSocketSetting } from "./_websocket.ts";

const url = Deno.args[0]!;
const engine = url.startsWith("nats")
  ? createNatsEventTarget({
    connection: await connect({ servers: url.replace(/^.*\//, "") }),
  })
  : createRedisEventTarget({
    publishClient: new Redis(url),
    subscribeClient: new Redis(url),
  });
const setting = new WebSocketSetting();
const hub = await setting.hub({ relay: true });
const link = bridge({ hub, engine });
const id = `client-${Deno.pid}`;
const client = await setting.client(`${hub.url}/${id}`);

await answer({
  async subscribe(topic: string) {
    client.addEventListener(topic, () => {});
    await client.flush();
    await link.flush();
    return { id };
  },
  flush: () => link.flush(),
});
