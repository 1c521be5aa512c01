// What is subscribed on one client of Redis, by all targets that share it: the
// server holds one subscription for each channel of a connection.

import { inLine } from "./_options.ts";
import type { RedisSubscriber } from "./_redis_types.ts";

/** The three ways to subscribe, named as the commands are. */
export type RedisKind = "subscribe" | "psubscribe" | "ssubscribe";

/** Takes the texts of a channel, or of all that match a pattern. */
export type RedisHandler = (text: string, channel: string) => void;

const COMMANDS = {
  subscribe: { event: "message", opposite: "unsubscribe" },
  psubscribe: { event: "pmessage", opposite: "punsubscribe" },
  ssubscribe: { event: "smessage", opposite: "sunsubscribe" },
} as const;

const shared = new WeakMap<RedisSubscriber, RedisSubscriptions>();

/** The subscriptions on one client. */
export class RedisSubscriptions {
  readonly #client: RedisSubscriber;
  readonly #channels = {
    subscribe: new Map<string, Set<RedisHandler>>(),
    psubscribe: new Map<string, Set<RedisHandler>>(),
    ssubscribe: new Map<string, Set<RedisHandler>>(),
  };
  readonly #listeners = {
    subscribe: (channel: string, text: string) =>
      this.#deliver("subscribe", channel, channel, text),
    psubscribe: (pattern: string, channel: string, text: string) =>
      this.#deliver("psubscribe", pattern, channel, text),
    ssubscribe: (channel: string, text: string) =>
      this.#deliver("ssubscribe", channel, channel, text),
  };

  /** What could not be unsubscribed, by its command. */
  readonly #refused = new Map<string, readonly [RedisKind, string]>();

  readonly #onReady = () => {
    this.#client.off("ready", this.#onReady);
    this.verify().catch(() => {}); // It is tried again.
  };

  constructor(client: RedisSubscriber) {
    this.#client = client;
  }

  static on(client: RedisSubscriber): RedisSubscriptions {
    let subscriptions = shared.get(client);
    if (!subscriptions) {
      subscriptions = new RedisSubscriptions(client);
      shared.set(client, subscriptions);
    }
    return subscriptions;
  }

  /** Subscribes, or verifies that it is subscribed. */
  add(kind: RedisKind, name: string, handler: RedisHandler): Promise<unknown> {
    const channels = this.#channels[kind];
    if (channels.size === 0) {
      this.#client.on(COMMANDS[kind].event, this.#listeners[kind]);
    }
    const handlers = channels.get(name);
    if (handlers) handlers.add(handler);
    else channels.set(name, new Set([handler]));
    return this.#command(kind, name);
  }

  /** Unsubscribes when nobody else needs the channel. */
  remove(
    kind: RedisKind,
    name: string,
    handler: RedisHandler,
  ): Promise<unknown> {
    const channels = this.#channels[kind];
    const handlers = channels.get(name);
    if (!handlers?.delete(handler) || handlers.size > 0) {
      return Promise.resolve();
    }
    channels.delete(name);
    if (channels.size === 0) {
      this.#client.off(COMMANDS[kind].event, this.#listeners[kind]);
    }
    return this.#unsubscribe(kind, name);
  }

  /** The client has connected, and subscribed to all that it was once told. */
  async verify(): Promise<void> {
    const refused = [...this.#refused.values()];
    this.#refused.clear();
    await Promise.all(
      refused.filter(([kind, name]) => !this.#channels[kind].has(name))
        .map(([kind, name]) => this.#unsubscribe(kind, name)),
    );
  }

  async #unsubscribe(kind: RedisKind, name: string): Promise<void> {
    try {
      await this.#command(COMMANDS[kind].opposite, name);
    } catch (error) {
      // Its target may have been closed: nobody else will ask.
      if (this.#refused.size === 0) this.#client.on("ready", this.#onReady);
      this.#refused.set(`${kind} ${name}`, [kind, name]);
      throw error;
    }
  }

  // deno-lint-ignore require-await -- a client may throw as well as reject
  async #command(name: keyof RedisSubscriber, channel: string) {
    const command = this.#client[name] as
      | ((channel: string) => Promise<unknown>)
      | undefined;
    if (typeof command !== "function") {
      throw new TypeError(
        `Cannot ${name} to ${inLine(channel)}: the client has no such method`,
      );
    }
    return command.call(this.#client, channel);
  }

  #deliver(kind: RedisKind, name: string, channel: string, text: string): void {
    for (const handler of this.#channels[kind].get(name) ?? []) {
      handler(text, channel);
    }
  }
}
