// What an event through hubs and an engine takes of the processors, process by
// process, with messages of different sizes.

import type { Measured } from "../_result.ts";
import { inTurns, type Plan } from "../_turns.ts";
import type { Publishing } from "../systems/_client_process.ts";
import { startAlone, startEngines, startFleet } from "./_fleet.ts";
import { bare, BY_TYPE, pass, type Passed, type Way } from "./_ways.ts";

const OURS = "@alkdev/pubsub";
const ALONE = `${OURS}, hub without a bridge`;
/** It hardly varies: all that runs beside it meets the rate, not the time. */
const MAX_ROUNDS = 3;

/** What is taken of a round under which name. */
type Parts = Record<string, (passed: Passed) => number>;

/** Measures all processes but the spokes', in turns. */
export async function measureProcessors(
  result: Measured,
  plan: Plan,
  publishing: Publishing,
  byType: boolean,
): Promise<void> {
  await using started = new AsyncDisposableStack();
  const rounds: Record<string, () => Promise<Passed>> = {};
  const parts = new Map<string, Parts>();
  const add = (way: Way, takes: Parts) => {
    rounds[way.name] = () => pass(way, publishing);
    parts.set(way.name, takes);
  };
  const fleet = await startAlone(3, started);
  add({ name: "alone", fleet, from: [0], to: [0] }, {
    [ALONE]: ({ hubs }) => hubs[0]!,
  });
  add({ name: "alone 3", fleet, from: [0], to: [0, 1, 2] }, {
    [`${ALONE}, 3 are subscribed`]: ({ hubs }) => hubs[0]!,
  });
  for (const engine of await startEngines(result, started)) {
    const { name } = engine;
    const fleet = await startFleet(engine, 3, started);
    add({ name: `${name} 1`, fleet, from: [0], to: [0] }, {
      [`${OURS}, only hub with a bridge to ${name}`]: ({ hubs }) => hubs[0]!,
      [`${name}, the same hub is subscribed`]: ({ engine }) => engine,
    });
    add({ name: `${name} 2`, fleet, from: [0], to: [1] }, {
      [`${OURS}, publisher's hub over ${name}`]: ({ hubs }) => hubs[0]!,
      [`${OURS}, subscriber's hub over ${name}`]: ({ hubs }) => hubs[1]!,
      [`${name}, one hub is subscribed`]: ({ engine }) => engine,
    });
    add({ name: `${name} 3`, fleet, from: [0], to: [1, 2] }, {
      [`${name}, two hubs are subscribed`]: ({ engine }) => engine,
    });
    if (byType) {
      const topics = BY_TYPE;
      add({ name: `${name} type`, fleet, from: [0], to: [1], topics }, {
        [`${name}, one hub is subscribed to the type`]: ({ engine }) => engine,
      });
    }
    rounds[name] = await bare(engine, publishing, started);
    parts.set(name, { [`${name}, its own clients`]: ({ engine }) => engine });
  }
  const few = { ...plan, rounds: Math.min(plan.rounds, MAX_ROUNDS) };
  const passed = await inTurns(few, rounds);
  for (const [way, takes] of parts) {
    for (const [name, part] of Object.entries(takes)) {
      result.add({ [name]: passed[way]!.map(part) });
    }
  }
}
