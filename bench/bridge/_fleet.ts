// Hubs in a process each, linked by an engine, with their spokes: what is
// measured of bridges.

import { inDeno, LineProcess } from "../../tests/_line_process.ts";
import type { Measured } from "../_result.ts";
import {
  type Running,
  startClient,
  startServers,
} from "../systems/_processes.ts";
import { ENGINE_IDS, type EngineId } from "./_engines.ts";

/** A hub that runs. */
export interface RunningHub {
  readonly process: LineProcess;
  readonly address: string;
}

/** An engine that runs; without one a hub stands alone. */
export interface RunningEngine extends Running {
  readonly id: EngineId;
}

/** Starts a hub. */
export async function startHub(
  engine: Pick<RunningEngine, "id" | "address"> | undefined,
  started: AsyncDisposableStack,
  ...flags: string[]
): Promise<RunningHub> {
  const args = engine === undefined ? [] : [engine.id, engine.address];
  const script = new URL("hub.ts", import.meta.url);
  const process = started.use(
    new LineProcess(script, args, inDeno(...flags)),
  );
  const { address } = await process.saying("address");
  return { process, address: String(address) };
}

/** Starts the engines that are there, and says in the result which are not. */
export async function startEngines(
  result: Measured,
  started: AsyncDisposableStack,
): Promise<RunningEngine[]> {
  const engines = await startServers(result, ENGINE_IDS, started);
  return engines as RunningEngine[];
}

/** A hub with a spoke that publishes and one that subscribes. */
export interface Site extends RunningHub {
  readonly publisher: LineProcess;
  readonly subscriber: LineProcess;
}

/** Hubs that one engine links, or one hub that none does. */
export interface Fleet {
  readonly engine: RunningEngine | undefined;
  readonly sites: readonly Site[];
}

/** Starts one hub without an engine, with several spokes of each kind. */
export async function startAlone(
  spokes: number,
  started: AsyncDisposableStack,
): Promise<Fleet> {
  const hub = await startHub(undefined, started);
  const sites = Array.from({ length: spokes }, () => startSite(hub, started));
  return { engine: undefined, sites: await Promise.all(sites) };
}

/** Starts hubs that an engine links. */
export async function startFleet(
  engine: RunningEngine,
  hubs: number,
  started: AsyncDisposableStack,
): Promise<Fleet> {
  const sites = Array.from(
    { length: hubs },
    async () => startSite(await startHub(engine, started), started),
  );
  return { engine, sites: await Promise.all(sites) };
}

async function startSite(
  hub: RunningHub,
  started: AsyncDisposableStack,
): Promise<Site> {
  const spoke = async () =>
    started.use(
      await startClient("_client_process.ts", "websocket", hub.address),
    );
  const [publisher, subscriber] = await Promise.all([spoke(), spoke()]);
  return { ...hub, publisher, subscriber };
}
