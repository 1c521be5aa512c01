// Makes one of several hubs.

import type { TypedEvent, TypedEventTarget, TypeOf } from "@alkdev/pubsub";

/**
 * What a connection of one hub sends reaches the connections of all the others.
 *
 * No event can go in circles: a hub's listeners hear only what its connections
 * send, and what a hub dispatches goes only to its connections. Hence every
 * event passes here once, on its way in, and each hub has to be joined with
 * every other. Between the connections of one hub its option `relay` does the
 * same, and never sends back to who sent.
 *
 * @param hubs On whatever transports.
 * @param types The events that all of them share.
 * @param options `signal` parts them again.
 */
export function joinHubs<TEvent extends TypedEvent>(
  hubs: readonly TypedEventTarget<TEvent>[],
  types: readonly TypeOf<TEvent>[],
  options: { signal?: AbortSignal } = {},
): void {
  for (const hub of hubs) {
    const others = hubs.filter((other) => other !== hub);
    const passOn = (event: TypedEvent) => {
      // One of its types, which TypeScript does not see through a parameter.
      for (const other of others) other.dispatchEvent(event as TEvent);
    };
    for (const type of types) hub.addEventListener(type, passOn, options);
  }
}
