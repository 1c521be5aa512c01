// Redis: `redis-server`, and ioredis.

import { Redis } from "ioredis";
import { programFault, startRedis } from "../../demo/_servers.ts";
import type { System } from "./_system.ts";

export const redis: System = {
  name: "Redis",
  isProgram: true,
  unavailable: () => programFault("redis-server"),
  serve: () =>
    startRedis({ config: ["client-output-buffer-limit pubsub 0 0 0"] }),
  connect(address) {
    const [host, port] = address.split(":");
    const options = { host, port: Number(port), enableAutoPipelining: true };
    // A connection that subscribes can do nothing else.
    let publisher: Redis | undefined;
    let subscriber: Redis | undefined;
    let published: Promise<unknown> = Promise.resolve();
    return Promise.resolve({
      publish(envelope) {
        publisher ??= new Redis(options);
        published = publisher.publish(envelope.type, JSON.stringify(envelope));
      },
      async subscribe(topic, onEvent) {
        subscriber ??= new Redis(options);
        subscriber.on("message", (channel, text) => {
          if (channel === topic) onEvent(JSON.parse(text));
        });
        await subscriber.subscribe(topic);
      },
      async barrier() {
        await published;
      },
      [Symbol.asyncDispose]() {
        publisher?.disconnect();
        subscriber?.disconnect();
        return Promise.resolve();
      },
    });
  },
};
