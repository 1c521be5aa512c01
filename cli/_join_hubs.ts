// Hubs of one process that share topics without an engine: what is published on
// one goes to the connections of the others, once, and never back.

import { Hub } from "../_hub.ts";
import type { HubEventTarget } from "../_hub_options.ts";
import type { TappedHub } from "../_hub_tap.ts";
import { topicOf } from "../envelope.ts";

/** What could not be passed on. */
export interface JoinFault {
  readonly error: unknown;
  readonly topic: string;
}

/**
 * Joins hubs.
 *
 * @returns Parts them.
 */
export function joinHubs(
  hubs: readonly HubEventTarget[],
  onError: (fault: JoinFault) => void,
): () => void {
  const tapped: TappedHub[] = [];
  for (const hub of hubs) {
    const one: TappedHub = Hub.tap(hub, {
      // Nothing has to be listened on: hubs are asked for each event.
      onFirst() {},
      onLast() {},
      whenListening: () => undefined,
      onPublish(envelope, from) {
        for (const other of tapped) {
          if (other === one) continue;
          try {
            other.deliver(envelope, from);
          } catch (error) {
            onError({ error, topic: topicOf(envelope) });
          }
        }
      },
    });
    tapped.push(one);
  }
  return () => tapped.forEach((hub) => hub.release());
}
