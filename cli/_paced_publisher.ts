// Publishes as fast as the hub works it off, and no faster than was asked for.

import type { SpokeEventTarget } from "../_spoke_options.ts";
import type { TypedEvent } from "../typed_event_target.ts";
import { pause } from "./_until.ts";

/** Bytes, and events, that may be under way to a hub. */
const MAX_BYTES = 256 * 1024;
const MAX_EVENTS = 10_000;

/** Milliseconds after which the hub is asked again what it has. */
const CONFIRM_INTERVAL = 1_000;

/** Publishes on a spoke, until it is stopped. */
export class PacedPublisher {
  readonly #target: SpokeEventTarget;
  readonly #rate: number | undefined;
  readonly #begun: number = performance.now();
  #events = 0;
  #confirmed = 0;
  /** What was sent when the hub was last asked whether it has all. */
  #flushedBytes = 0;
  /** What arrived is known, however slowly more comes. */
  readonly #confirming = setInterval(
    () => void this.flush().catch(() => {}),
    CONFIRM_INTERVAL,
  );

  /** @param rate Events a second at the most. */
  constructor(target: SpokeEventTarget, rate?: number) {
    this.#target = target;
    this.#rate = rate;
  }

  /** Events dispatched. */
  get events(): number {
    return this.#events;
  }

  /** Bytes of JSON of these. */
  get bytes(): number {
    return this.#target.stats().sentBytes;
  }

  /** Events that the hub has worked off. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Sends one event. */
  dispatch(event: TypedEvent): void {
    this.#target.dispatchEvent(event);
    this.#events++;
  }

  /** Resolves once there is room for more. */
  async room(): Promise<void> {
    const isFull = this.bytes - this.#flushedBytes >= MAX_BYTES ||
      this.#events - this.#confirmed >= MAX_EVENTS;
    if (isFull) await this.flush();
  }

  /** Resolves once it is time for the next one. */
  async turn(signal: AbortSignal): Promise<void> {
    if (this.#rate === undefined) return;
    const due = this.#begun + this.#events * 1_000 / this.#rate;
    const early = due - performance.now();
    if (early > 1) await pause(signal, early);
  }

  /**
   * Resolves once the hub has worked off all of it.
   *
   * @throws {ConnectionError} When the connection is lost.
   */
  async flush(): Promise<void> {
    const { events, bytes } = this;
    if (events === this.#confirmed) return;
    await this.#target.flush();
    // One that began later may have been told sooner.
    this.#confirmed = Math.max(this.#confirmed, events);
    this.#flushedBytes = Math.max(this.#flushedBytes, bytes);
  }

  /** Asks the hub no more. */
  stop(): void {
    clearInterval(this.#confirming);
  }
}
