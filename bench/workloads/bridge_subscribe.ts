// How long the clients of a hub that has gone take to subscribe at another.

import {
  type RunningEngine,
  startEngines,
  startHub,
} from "../bridge/_fleet.ts";
import { Clients } from "../crowd/_clients.ts";
import type { Workload } from "../_result.ts";
import { inTurns } from "../_turns.ts";

const TOPICS = 10_000;
const CONNECTIONS = 10;
const FIRST_ROOM = 1_000_000;
const MAX_ROUNDS = 5;

const OURS = "@alkdev/pubsub";
const ALONE = `${OURS}, no bridge`;

export const workload: Workload = {
  title: "Subscribing to 10 000 topics through a bridge, a topic",
  method: `
${CONNECTIONS} connections subscribe to ${
    TOPICS / CONNECTIONS
  } topics each, which
nobody else has, all at the same time, as after the loss of another hub: from the
first one until each has the answer to a ping behind its subscriptions, and the bridge
the engine's answer to all of its own; divided by ${TOPICS}. Clients are written by
hand, in a process of their own; they end after each round, and the hub, which has
run before, waits until the engine has forgotten them.`,
  unit: "µs",
  better: "lower",
  async measure(result, plan) {
    await using started = new AsyncDisposableStack();
    const rounds: Record<string, () => Promise<number>> = {};
    const each = plan.some(TOPICS) / CONNECTIONS;
    const add = async (name: string, engine: RunningEngine | undefined) => {
      const { process, address } = await startHub(engine, started);
      rounds[name] = async () => {
        await using clients = new Clients(
          "pubsub",
          Number(new URL(address).port),
        );
        await clients.connect(CONNECTIONS);
        const start = performance.now();
        await clients.subscribe({
          from: 0,
          subscribe: each,
          first: FIRST_ROOM,
          own: true,
        });
        await process.ask("settle");
        const took = performance.now() - start;
        await clients[Symbol.asyncDispose]();
        await process.ask("empty");
        await process.ask("settle");
        return took / (each * CONNECTIONS) * 1000;
      };
    };
    await add(ALONE, undefined);
    for (const engine of await startEngines(result, started)) {
      await add(`${OURS}, bridge to ${engine.name}`, engine);
    }
    const few = { ...plan, rounds: Math.min(plan.rounds, MAX_ROUNDS) };
    result.add(await inTurns(few, rounds));
    for (const over of ["NATS", "Redis"]) {
      result.compare(
        `bridge to ${over} vs no bridge`,
        { name: `${OURS}, bridge to ${over}` },
        { name: ALONE },
      );
    }
  },
};
