// Peers that break the protocol, on a bare binding, and what a hub makes of it.

import assert from "node:assert/strict";
import type { HubFault } from "../iroh_hub.ts";
import type { RawPeer } from "./_raw_peer.ts";
import type { Log } from "./_waiting.ts";

/**
 * Asserts that the hub closes a peer with that code for what it sends, and tells
 * its operator why.
 */
export async function assertFault(
  peer: RawPeer,
  faults: Log<HubFault>,
  send: () => Promise<unknown>,
  code: number,
  message: RegExp,
  what: string,
): Promise<void> {
  const before = faults.all.length;
  await send();
  assert.match(await peer.closed(), new RegExp(String(code)), what);
  await faults.count(before + 1);
  const { error, connection } = faults.all[before]!;
  assert.match(String(error), message, what);
  assert(connection, what);
}
