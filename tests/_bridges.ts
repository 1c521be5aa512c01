// Hubs of every make, linked over every engine.

import { within } from "../_deferred.ts";
import { type EngineKind, engineKinds } from "./_bridge_engines.ts";
import { BridgeStage } from "./_bridge_stage.ts";
import { type Binding, number0, rayhanadev } from "./_iroh.ts";
import { denoServer, type ServerKind, wsServer } from "./_websocket.ts";

export type { BridgeStage, Site } from "./_bridge_stage.ts";

/** A make of WebSocket, and one of iroh. */
export type Makes = readonly [ServerKind, Binding];

/** Every make is in one of them. */
const MAKES: readonly Makes[] = [[denoServer, number0], [wsServer, rayhanadev]];

/** Far more than any test takes. */
const DEADLINE = 60_000;

/** One that hangs fails. */
async function run(
  kinds: readonly EngineKind[],
  fn: (stage: BridgeStage) => Promise<void>,
): Promise<void> {
  const engines = await Promise.all(kinds.map((kind) => kind.start()));
  await using stage = new BridgeStage(engines);
  await within(fn(stage), DEADLINE, () => {
    throw new Error(`The test did not end in ${DEADLINE} ms`);
  });
}

/** One test, once for each engine. */
export function testOnEngines(
  name: string,
  fn: (stage: BridgeStage) => Promise<void>,
): void {
  for (const kind of engineKinds) {
    Deno.test({
      name: `${kind.name}: ${name}`,
      ignore: kind.fault !== undefined,
      fn: () => run([kind], fn),
    });
  }
}

/** One test, with both engines at once. */
export function testOnBothEngines(
  name: string,
  fn: (stage: BridgeStage) => Promise<void>,
): void {
  Deno.test({
    name: `Redis and NATS: ${name}`,
    ignore: engineKinds.some(({ fault }) => fault !== undefined),
    fn: () => run(engineKinds, fn),
  });
}

/** One test, once for each engine and every two makes of hub. */
export function testOnMakes(
  name: string,
  fn: (stage: BridgeStage, makes: Makes) => Promise<void>,
): void {
  for (const kind of engineKinds) {
    for (const makes of MAKES) {
      const faults = [kind.fault, makes[1].unavailable];
      Deno.test({
        name: `${kind.name}, ${makes[0].name}, ${makes[1].name}: ${name}`,
        ignore: faults.some((fault) => fault !== undefined),
        fn: () => run([kind], (stage) => fn(stage, makes)),
      });
    }
  }
}
