// What a bridge is told of a hub, and asked: nothing else looks into a hub.

import type { Origin } from "./_origin.ts";
import type { EventEnvelope } from "./envelope.ts";

/** Whoever listens in on a hub. */
export interface HubTap {
  /** The first connection has subscribed to a topic. */
  onFirst(topic: string): void;
  /** The last one no longer subscribes. */
  onLast(topic: string): void;
  /**
   * Settles, never with an error, once what others publish on a topic comes
   * here; `undefined` when there is nothing to wait for.
   */
  whenListening(topic: string): Promise<void> | undefined;
  /**
   * The hub's application has published, or a connection of a hub that relays.
   *
   * @param from The same for every tap.
   */
  onPublish(envelope: EventEnvelope, from: Origin): void;
}

/** A hub, as what listens in on it sees it. */
export interface TappedHub {
  /** In the origins of its events. */
  readonly source: string;
  /** The topics that a connection is subscribed to. */
  topics(): Iterable<string>;
  /** The ids of the peers that are subscribed to exactly that topic. */
  subscribers(topic: string): string[];
  /**
   * Passes on to its connections what was published elsewhere; once, however
   * often and by whatever tap it comes.
   *
   * @throws {FrameError} When it is over the hub's `maxFrameBytes`.
   */
  deliver(envelope: EventEnvelope, from: Origin): void;
  /** Listens no more. */
  release(): void;
}
