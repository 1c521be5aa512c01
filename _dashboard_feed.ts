// What a dashboard's feed carries: a WebSocket hub of this library, whose clients
// are the page and `top`. All sizes are bounded, whatever the hub has.

import type { HubStats } from "./_hub_options.ts";
import type { EventsOf } from "./typed_event_target.ts";

/** Where the feed is, below the address of the page. */
export const FEED_PATH = "feed";

/** The most that a sample, a welcome and a tail hold. */
export const FeedLimit = {
  /** Topics of a sample. */
  TOPICS: 20,
  /** Connections of a sample by what waits for them, and as many by rate. */
  CONNECTIONS: 20,
  /** UTF-16 units of a topic, an id or a message, which are cut behind them. */
  TEXT: 256,
  /** UTF-16 units of a payload in a tail, as JSON. */
  PAYLOAD: 2048,
  /** Samples of the past. */
  HISTORY: 300,
  /** Faults in the time between two samples; the others are counted. */
  FAULTS: 20,
  /** Events of one tail in the time between two samples; the others are counted. */
  TAIL: 50,
  /** Topics that all who watch may tail at once. */
  TAILS: 16,
  /** Bytes of a message on the feed, of either end. */
  FRAME: 256 * 1024,
} as const;

/** Changes a second. */
export interface FeedRates {
  /** Events that came in from connections. */
  readonly eventsIn: number;
  /** Events that were sent to connections, once for each. */
  readonly eventsOut: number;
  /** Bytes of the events that came in. */
  readonly bytesIn: number;
  /** Bytes of the events that were sent. */
  readonly bytesOut: number;
}

/**
 * A topic that events were on. Its rates are of the time that the totals are of;
 * it stays for some seconds without an event.
 */
export interface FeedTopic {
  readonly topic: string;
  /** The topic is longer than it is shown, and cannot be tailed by that. */
  readonly isCut: boolean;
  /**
   * Events a second. With more topics than are counted it may be too high, by no
   * more than `error`.
   */
  readonly rate: number;
  /** Events a second in the last samples, which are in the order of it. */
  readonly average: number;
  /** Bytes a second, each event once. */
  readonly bytesRate: number;
  /** Deliveries a second: events, once for each receiver. */
  readonly deliveryRate: number;
  readonly error: number;
}

/** A connection that much waits for, or that much goes through. */
export interface FeedConnection {
  /** Which of the hubs it is of. */
  readonly hub: number;
  readonly id: string;
  /** The number of topics it is subscribed to. */
  readonly topics: number;
  readonly bufferedBytes: number;
  readonly rates: FeedRates;
  /** Milliseconds. */
  readonly rtt: number | null;
}

/** One hub of those that are watched, or all together. */
export interface FeedHub {
  readonly stats: FeedStats;
  readonly rates: FeedRates;
}

/** What a hub counts, without what only one connection has. */
export type FeedStats = Omit<HubStats, "rtt">;

/** `hub.sample`: how it is going, once an interval while somebody is subscribed. */
export interface FeedSample {
  /** Unix time in milliseconds. */
  readonly at: number;
  /** Milliseconds that the rates are of. */
  readonly span: number;
  /** Milliseconds since the dashboard was created. */
  readonly uptime: number;
  /** All hubs together. */
  readonly total: FeedHub;
  /** Each of them, in the order in which they were given. */
  readonly hubs: readonly FeedHub[];
  /** The topics with the most events in the last samples, the first first. */
  readonly topics: readonly FeedTopic[];
  /** Those with the most bytes waiting and those with the most events a second. */
  readonly connections: readonly FeedConnection[];
  /**
   * Connections that were looked at for `connections`: all, or so many in turn,
   * so that a sample takes no longer however many there are.
   */
  readonly visited: number;
  /** Faults since the last sample that were too many to tell. */
  readonly omittedFaults: number;
}

/** `hub.fault`: what went wrong, as it comes. */
export interface FeedFault {
  readonly at: number;
  readonly hub: number;
  /** A slow consumer was closed, or `onError` was told. */
  readonly kind: "slow" | "error";
  readonly message: string;
  readonly connection?: string | undefined;
  readonly topic?: string | undefined;
}

/**
 * `hub.tail:<topic>`: an event of the topic that is tailed; or none, when some
 * were dropped since, and no event says so.
 */
export interface FeedTail {
  readonly at: number;
  /** Events that were not sent here since the last message, being too many. */
  readonly dropped: number;
  readonly event?: FeedTailEvent | undefined;
}

/** An event in a tail. */
export interface FeedTailEvent {
  readonly hub: number;
  readonly topic: string;
  /** The payload's JSON, cut behind {@linkcode FeedLimit.PAYLOAD}. */
  readonly json: string;
  readonly isCut: boolean;
  /** Of the encoded envelope. */
  readonly bytes: number;
  /** The connection that sent it; none when it is the application's. */
  readonly from?: string | undefined;
  readonly receivers: number;
}

/**
 * `hub.welcome:<id>`: told whenever somebody subscribes to it, with an id of
 * their own choice: what does not change, and the samples of the past.
 */
export interface FeedWelcome {
  readonly title: string;
  /** Milliseconds between samples. */
  readonly interval: number;
  readonly hubs: number;
  readonly allowPublish: boolean;
  readonly history: FeedHistory;
  /** The last sample, which has no topics and connections if nobody watched. */
  readonly last: FeedSample;
}

/** The samples of the past, the oldest first; a column for each figure. */
export interface FeedHistory {
  readonly at: readonly number[];
  readonly eventsIn: readonly number[];
  readonly eventsOut: readonly number[];
  readonly bytesIn: readonly number[];
  readonly bytesOut: readonly number[];
}

/**
 * `hub.publish:<id>`: to be dispatched by a hub, when the dashboard allows it;
 * `hub.published:<id>` answers.
 */
export interface FeedPublish {
  readonly hub: number;
  readonly type: string;
  readonly id: string;
  readonly payload: unknown;
}

/** `hub.published:<id>`: it was, or why it was not. */
export interface FeedPublished {
  readonly error?: string | undefined;
}

/** What the feed sends to those who watch. */
export type FeedEvent = EventsOf<{
  "hub.welcome": FeedWelcome;
  "hub.sample": FeedSample;
  "hub.fault": FeedFault;
  "hub.tail": FeedTail;
  "hub.publish": FeedPublish;
  "hub.published": FeedPublished;
}>;
