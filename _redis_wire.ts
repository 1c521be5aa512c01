// How topics, subscriptions and events are written for Redis: a channel for each
// topic, a pattern for all the topics of a type.

import type { EngineWire, EngineWireHandlers } from "./_engine_wire.ts";
import { inLine } from "./_options.ts";
import {
  type RedisHandler,
  type RedisKind,
  RedisSubscriptions,
} from "./_redis_subscriptions.ts";
import type {
  RedisEvents,
  RedisPublisher,
  RedisSubscriber,
} from "./_redis_types.ts";
import { type EventEnvelope, parseTopic, topicOf } from "./envelope.ts";
import { ConnectionError } from "./errors.ts";

/** What a wire on Redis is made of, checked. */
export interface RedisWireOptions {
  readonly publishClient: RedisPublisher;
  readonly subscribeClient: RedisSubscriber;
  readonly channelPrefix: string;
  readonly sharded: boolean;
}

/** What is subscribed for a topic: one channel, and a pattern for a type. */
type Part = readonly [kind: RedisKind, name: string];

/** The wire of an engine on Redis. */
export class RedisWire implements EngineWire {
  readonly resends = true;
  readonly #options: RedisWireOptions;
  readonly #handlers: EngineWireHandlers;
  readonly #subscriptions: RedisSubscriptions;
  readonly #clients: ReadonlySet<RedisEvents>;
  readonly #onText = new Map<string, RedisHandler>();
  /** The clients that have lost their connection. */
  readonly #down = new Set<RedisEvents>();
  #wasGone = false;
  #takesErrors = false;
  readonly #onError = (error: unknown) => this.#handlers.onError(error);
  readonly #stops: (() => void)[] = [];

  constructor(options: RedisWireOptions, handlers: EngineWireHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    const { publishClient, subscribeClient } = options;
    this.#subscriptions = RedisSubscriptions.on(subscribeClient);
    // One client may do both (RESP3).
    this.#clients = new Set<RedisEvents>([subscribeClient, publishClient]);
    for (const client of this.#clients) this.#watch(client);
  }

  get wasGone(): boolean {
    return this.#wasGone;
  }

  get hasWildcards(): boolean {
    return !this.#options.sharded;
  }

  get canSubscribe(): boolean {
    return !this.#down.has(this.#options.subscribeClient);
  }

  assertTopic(topic: string): void {
    this.#channelOf(topic);
  }

  subscribe(topic: string): Promise<unknown> {
    const parts = this.#partsOf(topic);
    let onText = this.#onText.get(topic);
    if (!onText) {
      const { length } = this.#options.channelPrefix;
      onText = (text, channel) =>
        this.#handlers.onMessage(topic, text, channel.slice(length));
      this.#onText.set(topic, onText);
    }
    return all(
      parts,
      ([kind, name]) => this.#subscriptions.add(kind, name, onText),
    );
  }

  unsubscribe(topic: string): Promise<unknown> {
    const onText = this.#onText.get(topic)!;
    this.#onText.delete(topic);
    return all(
      this.#partsOf(topic),
      ([kind, name]) => this.#subscriptions.remove(kind, name, onText),
    );
  }

  nameOf(envelope: EventEnvelope): string {
    return this.#channelOf(topicOf(envelope));
  }

  publish(channel: string, text: string): Promise<unknown> {
    const { publishClient, sharded, channelPrefix } = this.#options;
    if (!sharded) return publishClient.publish(channel, text);
    const sent = publishClient.spublish!(channel, text);
    const colon = channel.indexOf(":", channelPrefix.length);
    if (colon < 0) return sent;
    // There are no patterns of shards: those who listen on the type have a
    // channel of their own.
    const ofType = channel.slice(0, colon);
    sent.catch(() => {}); // The next line may throw.
    return Promise.all([sent, publishClient.spublish!(ofType, text)]);
  }

  takeErrors(takes: boolean): void {
    if (this.#takesErrors === takes) return;
    this.#takesErrors = takes;
    for (const client of this.#clients) {
      if (takes) client.on("error", this.#onError);
      else client.off("error", this.#onError);
    }
  }

  release(): void {
    this.takeErrors(false);
    for (const stop of this.#stops) stop();
  }

  #partsOf(topic: string): Part[] {
    const channel = this.#channelOf(topic);
    if (this.#options.sharded) return [["ssubscribe", channel]];
    const parts: Part[] = [["subscribe", channel]];
    if (parseTopic(topic).type === topic) {
      parts.push(["psubscribe", `${escapeGlob(channel)}:*`]);
    }
    return parts;
  }

  /** @throws {RangeError} When it cannot be written as UTF-8. */
  #channelOf(topic: string): string {
    if (holdsHalfCharacter(topic)) {
      throw new RangeError(
        `Cannot use topic ${inLine(topic)}: it holds half of a character`,
      );
    }
    return this.#options.channelPrefix + topic;
  }

  #watch(client: RedisEvents): void {
    this.#listen(client, "close", () => {
      const isFirst = this.#down.size === 0;
      this.#down.add(client);
      this.#handlers.onDown(
        new ConnectionError("Connection lost: Redis cannot be reached"),
      );
      if (isFirst) this.#wasGone = false;
      this.#wasGone ||= this.#down.size === this.#clients.size;
    });
    this.#listen(client, "end", () => {
      this.#handlers.onEnded(
        new ConnectionError("Connection lost: a client of Redis has ended"),
      );
    });
    this.#listen(client, "ready", () => {
      const wasLost = this.#down.delete(client);
      if (client === this.#options.subscribeClient) {
        this.#handlers.onConnected(wasLost, this.#subscriptions.verify());
      }
      if (wasLost && this.#down.size === 0) this.#handlers.onUp();
    });
  }

  #listen(
    client: RedisEvents,
    event: string,
    listener: (error?: unknown) => void,
  ): void {
    client.on(event, listener);
    this.#stops.push(() => client.off(event, listener));
  }
}

function all(
  parts: readonly Part[],
  run: (part: Part) => Promise<unknown>,
): Promise<unknown> {
  return parts.length === 1 ? run(parts[0]!) : Promise.all(parts.map(run));
}

/** Whether a text has no UTF-8. */
export function holdsHalfCharacter(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** What the patterns of PSUBSCRIBE would take for a wildcard. */
function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]]/g, "\\$&");
}
