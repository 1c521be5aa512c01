// One connection of either end, above the link: control events, ping and pong,
// liveness, faults of the peer. A hub holds many channels, a spoke one.

import { type Deferred, deferred, within } from "./_deferred.ts";
import { isReserved } from "./_envelope_fault.ts";
import type { EventEnvelope } from "./envelope.ts";
import { CloseCode, ConnectionError, FrameError } from "./errors.ts";
import type { Codec, Link, LinkClosed, LinkHandlers } from "./_link.ts";

/** The options of a channel, checked by its owner. */
export interface ChannelOptions {
  readonly pingInterval: number;
  readonly pingTimeout: number;
}

/** What the owner of a channel is told. */
export interface ChannelHandlers<TMessage> {
  /** An event arrived; `message` is as it came in. */
  onEvent(envelope: EventEnvelope, message: TMessage): void | Promise<void>;
  /** The peer broke the protocol or went silent; the channel closes next. */
  onFault(error: Error): void;
}

/** One connection, above its link. */
export class Channel<
  TMessage,
  THandlers extends ChannelHandlers<TMessage> = ChannelHandlers<TMessage>,
> implements LinkHandlers<TMessage> {
  readonly #link: Link<TMessage>;
  readonly #codec: Codec<TMessage>;
  readonly #options: ChannelOptions;
  protected readonly handlers: THandlers;
  /** Made by the first ping that is waited for: most channels have none. */
  #pings: Map<string, Deferred<void>> | undefined;
  #lastPing = 0;
  /** The ping that is timed: one at a time. */
  #timed: { readonly id: string; readonly at: number } | undefined;
  /** Milliseconds that the last one took that was answered. */
  rtt: number | undefined;
  /** Whether a handler holds the next message back. */
  protected isHolding = false;
  #closing: Promise<boolean> | undefined;
  #lastInbound = performance.now();
  /** A ping was sent, and nothing has come since. */
  #isAwaited = false;
  /** The ping waits behind other things, of which so much had been taken. */
  #behind: number | undefined;
  protected wakeAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    link: Link<TMessage>,
    codec: Codec<TMessage>,
    options: ChannelOptions,
    handlers: THandlers,
  ) {
    this.#link = link;
    this.#codec = codec;
    this.#options = options;
    this.handlers = handlers;
    link.closed.then((closed) => this.onClosed(closed));
    if (options.pingInterval > 0) this.wakeIn(options.pingInterval);
    link.open(this);
  }

  /** None once the link has ended: what it was not given waits elsewhere. */
  get bufferedBytes(): number {
    return this.isClosed ? 0 : this.#link.bufferedBytes;
  }

  get isClosed(): boolean {
    return this.#link.isClosed;
  }

  get closed(): Promise<LinkClosed> {
    return this.#link.closed;
  }

  /** Queues an encoded envelope, whatever waits already. */
  send(message: TMessage, bytes = this.#codec.sizeOf(message)): void {
    this.#link.send(message, bytes);
  }

  /** Queues a control event. */
  control(type: string, payload: unknown, id = ""): void {
    this.send(this.#codec.encode({ type, id, payload }));
  }

  #ping(id: string): void {
    this.#timed ??= { id, at: performance.now() };
    this.control("__ping", null, id);
  }

  /**
   * Resolves once the peer has worked off all that was sent before.
   *
   * @throws {ConnectionError} When the link ends first.
   */
  ping(id: string = String(++this.#lastPing)): Promise<void> {
    if (this.#link.isClosed) {
      return Promise.reject(new ConnectionError("Cannot ping: not connected"));
    }
    this.#ping(id);
    const pong = deferred<void>();
    (this.#pings ??= new Map()).set(id, pong);
    return pong.promise;
  }

  /** The events, as messages, that were never handed to the transport. */
  unsentEvents(): TMessage[] {
    return this.#link.unsent().filter((message) =>
      !isReserved(this.#codec.decode(message).type)
    );
  }

  /** Ends the channel at once. */
  abort(code: number, reason: string): void {
    this.#link.close(code, reason);
  }

  /**
   * Ends the channel once the peer has worked off all that was sent, or has
   * taken nothing for `pingTimeout`.
   *
   * @returns Whether the peer said that it has.
   */
  close(code: number, reason: string): Promise<boolean> {
    return this.#closing ??= this.#close(code, reason);
  }

  async #close(code: number, reason: string): Promise<boolean> {
    const isDone = await this.settle();
    this.#link.close(code, reason);
    await this.#link.closed;
    return isDone;
  }

  /**
   * Waits until the peer has worked off all that was sent so far, or has taken
   * nothing of it for `pingTimeout`, or the link ends.
   *
   * @returns Whether the peer said that it has.
   */
  async settle(): Promise<boolean> {
    const id = String(++this.#lastPing);
    const pong = this.ping(id).then(() => true, () => false);
    const { takenBytes, bufferedBytes } = this.#link;
    // What is sent meanwhile does not count: the peer could ask for it for ever.
    const all = takenBytes + bufferedBytes;
    let isDone: boolean | undefined;
    let taken = -1;
    while (
      isDone === undefined && taken < all && this.#link.takenBytes > taken
    ) {
      taken = this.#link.takenBytes;
      isDone = await within(pong, this.#options.pingTimeout, () => undefined);
    }
    // A peer may live and never answer.
    this.#pings?.delete(id);
    return !!isDone;
  }

  /** The peer is alive, or cannot be judged by what it did before. */
  onBytes(): void {
    this.#lastInbound = performance.now();
    this.#isAwaited = false;
  }

  onMessage(message: TMessage, text?: string): void | Promise<void> {
    if (this.#link.isClosed) return;
    try {
      const envelope = this.#codec.decode(message, text);
      return isReserved(envelope.type)
        ? this.onControl(envelope)
        : this.handlers.onEvent(envelope, message);
    } catch (error) {
      this.onFault(error as Error);
    }
  }

  /** A control event; those that nobody knows are of a newer peer. */
  protected onControl(envelope: EventEnvelope): void | Promise<void> {
    const { type, id } = envelope;
    if (type === "__ping") {
      this.reply(this.#codec.encode({ type: "__pong", id, payload: null }));
    } else if (type === "__pong") {
      if (id === this.#timed?.id) {
        this.rtt = performance.now() - this.#timed.at;
        this.#timed = undefined;
      }
      this.#pings?.get(id)?.resolve();
      this.#pings?.delete(id);
    }
  }

  /** Sends a pong. */
  protected reply(message: TMessage): void {
    this.send(message);
  }

  onFault(error: Error): void {
    if (this.#link.isClosed) return;
    this.handlers.onFault(error);
    const tooLarge = error instanceof FrameError &&
      error.code === "FRAME_TOO_LARGE";
    this.#link.close(
      tooLarge ? CloseCode.FRAME_TOO_LARGE : CloseCode.PROTOCOL_ERROR,
      error.message,
    );
  }

  /** The link has ended. */
  protected onClosed(closed: LinkClosed): void {
    clearTimeout(this.#timer);
    const error = connectionErrorOf(closed);
    this.#pings?.forEach((pong) => pong.reject(error));
  }

  /** Looks whether the peer is alive: pings one that is idle, gives up on one
   * that does not answer. */
  #watch(): void {
    const { pingInterval, pingTimeout } = this.#options;
    const now = performance.now();
    const idle = now - this.#lastInbound;
    // Silence is our own fault while we do not read, or did not get to run.
    const isOurs = this.isHolding || now - this.wakeAt > pingTimeout;
    if (!this.#isAwaited && !this.isHolding && idle < pingInterval) {
      this.#ping(""); // Not for its life: how long does an answer take?
      return this.wakeIn(pingInterval - idle);
    }
    // So it is while the ping waits behind what is on its way. No number is more
    // than `undefined`.
    const { takenBytes, bufferedBytes } = this.#link;
    const isMoving = this.#isAwaited && takenBytes > this.#behind!;
    if (this.#isAwaited && !isMoving && !isOurs) {
      const error = new ConnectionError(
        `Cannot reach peer: it has been silent for ${Math.round(idle)} ms`,
        { code: "PING_TIMEOUT" },
      );
      this.handlers.onFault(error);
      return this.#link.close(CloseCode.GOING_AWAY, "ping timeout");
    }
    if (!isMoving) {
      this.#isAwaited = true;
      this.#ping("");
    }
    // A little is sent within `pingTimeout` by any link that is alive.
    this.#behind = bufferedBytes > 10_000 ? takenBytes : undefined;
    this.wakeIn(pingTimeout);
  }

  /** Looks after the peer in so many milliseconds, and not before. */
  protected wakeIn(delay: number): void {
    clearTimeout(this.#timer);
    this.wakeAt = performance.now() + delay;
    this.#timer = setTimeout(() => this.#watch(), delay);
  }
}

/** The error that says how a link ended. */
export function connectionErrorOf(closed: LinkClosed): ConnectionError {
  const { code, reason, byPeer, error } = closed;
  const message = byPeer
    ? `Connection closed by peer with code ${code}: ${reason}`
    : `Connection lost: ${reason}`;
  return new ConnectionError(message, {
    cause: error,
    closeCode: byPeer ? code : undefined,
  });
}
