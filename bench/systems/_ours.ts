// What our systems have in common: a spoke is a client on any transport.

import { createPubSub, type TypedEvent } from "../../mod.ts";
import type { HubOptions } from "../../iroh_hub.ts";
import type { SpokeEventTarget } from "../../iroh_spoke.ts";
import { BACKLOG_BYTES, type Client } from "./_system.ts";

export const hubOptions: HubOptions = {
  relay: true,
  backpressureLimit: BACKLOG_BYTES,
  onError: ({ error }) => console.error(error),
  onBackpressure: ({ limit }) => console.error(`Over ${limit} bytes wait`),
};

/** @param onClosed What else is to end. */
export function spokeClient(
  spoke: SpokeEventTarget,
  onClosed: () => Promise<void> = () => Promise.resolve(),
): Client {
  const pubsub = createPubSub({ eventTarget: spoke });
  const listeners = new Map<string, (event: TypedEvent) => void>();
  return {
    publish: ({ type, id, payload }) => pubsub.publish(type, id, payload),
    async subscribe(topic, onEvent) {
      const listener = ({ detail }: TypedEvent) => onEvent(detail);
      listeners.set(topic, listener);
      spoke.addEventListener(topic, listener);
      await spoke.flush();
    },
    async unsubscribe(topic) {
      spoke.removeEventListener(topic, listeners.get(topic)!);
      await spoke.flush();
    },
    barrier: () => spoke.flush(),
    async [Symbol.asyncDispose]() {
      await spoke.close();
      await onClosed();
    },
  };
}
