// Which topics most events are on.

import { FeedLimit, type FeedTopic } from "./_dashboard_feed.ts";
import { cut } from "./_dashboard_text.ts";
import { HeavyHitters } from "./_heavy_hitters.ts";
import { TopN } from "./_top_n.ts";
import { type EventEnvelope, topicOf } from "./envelope.ts";

/** Topics that are counted exactly; see {@linkcode HeavyHitters} for more. */
const COUNTED = 1024;

/** Counts events by topic; those longer than they are shown, by what is shown. */
export class TopicRates {
  #counted = counters();

  count(envelope: EventEnvelope, bytes: number, receivers: number): void {
    const own = this.#counted.add(cut(topicOf(envelope)));
    own.bytes += bytes;
    own.deliveries += receivers;
  }

  /** The topics with most events since the last time, in so many seconds. */
  next(seconds: number): FeedTopic[] {
    const top = new TopN<FeedTopic>(FeedLimit.TOPICS);
    for (const { key, count, error, own } of this.#counted.entries) {
      if (count > 0 && top.takes(count)) {
        top.offer({
          topic: key,
          isCut: key.length > FeedLimit.TEXT,
          rate: count / seconds,
          bytesRate: own.bytes / seconds,
          deliveryRate: own.deliveries / seconds,
          error: error / seconds,
        }, count);
      }
      own.bytes = own.deliveries = 0;
    }
    this.#counted.next();
    return top.toSorted();
  }

  clear(): void {
    this.#counted = counters();
  }
}

const counters = () =>
  new HeavyHitters(COUNTED, () => ({ bytes: 0, deliveries: 0 }));
