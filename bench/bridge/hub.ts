// A hub of WebSockets in a process of its own, linked to an engine or to none.
// Arguments: which engine, and the address of its server.

import process from "node:process";
import { answer, say } from "../../tests/_line_process.ts";
import { deferred } from "../../_deferred.ts";
import { bridge } from "../../bridge.ts";
import { heapBytes } from "../crowd/_heap.ts";
import { hubOptions } from "../systems/_ours.ts";
import { serveWebSocketHub } from "../systems/websocket.ts";
import { type EngineId, engineTarget } from "./_engines.ts";

const [, , engine, address = ""] = process.argv;
let onEmpty = deferred<void>();
const { hub, address: here } = serveWebSocketHub({
  ...hubOptions,
  maxTopicsPerConnection: 1_000_000,
  pingInterval: 3_600_000, // Clients by hand would not answer.
  onDisconnection() {
    if (hub.connections.size === 0) onEmpty.resolve();
  },
});
const link = engine === undefined ? undefined : bridge({
  hub,
  engine: await engineTarget(engine as EngineId, address),
  onError: ({ error }) => console.error(error),
});

/** What is asked: who is subscribed on all hubs, so many times. */
export interface Asking {
  readonly topic: string;
  readonly times: number;
  /** So many are. */
  readonly subscribers: number;
}

say({ address: here });
await answer({
  heap: heapBytes,

  /** Resolves once all connections have ended. */
  async empty(): Promise<void> {
    if (hub.connections.size > 0) await onEmpty.promise;
    onEmpty = deferred();
  },

  /** Resolves once the engine has what was sent to it; gives what it missed. */
  async settle(): Promise<number> {
    await link?.flush();
    return link?.lost ?? 0;
  },

  /** Gives what each question took, in microseconds, in ascending order. */
  async ask({ topic, times, subscribers }: Asking): Promise<number[]> {
    const took: number[] = [];
    for (let i = 0; i < times; i++) {
      const start = performance.now();
      const { length } = await link!.subscribers(topic);
      took.push((performance.now() - start) * 1000);
      if (length !== subscribers) {
        throw new Error(`${length} of ${subscribers} subscribers were told`);
      }
    }
    return took.sort((a, b) => a - b);
  },
});
