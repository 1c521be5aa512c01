// Small messages from a spoke of one hub to spokes of others, through an engine.

import { startAlone, startEngines, startFleet } from "../bridge/_fleet.ts";
import {
  bare,
  pass,
  publishingOf,
  type Way,
  WAYS_METHOD,
} from "../bridge/_ways.ts";
import { ENVELOPE_BYTES } from "../_events.ts";
import type { Workload } from "../_result.ts";
import { inTurns } from "../_turns.ts";

/** Some take two seconds each. */
const MAX_ROUNDS = 5;
const OURS = "@alkdev/pubsub";
const ALONE = `${OURS}, one hub, no bridge`;
const ALONE_ALL = `${ALONE}, 3 publish to 3`;

export const workload: Workload = {
  title: "Publisher to subscriber through one, two and three hubs",
  method: `
Envelopes of ${ENVELOPE_BYTES} bytes as JSON, messages published per second until
everybody subscribed has parsed the last one. ${WAYS_METHOD}

- **One hub**: publisher and subscriber at the same; with a bridge, each event goes to
  the engine as well, where nobody else listens.
- **Two hubs**: the publisher at one, a subscriber at the other.
- **Three hubs**: the publisher at one, a subscriber at each of the other two.
- **3 publish to 3**: three publishers, each a third of the messages, and three
  subscribers that get all of them: at one hub, or one of each at three hubs.
- **NATS**, **Redis**: their own clients, publisher and subscriber.

Two cores run all of it, up to ten processes: more hubs cannot be faster here, the
ratios say what a way through an engine costs. What each process takes is in the next
chart; that is what more machines would divide.`,
  unit: "msg/s",
  better: "higher",
  async measure(result, plan) {
    await using started = new AsyncDisposableStack();
    const rounds: Record<string, () => Promise<number>> = {};
    const many = publishingOf(plan, 25_000);
    const add = (way: Way) => {
      rounds[way.name] = async () => (await pass(way, many)).rate;
    };
    const all = [0, 1, 2];
    const alone = await startAlone(3, started);
    add({ name: ALONE, fleet: alone, from: [0], to: [0] });
    for (const engine of await startEngines(result, started)) {
      const fleet = await startFleet(engine, 3, started);
      const over = engine.name;
      add({ name: withBridge(over), fleet, from: [0], to: [0] });
      add({ name: twoHubs(over), fleet, from: [0], to: [1] });
      add({ name: threeHubs(over), fleet, from: [0], to: [1, 2] });
      const direct = await bare(engine, many, started);
      rounds[over] = async () => (await direct()).rate;
      add({ name: allAtOnce(over), fleet, from: all, to: all });
    }
    add({ name: ALONE_ALL, fleet: alone, from: all, to: all });
    const few = { ...plan, rounds: Math.min(plan.rounds, MAX_ROUNDS) };
    result.add(await inTurns(few, rounds));
    const compare = (ours: string, theirs: string) =>
      result.compare(`${short(ours)} vs ${short(theirs)}`, { name: ours }, {
        name: theirs,
      });
    for (const over of ["NATS", "Redis"]) {
      compare(withBridge(over), ALONE);
      compare(twoHubs(over), ALONE);
      compare(twoHubs(over), over);
      compare(threeHubs(over), twoHubs(over));
      compare(allAtOnce(over), ALONE_ALL);
    }
  },
};

const withBridge = (over: string) => `${OURS}, one hub, bridge to ${over}`;
const twoHubs = (over: string) => `${OURS}, two hubs over ${over}`;
const threeHubs = (over: string) => `${OURS}, three hubs over ${over}`;
const allAtOnce = (over: string) => `${threeHubs(over)}, 3 publish to 3`;
const short = (name: string) => name.replace(`${OURS}, `, "");
