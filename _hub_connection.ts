// A connection of a hub: pending until it is admitted, then with a channel.

import type { HubChannel, HubChannelHandlers } from "./_hub_channel.ts";
import type { HubConnection } from "./_hub_options.ts";
import type { HubLink, LinkClosed } from "./_link.ts";
import { Traffic } from "./_traffic.ts";
import type { TargetStats } from "./typed_event_target.ts";
import type { EventEnvelope } from "./envelope.ts";
import { CloseCode } from "./errors.ts";

/** A connection that a transport accepted and the hub has not admitted yet. */
export interface PendingConnection<TMessage> {
  readonly remoteId: string;
  /** Settles when the connection has ended, whatever ended it. */
  readonly left: Promise<unknown>;
  /**
   * Waits for the peer's first bytes; `undefined`, soon, when it has left.
   */
  open(): Promise<HubLink<TMessage> | undefined>;
  close(code: number, reason: string): void;
}

/** What a hub is told of all its connections: see `HubChannelHandlers`. */
export interface ConnectionHandlers<TMessage> {
  onEvent(
    connection: Connection<TMessage>,
    envelope: EventEnvelope,
    message: TMessage,
  ): void | Promise<void>;
  onSubscribe(
    connection: Connection<TMessage>,
    topic: string,
  ): void | Promise<void>;
  onUnsubscribe(connection: Connection<TMessage>, topic: string): void;
  onPing(connection: Connection<TMessage>): void | Promise<void>;
  onOverflow(
    connection: Connection<TMessage>,
    bufferedBytes: number,
    topic: string,
  ): void;
  onFlood(connection: Connection<TMessage>): void;
  onFault(connection: Connection<TMessage>, error: Error): void;
  onClosed(connection: Connection<TMessage>, closed: LinkClosed): void;
}

/**
 * A connection of a hub; has a channel from its admission on. It takes what the
 * channel tells: closures for each connection would take half a kilobyte.
 */
export class Connection<TMessage>
  implements HubConnection, HubChannelHandlers<TMessage> {
  readonly id: string;
  readonly topics = new Set<string>();
  link!: HubLink<TMessage>;
  channel!: HubChannel<TMessage>;
  readonly #handlers: ConnectionHandlers<TMessage>;
  #pending: PendingConnection<TMessage> | undefined;

  constructor(
    pending: PendingConnection<TMessage>,
    handlers: ConnectionHandlers<TMessage>,
  ) {
    this.id = pending.remoteId;
    this.#pending = pending;
    this.#handlers = handlers;
  }

  get bufferedBytes(): number {
    return this.channel?.bufferedBytes ?? 0;
  }

  stats(): TargetStats {
    return {
      ...this.link?.traffic ?? new Traffic(),
      bufferedBytes: this.bufferedBytes,
      reconnects: 0,
      rtt: this.channel?.rtt,
    };
  }

  /** It is pending no more. */
  admit(link: HubLink<TMessage>, channel: HubChannel<TMessage>): void {
    this.link = link;
    this.channel = channel;
    this.#pending = undefined;
  }

  async close(code: number = CloseCode.NORMAL, reason = ""): Promise<void> {
    if (!Number.isInteger(code) || code < 1000 || code > 4999) {
      throw new RangeError(
        `Cannot close connection: code ${code} is not from 1000 to 4999`,
      );
    }
    if (this.#pending) this.#pending.close(code, reason);
    else await this.channel.close(code, reason);
  }

  onEvent(envelope: EventEnvelope, message: TMessage): void | Promise<void> {
    return this.#handlers.onEvent(this, envelope, message);
  }

  onSubscribe(topic: string): void | Promise<void> {
    return this.#handlers.onSubscribe(this, topic);
  }

  onUnsubscribe(topic: string): void {
    this.#handlers.onUnsubscribe(this, topic);
  }

  onPing(): void | Promise<void> {
    return this.#handlers.onPing(this);
  }

  onOverflow(bufferedBytes: number, topic: string): void {
    this.#handlers.onOverflow(this, bufferedBytes, topic);
  }

  onFlood(): void {
    this.#handlers.onFlood(this);
  }

  onFault(error: Error): void {
    this.#handlers.onFault(this, error);
  }

  onClosed(closed: LinkClosed): void {
    this.#handlers.onClosed(this, closed);
  }
}
