// How many connections a process may have here.

import { openFiles } from "../_open_files.ts";
import type { HubKind } from "./_crowd_hub.ts";

/** Files of the process itself, and of what else a test holds open. */
const OWN_FILES = 500;

let limit: Promise<number> | undefined;

/**
 * A connection of `@number0/iroh` is 0.1 MB at either end, in the memory of the
 * binding (measured on 1.1), which keeps it for a later one: a process that ran
 * the other crowds before would pass 2 GB.
 */
const NUMBER0_CONNECTIONS = 2000;

/** As many as wanted, or, aloud, as many as there can be. */
export async function crowdSize(
  kind: HubKind,
  wanted: number,
): Promise<number> {
  const most = kind === "@number0/iroh"
    ? NUMBER0_CONNECTIONS
    : kind === "@rayhanadev/iroh"
    ? Infinity // All of an endpoint share its socket.
    : await (limit ??= openFiles()) - OWN_FILES;
  const size = Math.min(wanted, most);
  if (size < wanted) {
    console.warn(`${kind}: ${size} connections instead of ${wanted}`);
  }
  return size;
}
