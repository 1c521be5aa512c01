// A connection of a hub: pending until it is admitted, then with a channel.

import type { HubChannel } from "./_hub_channel.ts";
import type { HubConnection } from "./_hub_options.ts";
import type { Link } from "./_link.ts";
import { CloseCode } from "./errors.ts";

/** A connection that a transport accepted and the hub has not admitted yet. */
export interface PendingConnection<TMessage> {
  readonly remoteId: string;
  /** Settles when the connection has ended, whatever ended it. */
  readonly left: Promise<unknown>;
  /** Waits for the peer's first bytes; `undefined` when it has left. */
  open(): Promise<Link<TMessage> | undefined>;
  close(code: number, reason: string): void;
}

/** A connection of a hub; has a channel from its admission on. */
export class Connection<TMessage> implements HubConnection {
  readonly topics = new Set<string>();
  channel!: HubChannel<TMessage>;
  readonly #pending: PendingConnection<TMessage>;

  constructor(pending: PendingConnection<TMessage>) {
    this.#pending = pending;
  }

  get id(): string {
    return this.#pending.remoteId;
  }

  get bufferedBytes(): number {
    return this.channel?.bufferedBytes ?? 0;
  }

  async close(code: number = CloseCode.NORMAL, reason = ""): Promise<void> {
    if (!Number.isInteger(code) || code < 1000 || code > 4999) {
      throw new RangeError(
        `Cannot close connection: code ${code} is not from 1000 to 4999`,
      );
    }
    if (this.channel) await this.channel.close(code, reason);
    else this.#pending.close(code, reason);
  }
}
