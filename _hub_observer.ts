// What a dashboard is told of a hub: all that happens, while it looks.

import type { Backpressure, DisconnectReason } from "./_hub_options.ts";
import type { HubConnection, HubFault } from "./_hub_options.ts";
import type { EventEnvelope } from "./envelope.ts";

/** Who sent an event. */
export type EventSender = HubConnection | "application" | "elsewhere";

/** Whoever looks at a hub. It MUST NOT throw. */
export interface HubObserver {
  /**
   * An event has been passed on.
   *
   * @param bytes Of the encoded envelope, without framing.
   * @param from Who sent it: a connection, the hub's application, or somebody
   * elsewhere, at another hub or on an engine.
   * @param receivers How many connections it was sent to.
   */
  onEvent(
    envelope: EventEnvelope,
    bytes: number,
    from: EventSender,
    receivers: number,
  ): void;
  onConnection(connection: HubConnection): void;
  onDisconnection(connection: HubConnection, reason: DisconnectReason): void;
  onBackpressure(pressure: Backpressure): void;
  onFault(fault: HubFault): void;
}
