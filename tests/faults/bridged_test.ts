// Three processes with hubs of both kinds, linked by an engine, of which one after
// the other is killed, and the engine, while spokes on all of them send.

import assert from "node:assert/strict";
import { within } from "../../_deferred.ts";
import { natsFault, redisFault } from "../_engines.ts";
import { number0 } from "../_iroh.ts";
import { figure, lengthOf } from "../_length.ts";
import { BridgedHubs } from "./_bridged_hubs.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const ROUNDS = lengthOf({ short: 1, full: 20 });
const DEADLINE = lengthOf({ short: 90_000, full: 1_800_000 });

for (
  const [name, fault] of [["NATS", natsFault], ["Redis", redisFault]] as const
) {
  const test = (title: string, fn: (all: BridgedHubs) => Promise<void>) =>
    Deno.test({
      name: `${name}: ${title}`,
      ignore: (fault ?? number0.unavailable) !== undefined,
      async fn() {
        await using all = await BridgedHubs.start(name);
        await within(fn(all), DEADLINE, () => {
          throw new Error(`The test did not end in ${DEADLINE} ms`);
        });
      },
    });

  test("a hub that is killed costs nothing to those on others", async (all) => {
    let lost = 0;
    for (let round = 0; round < ROUNDS * 3; round++) {
      await all.goHome();
      const from = await all.settle();
      all.assertComplete(from.map((n) => n - 20));
      const links = all.lostLinks();
      const killed = round % 3;
      {
        using _load = all.load();
        await all.hearEachOther();
        await all.hubs[killed]!.process.kill();
        await all.hearEachOther();
        await all.hubs[killed]!.start();
      }
      const healed = await all.settle();
      for (const { sender, receiver, lost: count } of all.losses(from)) {
        const isAllowed = sender.hasLost(links) || receiver.hasLost(links);
        assert(
          isAllowed,
          `${sender.index} to ${receiver.index}: ${count} lost`,
        );
        lost += count;
      }
      all.assertComplete(healed.map((n) => n - 20));
    }
    figure("hubs killed, linked by an engine", {
      engine: name,
      kills: ROUNDS * 3,
      sent: all.spokes.reduce((sum, { sent }) => sum + sent, 0),
      lost_with_their_hub: lost,
    });
  });

  test("an engine that is killed costs nothing on one hub", async (all) => {
    let lost = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const from = await all.settle();
      const links = all.lostLinks();
      let told: number[];
      {
        using _load = all.load();
        await all.hearEachOther();
        told = await all.loseEngine();
        // Everybody has a neighbour, who goes on hearing it.
        for (const spoke of all.spokes) {
          const { sent } = spoke;
          const other = all.spokes.find((one) =>
            one !== spoke && one.home === spoke.home
          )!;
          await other.hears(spoke, sent + 100);
        }
        await all.engine.start();
        await all.hearEachOther();
      }
      await all.settle();
      for (const { sender, receiver, lost: count } of all.losses(from)) {
        const isAllowed = sender.home !== receiver.home;
        assert(
          isAllowed,
          `${sender.index} to ${receiver.index}: ${count} lost`,
        );
        lost += count;
      }
      // What was on its way; the rest waited until all hubs were back.
      all.assertComplete(told);
      // A spoke knows nothing of engines.
      assert.deepEqual(all.lostLinks(), links);
    }
    figure("engine killed", {
      engine: name,
      kills: ROUNDS,
      sent: all.spokes.reduce((sum, { sent }) => sum + sent, 0),
      lost_between_hubs: lost,
      counted_by_bridges: await all.lost(),
    });
  });
}
