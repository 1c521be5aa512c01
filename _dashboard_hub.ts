// The hub of a dashboard's feed: who watches, and what they may ask for.

import {
  type FeedEvent,
  FeedLimit,
  type FeedPublish,
  type FeedPublished,
  type FeedSample,
} from "./_dashboard_feed.ts";
import { Sampler } from "./_dashboard_sampler.ts";
import { cut, messageOf } from "./_dashboard_text.ts";
import { Hub } from "./_hub.ts";
import type { TappedHub } from "./_hub_tap.ts";
import type { HubEventTarget } from "./_hub_options.ts";
import { createEvent, parseTopic } from "./envelope.ts";
import {
  createWebSocketServerEventTarget,
  type WebSocketServerEventTarget,
} from "./websocket_server.ts";

/** Options of a feed, checked by its owner. */
export interface FeedHubOptions {
  readonly title: string;
  readonly interval: number;
  readonly allowPublish: boolean;
  /** Whether who came with that id may watch. */
  isAllowed(id: string): Promise<boolean>;
}

/** Watchers at once; a page is one. */
const MAX_WATCHERS = 32;

/** Feeds those who watch hubs. */
export class FeedHub {
  readonly target: WebSocketServerEventTarget<FeedEvent>;
  readonly #hubs: readonly HubEventTarget[];
  readonly #options: FeedHubOptions;
  readonly #sampler: Sampler;
  readonly #tapped: TappedHub;
  #timer: unknown;
  /** Topics of the feed, but for welcomes, that somebody is subscribed to. */
  readonly #watched = new Set<string>();
  #last: FeedSample;

  constructor(hubs: readonly HubEventTarget[], options: FeedHubOptions) {
    this.#hubs = hubs;
    this.#options = options;
    this.#sampler = new Sampler(hubs, {
      onFault: (fault) => this.#send("hub.fault", "", fault),
      onTail: (topic, tail) => this.#send("hub.tail", topic, tail),
    });
    this.#last = this.#sampler.look();
    this.target = createWebSocketServerEventTarget<FeedEvent>({
      maxConnections: MAX_WATCHERS,
      maxFrameBytes: FeedLimit.FRAME,
      backpressureLimit: 4 * FeedLimit.FRAME,
      maxTopicsPerConnection: FeedLimit.TAILS,
      maxMessagesPerSecond: 50,
      authorizeConnection: ({ id }) => options.isAllowed(id),
      authorizeSubscribe: ({ topic }) => this.#isKnown(topic),
      authorizePublish: ({ envelope }) => envelope.type === "hub.publish",
      // What a page does wrong ends the page alone.
      onError() {},
    });
    this.target.addEventListener("hub.publish", ({ detail }) => {
      this.#send("hub.published", detail.id, this.#publish(detail.payload));
    });
    this.#tapped = Hub.tap(this.target, {
      onFirst: (topic) => this.#onFirst(topic),
      onLast: (topic) => this.#onLast(topic),
      whenListening: () => undefined,
      onPublish() {},
    });
    this.#begin();
  }

  close(): Promise<void> {
    clearInterval(this.#timer as number);
    this.#sampler.watch(false);
    this.#tapped.release();
    return this.target.close();
  }

  /** The next sample is an interval away. */
  #begin(): void {
    clearInterval(this.#timer as number);
    this.#timer = setInterval(() => this.#tick(), this.#options.interval);
    unref(this.#timer);
  }

  #tick(): void {
    // Ticks that were late come together.
    if (!this.#isDue()) return;
    // A hub looks at each of its connections to say how much waits: not for nobody.
    if (this.#watched.size === 0) return this.#sampler.count();
    this.#last = this.#sampler.next();
    if (this.#watched.has("hub.sample")) {
      this.#send("hub.sample", "", this.#last);
    }
  }

  #isDue(): boolean {
    return this.#sampler.age >= this.#options.interval / 2;
  }

  /** Whether the feed has that topic. */
  #isKnown(topic: string): boolean {
    const { type, id } = parseTopic(topic);
    switch (type) {
      case "hub.sample":
      case "hub.fault":
        return id === "";
      case "hub.welcome":
      case "hub.published":
        return id !== "";
      case "hub.tail":
        return id !== "" &&
          (this.#watched.has(topic) ||
            this.#sampler.tails.size < FeedLimit.TAILS);
      default:
        return false;
    }
  }

  #onFirst(topic: string): void {
    const { type, id } = parseTopic(topic);
    if (type === "hub.welcome") return this.#welcome(id);
    if (type === "hub.published") return;
    if (this.#watched.size === 0) {
      // What is told from now on begins now, and the first is of an interval.
      if (this.#isDue()) this.#sampler.count();
      this.#begin();
    }
    this.#watched.add(topic);
    if (type === "hub.tail") this.#sampler.tails.add(id);
    this.#sampler.watch(true);
  }

  #onLast(topic: string): void {
    if (!this.#watched.delete(topic)) return;
    const { type, id } = parseTopic(topic);
    if (type === "hub.tail") this.#sampler.tails.delete(id);
    this.#sampler.watch(this.#watched.size > 0);
  }

  #welcome(id: string): void {
    const { title, interval, allowPublish } = this.#options;
    if (this.#watched.size === 0) this.#last = this.#sampler.look();
    this.#send("hub.welcome", id, {
      title: cut(title),
      interval,
      hubs: this.#hubs.length,
      allowPublish,
      history: this.#sampler.history,
      last: this.#last,
    });
  }

  #publish(request: FeedPublish): FeedPublished {
    try {
      if (!this.#options.allowPublish) {
        throw new TypeError("Cannot publish: allowPublish is off");
      }
      const { hub, type, id, payload } = checked(request);
      const target = this.#hubs[hub];
      if (!target) {
        throw new RangeError(
          `Cannot publish: there are ${this.#hubs.length} hubs, none is ${hub}`,
        );
      }
      target.dispatchEvent(createEvent(type, id, payload));
      return {};
    } catch (error) {
      return { error: messageOf(error) };
    }
  }

  #send<TType extends FeedEvent["detail"]["type"]>(
    type: TType,
    id: string,
    payload: Extract<FeedEvent["detail"], { type: TType }>["payload"],
  ): void {
    this.target.dispatchEvent(createEvent(type, id, payload) as FeedEvent);
  }
}

/** What came from a page may be anything. */
function checked(request: unknown): FeedPublish {
  const { hub, type, id, payload } = (request ?? {}) as Partial<FeedPublish>;
  if (
    typeof hub !== "number" || typeof type !== "string" ||
    typeof id !== "string"
  ) {
    throw new TypeError("Cannot publish: hub, type or id is missing");
  }
  return { hub, type, id, payload };
}

/** A timer that keeps no process: a number in Deno, an object elsewhere. */
function unref(timer: unknown): void {
  if (typeof timer !== "number") return (timer as { unref(): void }).unref();
  const { Deno } = globalThis as unknown as {
    Deno: { unrefTimer(id: number): void };
  };
  Deno.unrefTimer(timer);
}
