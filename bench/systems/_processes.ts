// The processes of a measurement: servers, and scripts that are clients. The
// process that measures only waits for them.

import { inDeno, LineProcess } from "../../tests/_line_process.ts";
import type { Measured } from "../_result.ts";
import { loadSystem, type SystemId } from "./_systems.ts";

/** A server in a process of its own; disposing of it ends that. */
export interface Server extends AsyncDisposable {
  readonly address: string;
  readonly pid: number;
}

export async function startServer(id: SystemId): Promise<Server> {
  const system = await loadSystem(id);
  if (system.isProgram) {
    const server = await system.serve();
    const { address, pid } = server;
    return {
      address,
      pid: pid!,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  }
  const process = start("_server_process.ts", id);
  try {
    const { address } = await process.saying("address");
    return {
      address: String(address),
      pid: process.pid,
      [Symbol.asyncDispose]: () => process.kill(),
    };
  } catch (error) {
    await process.kill();
    throw error;
  }
}

/**
 * A client of a system, connected.
 *
 * @param addresses Of its server, and of the one it publishes at if that is
 * another.
 */
export async function startClient(
  script: "_client_process.ts" | "_latency_process.ts",
  id: SystemId,
  ...addresses: string[]
): Promise<LineProcess> {
  const process = start(script, id, ...addresses);
  try {
    await process.saying("ready");
    return process;
  } catch (error) {
    await process.kill();
    throw error;
  }
}

function start(script: string, ...args: string[]): LineProcess {
  return new LineProcess(new URL(script, import.meta.url), args, inDeno());
}

/** A system whose server runs. */
export interface Running {
  readonly id: SystemId;
  readonly name: string;
  readonly address: string;
  readonly pid: number;
}

/** Starts the servers that are there, and says in the result which are not. */
export async function startServers(
  result: Measured,
  ids: readonly SystemId[],
  started: AsyncDisposableStack,
): Promise<Running[]> {
  const running: Running[] = [];
  for (const id of ids) {
    const { name, unavailable } = await loadSystem(id);
    const why = await unavailable();
    if (why !== undefined) {
      result.skip(name, why);
      continue;
    }
    const { address, pid } = started.use(await startServer(id));
    running.push({ id, name, address, pid });
  }
  return running;
}
