// The processes of a measurement: a server, and clients that publish or count.
// The process that measures only waits for them.

import { inDeno, LineProcess } from "../../tests/_line_process.ts";
import type { System } from "./_system.ts";
import { loadSystem, type SystemId } from "./_systems.ts";

/** A server in a process of its own; disposing of it ends that. */
export async function startServer(id: SystemId): Promise<
  AsyncDisposable & { readonly address: string }
> {
  const system = await loadSystem(id);
  if (system.isProgram) return await system.serve();
  const process = start("_server_process.ts", system, [id]);
  const { address } = await process.saying("address");
  return {
    address: String(address),
    [Symbol.asyncDispose]: () => process.kill(),
  };
}

/** A client in a process of its own: see `_client_process.ts`. */
export async function startClient(
  id: SystemId,
  address: string,
): Promise<LineProcess> {
  const system = await loadSystem(id);
  const process = start("_client_process.ts", system, [id, address]);
  await process.saying("ready");
  return process;
}

function start(script: string, _system: System, args: string[]): LineProcess {
  return new LineProcess(new URL(script, import.meta.url), args, inDeno());
}
