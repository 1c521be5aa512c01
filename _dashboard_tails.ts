// Topics whose events somebody watches as they come: so many of each, and what
// was left out is counted.

import {
  FeedLimit,
  type FeedTail,
  type FeedTailEvent,
} from "./_dashboard_feed.ts";
import { cut } from "./_dashboard_text.ts";
import type { EventSender } from "./_hub_observer.ts";
import { type EventEnvelope, topicOf } from "./envelope.ts";

/** Bytes of events that one tail shows between two samples: more take too long. */
const MAX_BYTES = 1024 * 1024;

/** What is left of a tail's share, until the next sample. */
interface Share {
  events: number;
  bytes: number;
  dropped: number;
}

/** The tails of a feed, by topic. */
export class Tails {
  readonly #shares = new Map<string, Share>();
  readonly #send: (topic: string, tail: FeedTail) => void;

  constructor(send: (topic: string, tail: FeedTail) => void) {
    this.#send = send;
  }

  get size(): number {
    return this.#shares.size;
  }

  add(topic: string): void {
    this.#shares.set(topic, wholeShare());
  }

  delete(topic: string): void {
    this.#shares.delete(topic);
  }

  onEvent(
    hub: number,
    envelope: EventEnvelope,
    bytes: number,
    from: EventSender,
    receivers: number,
  ): void {
    if (this.#shares.size === 0) return;
    const topic = topicOf(envelope);
    let event: FeedTailEvent | undefined;
    for (const tailed of new Set([envelope.type, topic])) {
      const share = this.#shares.get(tailed);
      if (!share) continue;
      if (share.events === 0 || share.bytes < bytes) {
        share.dropped++;
        continue;
      }
      share.events--;
      share.bytes -= bytes;
      const json = JSON.stringify(envelope.payload) ?? "";
      event ??= {
        hub,
        topic: cut(topic),
        json: cut(json, FeedLimit.PAYLOAD),
        isCut: json.length > FeedLimit.PAYLOAD,
        bytes,
        from: typeof from === "string" ? undefined : cut(from.id),
        receivers,
      };
      this.#tell(tailed, share, event);
    }
  }

  /** Begins the next share of each, and tells what nothing has told of. */
  next(): void {
    for (const [topic, share] of this.#shares) {
      if (share.dropped > 0) this.#tell(topic, share);
      this.#shares.set(topic, wholeShare());
    }
  }

  #tell(topic: string, share: Share, event?: FeedTailEvent): void {
    const { dropped } = share;
    share.dropped = 0;
    this.#send(topic, { at: Date.now(), dropped, event });
  }
}

const wholeShare = (): Share => ({
  events: FeedLimit.TAIL,
  bytes: MAX_BYTES,
  dropped: 0,
});
