// How a hub is named: a URL, a ticket, or a node id.

import { decodeIrohTicket, normalizeNodeId } from "../_iroh_ticket.ts";
import { inLine } from "../_options.ts";
import { UsageError } from "./_failure.ts";
import type { Reach } from "./_iroh_endpoint.ts";

/** Where a hub is. */
export type HubAddress =
  | { readonly kind: "websocket"; readonly url: string; readonly name: string }
  | {
    readonly kind: "iroh";
    readonly address: string;
    readonly reach: Reach;
    readonly name: string;
  };

/**
 * Reads the name of a hub.
 *
 * @throws {UsageError} When it is none.
 */
export function hubAddress(text: string): HubAddress {
  const address = text.trim();
  if (/^wss?:\/\//i.test(address)) {
    if (!URL.canParse(address)) throw notAHub(address, "it is not a URL");
    const name = address.replace(/[?#].*|(?<=\/\/)[^/?#]*@/gs, "");
    return { kind: "websocket", url: address, name: inLine(name, 200) };
  }
  if (/^https?:\/\//i.test(address)) {
    throw notAHub(address, `did you mean ${address.replace(/^http/i, "ws")}?`);
  }
  if (/^(\[[\da-f:]+\]|[\w.-]+):\d+/i.test(address)) {
    throw notAHub(address, `did you mean ws://${address}?`);
  }
  try {
    const { id, reach } = address.startsWith("endpoint")
      ? readTicket(address)
      : { id: normalizeNodeId(address), reach: "world" as const };
    return { kind: "iroh", address, reach, name: `${id.slice(0, 10)}…` };
  } catch {
    throw notAHub(
      address,
      "it is neither a URL with ws:// or wss://, nor a ticket, nor a node id",
    );
  }
}

/** A ticket that names this machine alone is of no use to the rest of the world. */
function readTicket(ticket: string): { id: string; reach: Reach } {
  const { id, relayUrl, addresses } = decodeIrohTicket(ticket);
  const isHere = relayUrl === undefined && addresses.length > 0 &&
    addresses.every((one) => /^(127\.|\[::1\])/.test(one));
  return { id, reach: isHere ? "machine" : "world" };
}

function notAHub(address: string, why: string): UsageError {
  return new UsageError(`cannot use hub ${inLine(address)}: ${why}`);
}
