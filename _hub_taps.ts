// What listens in on a hub: bridges, one or several.

import { within } from "./_deferred.ts";
import type { HubTap } from "./_hub_tap.ts";
import { type Origin, Source } from "./_origin.ts";
import { RecentOrigins } from "./_recent_origins.ts";
import type { EventEnvelope } from "./envelope.ts";

/** Milliseconds that a peer is kept waiting for an engine that does not answer. */
const LISTEN_TIMEOUT = 1_000;

/** The taps of a hub. */
export class HubTaps {
  readonly source = new Source();
  readonly #taps = new Set<HubTap>();
  /** What came by one of several taps. */
  #recent: RecentOrigins | undefined;
  /** What connections subscribed to, and no tap has confirmed yet. */
  readonly #awaited = new Map<object, Promise<void>>();

  add(tap: HubTap): void {
    this.#taps.add(tap);
    if (this.#taps.size > 1) this.#recent ??= new RecentOrigins();
  }

  remove(tap: HubTap): void {
    this.#taps.delete(tap);
  }

  publish(envelope: EventEnvelope): void {
    if (this.#taps.size === 0) return;
    const from = this.source.next();
    this.#recent?.add(from);
    for (const tap of this.#taps) tap.onPublish(envelope, from);
  }

  /** Whether an event has not come by another tap. */
  isNews(from: Origin): boolean {
    return !this.#recent || this.#recent.add(from);
  }

  subscribed(connection: object, topic: string, isFirst: boolean): void {
    for (const tap of this.#taps) {
      if (isFirst) tap.onFirst(topic);
      const listening = tap.whenListening(topic);
      if (listening) this.#await(connection, listening);
    }
  }

  unsubscribed(topic: string): void {
    for (const tap of this.#taps) tap.onLast(topic);
  }

  /**
   * Settles once the taps listen on all that a connection subscribed to, or do
   * not come to it.
   */
  whenSubscribed(connection: object): Promise<void> | undefined {
    const listening = this.#awaited.get(connection);
    // It is waited for once: an engine that is gone is not the hub's silence.
    return listening && within(listening, LISTEN_TIMEOUT, () => {
      if (this.#awaited.get(connection) === listening) this.forget(connection);
    });
  }

  forget(connection: object): void {
    this.#awaited.delete(connection);
  }

  #await(connection: object, listening: Promise<void>): void {
    const before = this.#awaited.get(connection);
    const all = Promise.all([before, listening]).then(() => {
      if (this.#awaited.get(connection) === all) {
        this.#awaited.delete(connection);
      }
    });
    this.#awaited.set(connection, all);
  }
}
