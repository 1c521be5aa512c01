// Which topics most events are on.

import { FeedLimit, type FeedTopic } from "./_dashboard_feed.ts";
import { cut } from "./_dashboard_text.ts";
import { HeavyHitters } from "./_heavy_hitters.ts";
import { TopN } from "./_top_n.ts";
import { type EventEnvelope, topicOf } from "./envelope.ts";

/** Topics that are counted exactly; see {@linkcode HeavyHitters} for more. */
const COUNTED = 1024;

/** Samples that the order is by, so that rows keep their places. */
const ORDERED_BY = 5;
/** Seconds that a topic stays for without an event, so that it can be chosen. */
const STAYS = 15;

/** Of one topic. */
interface Own {
  /** Since the last sample. */
  bytes: number;
  deliveries: number;
  /** Events of the last samples, the newest first. */
  readonly recent: number[];
  /** Seconds without an event. */
  idle: number;
}

/** Counts events by topic; those longer than they are shown, by what is shown. */
export class TopicRates {
  #counted = counters();
  /** Seconds that the last samples are of, the newest first. */
  #spans: number[] = [];

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

  /**
   * The topics with most events in the last samples, with their rates of the
   * seconds since the last time: totals are of no other time.
   */
  next(seconds: number): FeedTopic[] {
    unshift(this.#spans, seconds);
    const time = this.#spans.reduce((sum, span) => sum + span);
    const top = new TopN<FeedTopic>(FeedLimit.TOPICS);
    for (const { key, count, error, own } of this.#counted.entries) {
      const { bytes, deliveries, recent } = own;
      own.bytes = own.deliveries = 0;
      own.idle = count > 0 ? 0 : own.idle + seconds;
      unshift(recent, count);
      const average = recent.reduce((sum, count) => sum + count) / time;
      // Of those that are silent the last one to be heard is the first.
      const weight = average > 0 ? average : -own.idle;
      if (own.idle > STAYS || !top.takes(weight)) continue;
      top.offer({
        topic: key,
        isCut: key.length > FeedLimit.TEXT,
        rate: count / seconds,
        average,
        bytesRate: bytes / seconds,
        deliveryRate: deliveries / seconds,
        error: error / seconds,
      }, weight);
    }
    this.#counted.next();
    return top.toSorted();
  }

  clear(): void {
    this.#counted = counters();
    this.#spans = [];
  }
}

/** Puts a number before those of the last samples. */
function unshift(numbers: number[], newest: number): void {
  numbers.unshift(newest);
  if (numbers.length > ORDERED_BY) numbers.pop();
}

const counters = () =>
  new HeavyHitters<Own>(COUNTED, () => ({
    bytes: 0,
    deliveries: 0,
    recent: [],
    idle: 0,
  }));
