// What a dashboard is told of a hub: all that happens, while it looks.

import type { Backpressure, DisconnectReason } from "./_hub_options.ts";
import type { HubConnection, HubFault } from "./_hub_options.ts";
import type { EventEnvelope } from "./envelope.ts";

/** Whoever looks at a hub. It MUST NOT throw. */
export interface HubObserver {
  /**
   * An event has been passed on.
   *
   * @param bytes Of the encoded envelope, without framing.
   * @param from The connection that sent it; `undefined` when the application
   * dispatched it, or it came from an engine.
   * @param receivers How many connections it was sent to.
   */
  onEvent(
    envelope: EventEnvelope,
    bytes: number,
    from: HubConnection | undefined,
    receivers: number,
  ): void;
  onConnection(connection: HubConnection): void;
  onDisconnection(connection: HubConnection, reason: DisconnectReason): void;
  onBackpressure(pressure: Backpressure): void;
  onFault(fault: HubFault): void;
}
