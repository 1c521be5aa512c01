// A server in a process of its own. Argument: which.

import process from "node:process";
import { answer, say } from "../../tests/_line_process.ts";
import { loadSystem, type SystemId } from "./_systems.ts";

const system = await loadSystem(process.argv[2] as SystemId);
const server = await system.serve();
say({ address: server.address });
await answer({});
