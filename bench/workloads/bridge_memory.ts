// What a topic takes of a hub, of its bridge and of the engine.

import { ENGINE_IDS, type EngineId } from "../bridge/_engines.ts";
import { startHub } from "../bridge/_fleet.ts";
import { Clients } from "../crowd/_clients.ts";
import { point } from "../_print.ts";
import { memoryFault, residentBytes } from "../_proc.ts";
import type { Workload } from "../_result.ts";
import { startServer } from "../systems/_processes.ts";
import { loadSystem } from "../systems/_systems.ts";
import { inTurns } from "../_turns.ts";

const TOPICS = [10_000, 100_000];
/** Each with so many topics, which no other has. */
const TOPICS_OF_A_CONNECTION = 1000;
const FIRST_ROOM = 1_000_000;
/** Each takes new processes. */
const ROUNDS = 3;
/** A young generation that stays small: that it grows is due to no topic. */
const V8_FLAGS = "--v8-flags=--expose-gc,--max-semi-space-size=1";

const OURS = "@alkdev/pubsub";

export const workload: Workload = {
  title: "Memory of a topic that an engine carries",
  method: `
What each process takes more for a topic that one connection of the hub is subscribed
to, so that the bridge listens on it: of the hub's process, bridge and client of the
engine included, the JavaScript heap with buffers after a collection, and resident
memory (\`VmRSS\`); of the engine's server, resident memory. Connections have
${TOPICS_OF_A_CONNECTION} topics each, texts of 25 characters that nobody else has;
clients are written by hand, in a process of their own. Every sample is of new
processes.`,
  unit: "bytes",
  better: "lower",
  async measure(result, plan) {
    if (memoryFault !== undefined) return result.skip("all", memoryFault);
    const measures: Record<string, () => Promise<Sample[]>> = {};
    const counts = TOPICS.map((count) => plan.some(count, count / 10));
    measures[`${OURS}, hub without a bridge`] = () =>
      memoryOf(undefined, counts);
    const servers: Record<string, string> = {};
    for (const id of ENGINE_IDS) {
      const { name, unavailable } = await loadSystem(id);
      const why = await unavailable();
      if (why !== undefined) {
        result.skip(name, why);
        continue;
      }
      const hub = `${OURS}, hub with a bridge to ${name}`;
      measures[hub] = () => memoryOf(id, counts);
      servers[hub] = name;
    }
    const rounds = Math.min(ROUNDS, plan.rounds);
    const took = await inTurns({ ...plan, rounds, warmUps: 0 }, measures);
    for (const [i, count] of TOPICS.entries()) {
      const topics = `${point(count, "topics")} topics`;
      for (const [name, samples] of Object.entries(took)) {
        const of = (part: keyof Sample) =>
          samples.map((sample) => sample[i]![part]);
        result.add({
          [`${name}, ${topics}`]: of("rss"),
          [`${name}, ${topics}, JavaScript heap`]: of("heap"),
        });
        const server = servers[name];
        if (server !== undefined) {
          result.add({ [`${server}, ${topics}`]: of("engine") });
        }
      }
    }
  },
};

/** Bytes for each topic. */
interface Sample {
  readonly heap: number;
  readonly rss: number;
  readonly engine: number;
}

/** What each topic takes, at so many and so many of them. */
async function memoryOf(
  id: EngineId | undefined,
  counts: readonly number[],
): Promise<Sample[]> {
  await using started = new AsyncDisposableStack();
  const engine = id && { id, ...started.use(await startServer(id)) };
  const { process, address } = await startHub(engine, started, V8_FLAGS);
  const clients = started.use(
    new Clients("pubsub", Number(new URL(address).port)),
  );
  let connections = 0;
  const subscribe = async (topics: number) => {
    const from = connections;
    const each = Math.min(topics, TOPICS_OF_A_CONNECTION);
    await clients.connect(topics / each);
    connections += topics / each;
    const first = FIRST_ROOM + from * TOPICS_OF_A_CONNECTION;
    await clients.subscribe({ from, subscribe: each, first, own: true });
    await process.ask("settle");
    return {
      heap: await process.ask<number>("heap"),
      rss: await residentBytes(process.pid),
      engine: engine ? await residentBytes(engine.pid) : 0,
    };
  };
  let topics = 0;
  const before = await subscribe(100); // All code has run, and is compiled.
  const samples: Sample[] = [];
  for (const count of counts) {
    const { heap, rss, engine } = await subscribe(count - topics);
    topics = count;
    samples.push({
      heap: (heap - before.heap) / count,
      rss: (rss - before.rss) / count,
      engine: (engine - before.engine) / count,
    });
  }
  return samples;
}
