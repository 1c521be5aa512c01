// Which topics most events are on.

import { FeedLimit, type FeedTopic } from "./_dashboard_feed.ts";
import { cut } from "./_dashboard_text.ts";
import { HeavyHitters } from "./_heavy_hitters.ts";
import { TopN } from "./_top_n.ts";
import { type EventEnvelope, topicOf } from "./envelope.ts";

/** Topics that are counted exactly; see {@linkcode HeavyHitters} for more. */
const COUNTED = 1024;

/**
 * Seconds that rates are averages of, the last ones counting most: a topic with an
 * event now and then stays where it can be read.
 */
const AVERAGE = 5;
/** Events a second of a topic that nobody misses. */
const FORGOTTEN = 0.01;

/** Of one topic: what came since the last sample, and averages. */
interface Own {
  bytes: number;
  deliveries: number;
  readonly average: {
    rate: number;
    bytesRate: number;
    deliveryRate: number;
    error: number;
  };
}

/** Counts events by topic; those longer than they are shown, by what is shown. */
export class TopicRates {
  #counted = counters();
  /** How much of an average is of the time since it was begun. */
  #share = 0;

  count(envelope: EventEnvelope, bytes: number, receivers: number): void {
    const own = this.#counted.add(cut(topicOf(envelope)));
    own.bytes += bytes;
    own.deliveries += receivers;
  }

  /** Another hub has passed on what was counted last. */
  countAgain(envelope: EventEnvelope, receivers: number): void {
    const own = this.#counted.get(cut(topicOf(envelope)));
    if (own) own.deliveries += receivers;
  }

  /** The topics with most events, so many seconds after the last time. */
  next(seconds: number): FeedTopic[] {
    const kept = Math.exp(-seconds / AVERAGE);
    this.#share = this.#share * kept + 1 - kept;
    const top = new TopN<FeedTopic>(FeedLimit.TOPICS);
    for (const { key, count, error, own } of this.#counted.entries) {
      const { average } = own;
      const now = {
        rate: count,
        bytesRate: own.bytes,
        deliveryRate: own.deliveries,
        error,
      };
      own.bytes = own.deliveries = 0;
      for (const name of FIGURES) {
        average[name] = average[name] * kept + now[name] / seconds * (1 - kept);
      }
      const rate = average.rate / this.#share;
      if (rate < FORGOTTEN || !top.takes(rate)) continue;
      top.offer({
        topic: key,
        isCut: key.length > FeedLimit.TEXT,
        rate,
        bytesRate: average.bytesRate / this.#share,
        deliveryRate: average.deliveryRate / this.#share,
        error: average.error / this.#share,
      }, rate);
    }
    this.#counted.next();
    return top.toSorted();
  }

  clear(): void {
    this.#counted = counters();
    this.#share = 0;
  }
}

const FIGURES = ["rate", "bytesRate", "deliveryRate", "error"] as const;

const counters = () =>
  new HeavyHitters<Own>(COUNTED, () => ({
    bytes: 0,
    deliveries: 0,
    average: { rate: 0, bytesRate: 0, deliveryRate: 0, error: 0 },
  }));
