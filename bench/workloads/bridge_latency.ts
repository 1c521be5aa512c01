// How long a message takes from a spoke of one hub to a spoke of another, and a
// question to all hubs.

import type { Asking } from "../bridge/hub.ts";
import {
  type RunningHub,
  startAlone,
  startEngines,
  startHub,
} from "../bridge/_fleet.ts";
import { ENVELOPE_BYTES } from "../_events.ts";
import {
  addLatencies,
  type LatencyRound,
  latencyRound,
  LEAD_IN,
  MAX_ROUNDS,
} from "../_latency.ts";
import type { Workload } from "../_result.ts";
import { startClient } from "../systems/_processes.ts";

const PERCENTILES = [50, 99];
const MESSAGES = 1500;
const QUESTIONS = 300;

const OURS = "@alkdev/pubsub";
const ALONE = `${OURS}, one hub`;

export const workload: Workload = {
  title: "Latency through one and two hubs at 1 000 messages per second",
  method: `
Envelopes of ${ENVELOPE_BYTES} bytes as JSON, from \`publish\` until the listener of
another client is called with the parsed object. Both clients are in one process,
which has one clock; every hub and the engine's server are in another. What is due by
the clock is published every time a timer of one millisecond fires. ${MAX_ROUNDS}
rounds of ${MESSAGES} messages, ${LEAD_IN} before each are not counted.

- **One hub**: without a bridge. **Two hubs**: spoke, hub, engine, hub, spoke.
- **NATS**, **Redis**: their own clients: what remains of the way without hubs.
- **Who is subscribed on 3 hubs**: \`bridge.subscribers(topic)\`, ${QUESTIONS} questions
  a round, one after the other; one peer on each hub is.`,
  unit: "µs",
  better: "lower",
  axis: "percentile",
  async measure(result, plan) {
    await using started = new AsyncDisposableStack();
    const rounds: Record<string, LatencyRound> = {};
    const add = async (
      name: string,
      id: "websocket" | "nats" | "redis",
      ...addresses: string[]
    ) => {
      const clients = started.use(
        await startClient("_latency_process.ts", id, ...addresses),
      );
      rounds[name] = await latencyRound(clients, MESSAGES, plan);
    };
    const { sites: [alone] } = await startAlone(1, started);
    await add(ALONE, "websocket", alone!.address);
    for (const engine of await startEngines(result, started)) {
      const { id, name, address } = engine;
      const hubs: RunningHub[] = [];
      for (let i = 0; i < 3; i++) hubs.push(await startHub(engine, started));
      const [first, second] = hubs;
      await add(
        `${OURS}, two hubs over ${name}`,
        "websocket",
        second!.address,
        first!.address,
      );
      await add(name, id, address);
      const asking: Asking = {
        topic: "room.joined:room-1",
        times: plan.some(QUESTIONS),
        subscribers: hubs.length,
      };
      for (const hub of hubs) {
        const spoke = started.use(
          await startClient("_client_process.ts", "websocket", hub.address),
        );
        await spoke.ask("subscribe", [asking.topic]);
      }
      const ask = () => first!.process.ask<number[]>("ask", asking);
      // A bridge that was just made waits for the others to say that they are there.
      await first!.process.ask("ask", { ...asking, times: 1 });
      rounds[`${OURS}, who is subscribed on 3 hubs over ${name}`] = ask;
    }
    await addLatencies(result, plan, rounds, PERCENTILES);
    for (const over of ["NATS", "Redis"]) {
      const ours = { name: `${OURS}, two hubs over ${over}`, x: 50 };
      const alone = { name: ALONE, x: 50 };
      const what = `two hubs over ${over} more than`;
      const as = "difference";
      result.compare(`${what} one hub, p50`, ours, alone, { as });
      result.compare(`${what} ${over} alone, p50`, ours, {
        name: over,
        x: 50,
      }, { as });
    }
  },
};
