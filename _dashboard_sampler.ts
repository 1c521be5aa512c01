// Looks at hubs, and says once an interval how they are doing: as much each time,
// whatever the number of their connections and topics.

import { ConnectionRates } from "./_dashboard_connections.ts";
import {
  type FeedFault,
  type FeedHistory,
  FeedLimit,
  type FeedSample,
  type FeedTail,
} from "./_dashboard_feed.ts";
import { History } from "./_dashboard_history.ts";
import { HubRates } from "./_dashboard_rates.ts";
import { Tails } from "./_dashboard_tails.ts";
import { cut, messageOf } from "./_dashboard_text.ts";
import { TopicRates } from "./_dashboard_topics.ts";
import { Hub } from "./_hub.ts";
import type { EventEnvelope } from "./envelope.ts";
import type { HubObserver } from "./_hub_observer.ts";
import type { HubEventTarget } from "./_hub_options.ts";

/** Milliseconds that a sample of the past is of, at the least. */
const MIN_SPAN = 40;

/** What a sampler tells. It MUST NOT throw. */
export interface SamplerHandlers {
  onFault(fault: FeedFault): void;
  onTail(topic: string, tail: FeedTail): void;
}

/**
 * Samples hubs. It observes them while it is told that somebody watches; without
 * that it reads their counters alone.
 */
export class Sampler {
  readonly #hubs: readonly HubEventTarget[];
  readonly #handlers: SamplerHandlers;
  readonly #started = performance.now();
  readonly #totals: HubRates;
  readonly #history = new History();
  readonly #topics = new TopicRates();
  readonly #connections: ConnectionRates;
  readonly #tails: Tails;
  #faults = 0;
  /** The event that a hub passed on last. */
  #last: EventEnvelope | undefined;
  #omittedFaults = 0;
  #stops: (() => void)[] = [];
  #isWatched = false;
  /** When topics were begun to count. */
  #since = 0;

  /** @throws {TypeError} When one is no hub of this library. */
  constructor(hubs: readonly HubEventTarget[], handlers: SamplerHandlers) {
    this.#hubs = hubs;
    this.#handlers = handlers;
    // What is no hub is to be heard of now.
    for (const [i, hub] of hubs.entries()) {
      Hub.observe(hub, this.#observer(i))();
    }
    this.#totals = new HubRates(hubs);
    this.#connections = new ConnectionRates(hubs);
    this.#tails = new Tails((topic, tail) => handlers.onTail(topic, tail));
  }

  get history(): FeedHistory {
    return this.#history.columns();
  }

  get tails(): Pick<Tails, "size" | "add" | "delete"> {
    return this.#tails;
  }

  /** Milliseconds since rates were counted last. */
  get age(): number {
    return this.#totals.age;
  }

  /** Somebody watches, or nobody does any more. */
  watch(isWatched: boolean): void {
    if (isWatched === this.#isWatched) return;
    this.#isWatched = isWatched;
    for (const stop of this.#stops) stop();
    this.#stops = isWatched
      ? this.#hubs.map((hub, i) => Hub.observe(hub, this.#observer(i)))
      : [];
    this.#topics.clear();
    this.#since = performance.now();
    this.#connections.clear();
    // The rates of the connections are those since this look at them.
    if (isWatched) this.#connections.next();
  }

  /** Counts the rates of the time since the last count, which costs nothing. */
  count(): void {
    const { span, rates } = this.#totals.count();
    // What has hardly begun has no rates yet.
    if (span >= MIN_SPAN) this.#history.add(Date.now(), rates);
  }

  /** What is now, with the rates that were counted last, and no more than that. */
  look(): FeedSample {
    return {
      at: Date.now(),
      uptime: performance.now() - this.#started,
      ...this.#totals.look(),
      topics: [],
      connections: [],
      visited: 0,
      omittedFaults: 0,
    };
  }

  /** Since the last count, while somebody watches. */
  next(): FeedSample {
    this.count();
    const now = performance.now();
    const seconds = (now - this.#since) / 1000;
    this.#since = now;
    this.#tails.next();
    const omittedFaults = this.#omittedFaults;
    this.#faults = this.#omittedFaults = 0;
    return {
      ...this.look(),
      topics: this.#topics.next(seconds),
      ...this.#connections.next(),
      omittedFaults,
    };
  }

  #observer(hub: number): HubObserver {
    return {
      onEvent: (envelope, bytes, from, receivers) => {
        // Hubs that are linked pass the same one on, one after the other.
        if (from === "elsewhere" && envelope === this.#last) {
          this.#topics.countAgain(envelope, receivers);
        } else this.#topics.count(envelope, bytes, receivers);
        this.#last = envelope;
        this.#tails.onEvent(hub, envelope, bytes, from, receivers);
      },
      onConnection() {},
      onDisconnection() {},
      onBackpressure: ({ connection, bufferedBytes, limit, topic }) =>
        this.#fault(() => ({
          at: Date.now(),
          hub,
          kind: "slow",
          message:
            `Closed a slow consumer: ${bufferedBytes} bytes waited, the limit is ${limit}`,
          connection: cut(connection.id),
          topic: cut(topic),
        })),
      onFault: ({ error, connection, topic }) =>
        this.#fault(() => ({
          at: Date.now(),
          hub,
          kind: "error",
          message: messageOf(error),
          connection: connection && cut(connection.id),
          topic: topic === undefined ? topic : cut(topic),
        })),
    };
  }

  #fault(made: () => FeedFault): void {
    if (++this.#faults > FeedLimit.FAULTS) this.#omittedFaults++;
    else this.#handlers.onFault(made());
  }
}
