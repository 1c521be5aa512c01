// What the processes of the cluster say to each other, see ../_protocol.ts.

import type { EngineName, Kind, Payload, Room } from "./_plan.ts";

/** Where the two hubs of a process are found. */
export interface HubAddress {
  ticket: string;
  url: string;
}

export interface HubStarted extends HubAddress {
  irohPort: number;
  webSocketPort: number;
}

/** What a hub process can be asked. */
export interface HubCalls {
  /** Started again, it takes the ports that it had. */
  start: {
    args: {
      engine: EngineName;
      engineUrl: string;
      secretKey: number[];
      irohPort?: number;
      webSocketPort?: number;
    };
    result: HubStarted;
  };
  /** Its bridge has the engine's answer to all of before, but for what it lost. */
  flush: { args: unknown; result: { lost: number } };
  sync: { args: unknown; result: unknown };
  stop: { args: unknown; result: unknown };
}

/** What there is to see of a hub process. */
export interface HubState {
  iroh: number;
  webSocket: number;
  topics: number;
  lost: number;
  /** How many are in each room, on all hubs as far as they answer. */
  subscribers: Partial<Record<Room, number>>;
}

export type HubReport =
  | { say: "state"; state: HubState }
  | { say: "engine"; isUp: boolean }
  | { say: "bridge"; why: string; lost: number }
  | { say: "fault"; why: string };

/** What a process of spokes can be asked. */
export interface SpokesCalls {
  start: { args: { kind: Kind; hubs: HubAddress[] }; result: unknown };
  /** Each publishes an event every so many milliseconds; 0 ends that. */
  publish: { args: { interval: number }; result: unknown };
  /** Tells all the traffic of before. */
  catchUp: { args: unknown; result: unknown };
  /** A spoke publishes nothing until it is at home. */
  rest: { args: { spoke: string }; result: unknown };
  /** A spoke leaves the hub that it is at for its own. */
  goHome: { args: { spoke: string }; result: unknown };
  flush: { args: unknown; result: unknown };
  sync: { args: unknown; result: unknown };
  stop: { args: unknown; result: unknown };
}

/** An event, who received it, and at which hub. */
export type Receipt = [event: Payload & { room: Room }, by: string, at: number];

export type SpokesReport =
  | {
    say: "traffic";
    sent: (Payload & { room: Room })[];
    received: Receipt[];
  }
  | { say: "open"; spoke: string; hub: number }
  /** The hub and the engine know what it is subscribed to. */
  | { say: "settled"; spoke: string; at: number }
  | { say: "lost"; spoke: string; why: string }
  | { say: "fault"; spoke: string; why: string };

/** Chosen short, so that the loss of a hub is found within two seconds. */
export const LIVENESS = { pingInterval: 500, pingTimeout: 1_000 };
