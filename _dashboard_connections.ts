// Which connections most bytes wait for, and most events go through.

import { type FeedConnection, FeedLimit } from "./_dashboard_feed.ts";
import { ratesBetween, type Reading } from "./_dashboard_rates.ts";
import { cut } from "./_dashboard_text.ts";
import type { HubConnection, HubEventTarget } from "./_hub_options.ts";
import { TopN } from "./_top_n.ts";

/** Connections that one sample looks at, besides those of the sample before. */
const VISITS = 5_000;

interface Visited {
  readonly hub: number;
  readonly connection: HubConnection;
}

/** Looks at the connections of hubs, so many at a time. */
export class ConnectionRates {
  readonly #hubs: readonly HubEventTarget[];
  readonly #visits: number;
  /** By the connection alone: one that has ended is forgotten with it. */
  #readings = new WeakMap<HubConnection, Reading>();
  /** Where the last sample stopped, of more than it could look at. */
  #rest: Iterator<Visited> | undefined;
  #last: readonly Visited[] = [];

  constructor(hubs: readonly HubEventTarget[], visits: number = VISITS) {
    this.#hubs = hubs;
    this.#visits = visits;
  }

  /** The busiest ones; a connection that is new has no rates yet. */
  next(): { connections: FeedConnection[]; visited: number } {
    const byBuffer = new TopN<[Visited, FeedConnection]>(FeedLimit.CONNECTIONS);
    const byRate = new TopN<[Visited, FeedConnection]>(FeedLimit.CONNECTIONS);
    const now = performance.now();
    let visited = 0;
    for (const one of this.#inTurn()) {
      visited++;
      const { connection, hub } = one;
      const stats = connection.stats();
      const rates = ratesBetween(this.#readings.get(connection), now, stats);
      this.#readings.set(connection, { at: now, stats });
      const rate = rates.eventsIn + rates.eventsOut;
      const { bufferedBytes } = stats;
      const isBehind = bufferedBytes > 0 && byBuffer.takes(bufferedBytes);
      if (!isBehind && !byRate.takes(rate)) continue;
      const shown: [Visited, FeedConnection] = [one, {
        hub,
        id: cut(connection.id),
        topics: connection.topics.size,
        bufferedBytes,
        rates,
        rtt: stats.rtt ?? null,
      }];
      if (isBehind) byBuffer.offer(shown, bufferedBytes);
      byRate.offer(shown, rate);
    }
    const top = new Set([...byBuffer.toSorted(), ...byRate.toSorted()]);
    this.#last = Array.from(top, ([one]) => one);
    return { connections: Array.from(top, ([, shown]) => shown), visited };
  }

  clear(): void {
    this.#readings = new WeakMap();
    this.#rest = undefined;
    this.#last = [];
  }

  /** Those of the last sample, and the next of all others; none twice. */
  *#inTurn(): Iterable<Visited> {
    const known = new Set<HubConnection>();
    for (const one of this.#last) {
      if (!this.#hubs[one.hub]!.connections.has(one.connection)) continue;
      known.add(one.connection);
      yield one;
    }
    const rest = this.#rest ?? this.#all();
    for (let i = 0; i < this.#visits; i++) {
      const { done, value } = rest.next();
      if (done) {
        this.#rest = undefined;
        return;
      }
      if (!known.has(value.connection)) yield value;
    }
    this.#rest = rest;
  }

  *#all(): Generator<Visited, void> {
    for (const [hub, { connections }] of this.#hubs.entries()) {
      for (const connection of connections) yield { hub, connection };
    }
  }
}
