// What is compared: each publish/subscribe system as an application uses it,
// behind one interface.

import type { EventEnvelope } from "../../mod.ts";

/** A server, its clients, and why they may be missing. */
export interface System {
  /** As it stands beside the numbers: `NATS`. */
  readonly name: string;
  /** Whether its server is a program of others: a process of its own anyway. */
  readonly isProgram?: boolean;
  /** Why it cannot be measured here; `undefined` when it can. */
  unavailable(): Promise<string | undefined> | string | undefined;
  /** Starts its server on a free port of the loopback interface. */
  serve(): Promise<Server>;
  /** A client of the server at that address. */
  connect(address: string): Promise<Client>;
}

/** A server that runs; disposing of it stops it. */
export interface Server extends AsyncDisposable {
  readonly address: string;
  /** Its process, when that is a program. */
  readonly pid?: number;
}

/** One connection to a server; disposing of it ends it. */
export interface Client extends AsyncDisposable {
  /** Publishes to the topic that is the event's type, and does not wait. */
  publish(envelope: EventEnvelope): void;
  /** Resolves once the server has it; events come parsed. */
  subscribe(
    topic: string,
    onEvent: (envelope: EventEnvelope) => void,
  ): Promise<void>;
  /** The callback of before no more; those can that are asked to. */
  unsubscribe?(topic: string): Promise<void>;
  /** Resolves once the server has worked off all that was published before. */
  barrier(): Promise<void>;
}

/**
 * What may wait on a server for a subscriber that lags. The limits that systems
 * have are raised to it: a server that drops a subscriber is not slow.
 */
export const BACKLOG_BYTES = 256 * 1024 * 1024;
