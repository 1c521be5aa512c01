// What a hub has counted, and who looks on.

import type {
  Backpressure,
  DisconnectReason,
  HubConnection,
  HubFault,
} from "./_hub_options.ts";
import type { EventSender, HubObserver } from "./_hub_observer.ts";
import type { EventEnvelope } from "./envelope.ts";

/** Told of all that happens on a hub. */
export class HubRecord implements HubObserver {
  accepted = 0;
  slowConsumers = 0;
  faults = 0;
  readonly #observers = new Set<HubObserver>();
  /** Whether somebody looks: events are told to nobody else. */
  isObserved = false;

  /** @returns Ends it. */
  add(observer: HubObserver): () => void {
    this.#observers.add(observer);
    this.isObserved = true;
    return () => {
      this.#observers.delete(observer);
      this.isObserved = this.#observers.size > 0;
    };
  }

  onEvent(
    envelope: EventEnvelope,
    bytes: number,
    from: EventSender,
    receivers: number,
  ): void {
    for (const observer of this.#observers) {
      observer.onEvent(envelope, bytes, from, receivers);
    }
  }

  onConnection(connection: HubConnection): void {
    this.accepted++;
    for (const observer of this.#observers) observer.onConnection(connection);
  }

  onDisconnection(connection: HubConnection, reason: DisconnectReason): void {
    for (const observer of this.#observers) {
      observer.onDisconnection(connection, reason);
    }
  }

  onBackpressure(pressure: Backpressure): void {
    this.slowConsumers++;
    for (const observer of this.#observers) observer.onBackpressure(pressure);
  }

  onFault(fault: HubFault): void {
    this.faults++;
    for (const observer of this.#observers) observer.onFault(fault);
  }
}
