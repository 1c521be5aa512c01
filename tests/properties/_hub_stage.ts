// A live hub that anybody may dial, and a healthy spoke of it.

import { createEvent, type EventEnvelope } from "../../envelope.ts";
import type { SpokeEventTarget } from "../../websocket_client.ts";
import type {
  HubConnection,
  HubEventTarget,
  HubFault,
  HubOptions,
} from "../../websocket_server.ts";
import { envelopesOn, Log } from "../_waiting.ts";
import { HUB_LIMITS } from "./_hub_model.ts";

/** What the hub tells, and whether it goes on serving the healthy one. */
export class HubStage<THub extends HubEventTarget> {
  readonly faults: HubFault[] = [];
  readonly admitted = new Log<HubConnection>();
  readonly ended = new Log<HubConnection>();
  /** What the hub is made with. */
  readonly options: HubOptions = {
    ...HUB_LIMITS,
    pingInterval: 0,
    relay: true,
    onError: (fault) => this.faults.push(fault),
    onConnection: this.admitted.add,
    onDisconnection: this.ended.add,
  };
  hub!: THub;
  #healthy!: SpokeEventTarget;
  #heard!: Log<EventEnvelope>;
  #toHealthy!: Log<EventEnvelope>;
  #rounds = 0;

  protected join(hub: THub, healthy: SpokeEventTarget): void {
    this.hub = hub;
    this.#healthy = healthy;
    this.#heard = envelopesOn(hub, "healthy");
    this.#toHealthy = envelopesOn(healthy, "round");
  }

  /** An event goes round: from the healthy one to the hub, and back. */
  async round(): Promise<void> {
    this.#rounds++;
    this.#healthy.dispatchEvent(createEvent("healthy", "", this.#rounds));
    // Not flush(): Deno's client sends the next message when this one is
    // acknowledged, which the hub's own does at once, and TCP after 40 ms.
    await this.#heard.count(this.#rounds);
    this.hub.dispatchEvent(createEvent("round", "", this.#rounds));
    await this.#toHealthy.count(this.#rounds);
  }
}
