// One hub in a process of its own, two healthy peers that notice nothing, and a
// crowd that behaves badly.

import { within } from "../../_deferred.ts";
import { lengthOf } from "../_length.ts";
import type { HubKind, HubPlan } from "./_crowd_hub.ts";
import { bindingOf, Crowd, unavailabilityOf } from "./_crowd_peers.ts";
import { HubProcess } from "./_crowd_process.ts";
import { Witness } from "./_crowd_witness.ts";

export const onTcp: readonly HubKind[] = ["Deno.serve", "ws"];
export const onQuic: readonly HubKind[] = ["@number0/iroh", "@rayhanadev/iroh"];

/** What a test has at hand. */
export interface Scene {
  readonly kind: HubKind;
  readonly hub: HubProcess;
  readonly crowd: Crowd;
  readonly witness: Witness;
}

/** One test, once for each kind of hub; the witness has to notice nothing. */
export function testOn(
  kinds: readonly HubKind[],
  name: string,
  options: HubPlan["options"],
  fn: (scene: Scene) => Promise<void>,
): void {
  for (const kind of kinds) {
    Deno.test({
      name: `${kind}: ${name}`,
      ignore: unavailabilityOf(kind) !== undefined,
      async fn() {
        const plan = { kind, options: { relay: true, ...options } };
        await using hub = await HubProcess.start(plan);
        await using crowd = new Crowd(hub, kind);
        await using witness = await Witness.start(hub.address, bindingOf(kind));
        await inTime(fn({ kind, hub, crowd, witness }));
        await witness.check();
      },
    });
  }
}

/** Far more than any of these tests takes. */
const DEADLINE = lengthOf({ short: 90_000, full: 600_000 });

/** What a test does; one that hangs fails. */
export function inTime<T>(doing: Promise<T>): Promise<T> {
  return within(doing, DEADLINE, () => {
    throw new Error(`The test did not end in ${DEADLINE} ms`);
  });
}
