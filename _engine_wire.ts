// What the shared code knows of an engine: Redis and NATS differ in how a topic
// is written, and in how their clients tell what became of it.

import type { Sender } from "./_outgoing.ts";

/** How the server of an engine is reached. */
export interface EngineWire extends Sender {
  /** Whether the subscription to a type brings what is sent to its topics. */
  readonly hasWildcards: boolean;
  /** Whether the server can be told of topics; `onConnected` says when again. */
  readonly canSubscribe: boolean;
  /** @throws {RangeError} When the engine has no name for the topic. */
  assertTopic(topic: string): void;
  /**
   * Subscribes; once more when it is subscribed already, which verifies it.
   *
   * @returns Settles once the server has answered.
   */
  subscribe(topic: string): Promise<unknown>;
  /** @returns Settles once the server has answered. */
  unsubscribe(topic: string): Promise<unknown>;
  /** Whether errors of the client are told: else they are left to it. */
  takeErrors(takes: boolean): void;
  /** Leaves the client as it was found. */
  release(): void;
}

/** What a wire tells. */
export interface EngineWireHandlers {
  /**
   * A message came by the subscription to a topic.
   *
   * @param on The topic that it was sent to: one of many for a wildcard.
   */
  onMessage(topic: string, text: string, on?: string): void;
  /** The client reports an error, with a topic or with none. */
  onError(error: unknown, topic?: string): void;
  /** The server cannot be reached. */
  onDown(error: Error): void;
  /** It can again. */
  onUp(): void;
  /**
   * The client has connected: the server may know of no subscription.
   *
   * @param wasLost Whether it had been connected before.
   * @param rest What has to be done besides, under way.
   */
  onConnected(wasLost: boolean, rest?: Promise<unknown>): void;
  /** The client has ended for good. */
  onEnded(error: Error): void;
}
