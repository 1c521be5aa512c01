// What a hostile peer is, what a row of the table says, and what the process of
// the hub is asked.

import type { HubOptions } from "../../iroh_hub.ts";

export type TransportName =
  | "@number0/iroh"
  | "@rayhanadev/iroh"
  | "WebSocket on Deno"
  | "WebSocket on ws";

/** A hub as a row wants it; what can be said in JSON. */
export interface HubSetup {
  /** Numbers. */
  readonly options?: HubOptions;
  /** What the hook does with all but the events of healthy peers. */
  readonly authorizePublish?: "refuses" | "never answers";
}

/** What the process of the hub says by itself. */
export type HubLine =
  /** Where its hubs are met. */
  | { readonly address: string }
  /** What the operator is told. */
  | { readonly told: string };

/** Bytes in the process of the hub. */
export interface Memory {
  /** What JavaScript still refers to, buffers included. */
  readonly held: number;
  readonly rss: number;
  /** The highest `rss` since it was asked last. */
  readonly peak?: number;
}

/** One connection that says what it likes. */
export interface HostilePeer {
  /** One message: a frame on iroh, a text message on WebSocket. */
  text(text: string): Promise<void>;
  /** The same, of bytes that need not be UTF-8. */
  bytes(content: Uint8Array): Promise<void>;
  /** Bytes below messages. */
  raw(bytes: Uint8Array): Promise<void>;
  /** Resolves when the hub has worked off all of it. */
  flush(): Promise<void>;
  /** How the hub ended it: `1002 reason`, or `lost`. */
  ended(): Promise<string>;
  /** Leaves without a word. */
  destroy(): void;
}

/** How a row reads where transports differ. */
export type PerTransport<T> = T | Partial<Record<TransportName, T>>;

/** One thing a hostile peer does, and what comes of it. */
export interface Row {
  /** What it does. */
  readonly name: string;
  /** Where it makes sense; everywhere unless it says so. */
  readonly on?: "iroh" | "WebSocket" | TransportName;
  readonly hub?: HubSetup;
  /**
   * What it does, once connected. A write may fail when it is put out.
   *
   * @param turn Counts the peers from 0, when there are several.
   * @param victim How the hub calls the subscriber.
   */
  attack(peer: HostilePeer, turn: number, victim: string): Promise<unknown>;
  /** So many such peers, one after the other. */
  readonly times?: number;
  /**
   * `served`: it can go on. `stalled`: it is neither answered nor put out.
   * Otherwise a close code and what goes with it, or `lost`. One of several.
   */
  readonly peerSees: PerTransport<readonly string[]>;
  /** All that the operator is told; of each peer, when there are several. */
  readonly operatorSees: PerTransport<readonly string[]>;
  /** The topics of what a subscriber to everything hears of it. */
  readonly othersHear?: readonly string[];
  /** It does not read. */
  readonly isDeaf?: boolean;
  /** Bytes that the hub may hold more than before; none unless said. */
  readonly mayHold?: number;
}
