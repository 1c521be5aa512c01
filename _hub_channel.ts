// A channel of a hub: takes subscriptions, and has a limit to what waits for the
// peer to read.

import {
  Channel,
  type ChannelHandlers,
  type ChannelOptions,
} from "./_channel.ts";
import type { Codec, HubLink, LinkClosed } from "./_link.ts";
import { MessageRate } from "./_message_rate.ts";
import type { EventEnvelope } from "./envelope.ts";
import { CloseCode, EnvelopeError } from "./errors.ts";

/** The options of a hub's channel, checked by the hub. */
export interface HubChannelOptions extends ChannelOptions {
  readonly backpressureLimit: number;
  readonly maxMessagesPerSecond: number;
  readonly maxTopicsPerConnection: number;
}

/** What a hub is told. */
export interface HubChannelHandlers<TMessage>
  extends ChannelHandlers<TMessage> {
  /** The peer subscribes. */
  onSubscribe(topic: string): void | Promise<void>;
  /** The peer no longer subscribes. */
  onUnsubscribe(topic: string): void;
  /** The peer asks whether all is worked off; it is told once this settles. */
  onPing(): void | Promise<void>;
  /** The peer does not read; the channel closes with 1013 next. */
  onOverflow(bufferedBytes: number, topic: string): void;
  /** The peer sends faster than it may. */
  onFlood(): void;
  /** The link has ended. */
  onClosed(closed: LinkClosed): void;
}

/** One connection of a hub, above its link. */
export class HubChannel<TMessage>
  extends Channel<TMessage, HubChannelHandlers<TMessage>> {
  readonly #link: HubLink<TMessage>;
  readonly #codec: Codec<TMessage>;
  readonly #rate: MessageRate | undefined;
  readonly #options: HubChannelOptions;

  constructor(
    link: HubLink<TMessage>,
    codec: Codec<TMessage>,
    options: HubChannelOptions,
    handlers: HubChannelHandlers<TMessage>,
  ) {
    super(link, codec, options, handlers);
    this.#link = link;
    this.#codec = codec;
    this.#options = options;
    const { maxMessagesPerSecond, maxTopicsPerConnection } = options;
    if (maxMessagesPerSecond < Infinity) {
      this.#rate = new MessageRate(
        maxMessagesPerSecond,
        maxTopicsPerConnection,
      );
    }
  }

  /** @returns Whether a message of that type came within the peer's rate. */
  admits(type: string): boolean {
    if (this.#rate === undefined || this.#rate.take(type)) return true;
    this.handlers.onFlood();
    return false;
  }

  /** Gives up on a peer that does not read. */
  giveUp(topic: string): void {
    if (this.isClosed) return;
    this.handlers.onOverflow(this.bufferedBytes, topic);
    this.abort(CloseCode.SLOW_CONSUMER, "slow consumer");
  }

  override onMessage(message: TMessage, text?: string): void | Promise<void> {
    const pending = super.onMessage(message, text);
    if (pending) return this.#hold(pending);
  }

  /** Waits for a hook, with all that the peer sends meanwhile. */
  async #hold(pending: Promise<void>): Promise<void> {
    this.isHolding = true;
    // Its pings wait, too: it is to hear from us before it gives us up.
    const { pingInterval, pingTimeout } = this.#options;
    const delay = pingTimeout / 2;
    if (pingInterval > 0 && this.wakeAt - performance.now() > delay) {
      this.wakeIn(delay);
    }
    try {
      await pending;
    } catch (error) {
      this.onFault(error as Error);
    }
    this.isHolding = false;
    this.onBytes();
    this.#rate?.resume();
  }

  protected override onControl(
    envelope: EventEnvelope,
  ): void | Promise<void> {
    const { type, payload } = envelope;
    if (!this.admits(type)) return;
    switch (type) {
      case "__subscribe":
        return this.handlers.onSubscribe(topicIn(type, payload));
      case "__unsubscribe":
        return this.handlers.onUnsubscribe(topicIn(type, payload));
      case "__ping": {
        const pending = this.handlers.onPing();
        if (pending) return pending.then(() => void super.onControl(envelope));
      }
    }
    return super.onControl(envelope);
  }

  protected override onClosed(closed: LinkClosed): void {
    super.onClosed(closed);
    this.handlers.onClosed(closed);
  }

  protected override reply(message: TMessage): void {
    const size = this.#codec.sizeOf(message);
    const { backpressureLimit } = this.#options;
    if (this.#link.hasRoom(size, backpressureLimit)) this.send(message, size);
    else this.giveUp("__pong");
  }
}

function topicIn(type: string, payload: unknown): string {
  const topic = (payload as { topic?: unknown } | null | undefined)?.topic;
  if (typeof topic !== "string" || topic === "") {
    throw new EnvelopeError(
      `Cannot decode envelope: the payload of ${type} holds no topic`,
    );
  }
  return topic;
}
