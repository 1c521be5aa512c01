// The server end: many connections, fan-out by topic. What a hub is on any
// transport; the transport brings the connections.

import { Admission } from "./_admission.ts";
import { Authorization } from "./_authorization.ts";
import { deferred } from "./_deferred.ts";
import {
  type HubConnection,
  type HubEventTarget,
  type HubFault,
  type HubOptions,
  hubOptions,
  type HubStats,
} from "./_hub_options.ts";
import { HubChannel } from "./_hub_channel.ts";
import {
  Connection,
  type ConnectionHandlers,
  type PendingConnection,
} from "./_hub_connection.ts";
import type { Codec, HubLink, LinkClosed } from "./_link.ts";
import { attempt, reportUncaught, tell } from "./_listeners.ts";
import { inLine, show } from "./_options.ts";
import type { HubObserver } from "./_hub_observer.ts";
import type { HubTap, TappedHub } from "./_hub_tap.ts";
import { HubRecord } from "./_hub_record.ts";
import { HubTaps } from "./_hub_taps.ts";
import { Subscriptions } from "./_subscriptions.ts";
import { type EventEnvelope, topicOf } from "./envelope.ts";
import { CloseCode, ClosedError, RefusedError } from "./errors.ts";
import { topicFault } from "./_topic_fault.ts";
import { TopicTarget } from "./_topic_target.ts";
import { Traffic } from "./_traffic.ts";
import type { TypedEvent } from "./typed_event_target.ts";

/** The implementation that every transport's hub shares. */
export class Hub<TEvent extends TypedEvent, TMessage>
  extends TopicTarget<TEvent>
  implements HubEventTarget<TEvent> {
  readonly #options: ReturnType<typeof hubOptions>;
  readonly #codec: Codec<TMessage>;
  readonly #connections = new Set<Connection<TMessage>>();
  readonly #authorization = new Authorization((fault) => this.#report(fault));
  readonly #admission: Admission<TMessage>;
  readonly #subscriptions = new Subscriptions<HubLink<TMessage>>();
  readonly #handlers: ConnectionHandlers<TMessage> = {
    onEvent: (connection, envelope, message) =>
      this.#onEvent(connection, envelope, message),
    onSubscribe: (connection, topic) => this.#onSubscribe(connection, topic),
    onUnsubscribe: (connection, topic) => this.#unsubscribe(connection, topic),
    onPing: (connection) => this.#taps?.whenSubscribed(connection),
    onOverflow: (connection, bufferedBytes, topic) =>
      this.#onOverflow(connection, bufferedBytes, topic),
    onFlood: (connection) =>
      this.#expel(
        connection,
        `over ${this.#options.maxMessagesPerSecond} messages per second`,
      ),
    onFault: (connection, error) => this.#report({ error, connection }),
    onClosed: (connection, closed) => this.#onClosed(connection, closed),
  };
  /** Made by the first bridge: most hubs have none. */
  #taps: HubTaps | undefined;
  readonly #closed = deferred<Error | undefined>();
  readonly #traffic = new Traffic();
  readonly #record = new HubRecord();
  #isClosing = false;
  #closing: Promise<void> | undefined;

  constructor(codec: Codec<TMessage>, options: HubOptions) {
    super();
    this.#codec = codec;
    this.#options = hubOptions(options);
    this.#admission = new Admission(this.#options, this.#authorization, {
      isClosing: () => this.#isClosing,
      held: () => this.#connections.size + this.lingering,
      connectionOf: (pending) => new Connection(pending, this.#handlers),
      admit: (connection, link) => this.#admit(connection, link),
      report: (fault) => this.#report(fault),
    });
  }

  get connections(): ReadonlySet<HubConnection> {
    return this.#connections;
  }

  get closed(): Promise<Error | undefined> {
    return this.#closed.promise;
  }

  subscribers(topic: string): string[] {
    const ids = new Set<string>();
    for (const { remoteId } of this.#subscriptions.linksOf(topic)) {
      ids.add(remoteId);
    }
    return [...ids];
  }

  /**
   * Listens in on a hub.
   *
   * @throws {TypeError} When it is no hub of this library.
   */
  static tap(hub: unknown, tap: HubTap): TappedHub {
    return Hub.#of(hub).#tap(tap);
  }

  /**
   * Looks at all that happens on a hub.
   *
   * @returns Stops it.
   * @throws {TypeError} When it is no hub of this library.
   */
  static observe(hub: unknown, observer: HubObserver): () => void {
    return Hub.#of(hub).#record.add(observer);
  }

  /**
   * What has gone through a hub: its own counters, which go on. `stats()` looks
   * at each of its connections.
   *
   * @throws {TypeError} When it is no hub of this library.
   */
  static traffic(hub: unknown): Readonly<Traffic> {
    return Hub.#of(hub).#traffic;
  }

  static #of(hub: unknown): Hub<TypedEvent, unknown> {
    if (hub instanceof Hub) return hub;
    throw new TypeError(
      `Cannot use hub: ${
        show(hub)
      } was made neither by createIrohHubEventTarget nor by createWebSocketServerEventTarget`,
    );
  }

  override send(envelope: EventEnvelope): void {
    if (this.#isClosing) {
      throw new ClosedError("Cannot dispatch event: the target is closed");
    }
    // Encoded even for nobody: what cannot be sent throws whoever listens.
    const message = this.#codec.encode(envelope);
    const size = this.#codec.sizeOf(message);
    this.#fanOut(envelope, message, size, "application");
    this.#taps?.publish(envelope);
  }

  stats(): HubStats {
    let bufferedBytes = 0;
    for (const connection of this.#connections) {
      bufferedBytes += connection.bufferedBytes;
    }
    return {
      ...this.#traffic,
      bufferedBytes,
      reconnects: 0,
      rtt: undefined,
      connections: this.#connections.size,
      topics: this.#subscriptions.topicCount,
      subscriptions: this.#subscriptions.pairCount,
      accepted: this.#record.accepted,
      slowConsumers: this.#record.slowConsumers,
      faults: this.#record.faults,
    };
  }

  async flush(): Promise<void> {
    await Promise.all(
      Array.from(
        this.#connections,
        ({ channel }) => channel.settle(),
      ),
    );
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Connections that have ended, and still hold a place of the transport. */
  protected get lingering(): number {
    return 0;
  }

  /** The link of a connection that was admitted has ended. */
  protected onEnded(_link: HubLink<TMessage>): void {}

  override onListenerError(error: unknown, topic: string): void {
    this.#onThrown({ error, topic });
  }

  /** Takes in a connection: limits, authorization, then its events. */
  accept(pending: PendingConnection<TMessage>): Promise<void> {
    return this.#admission.accept(pending);
  }

  /** Tells the operator of what a transport met, with which connection if any. */
  reportTransport(error: unknown, link?: HubLink<TMessage>): void {
    let connection: Connection<TMessage> | undefined;
    for (const one of link ? this.#connections : []) {
      if (one.link === link) connection = one;
    }
    this.#report({ error, connection });
  }

  #admit(connection: Connection<TMessage>, link: HubLink<TMessage>): void {
    this.#connections.add(connection);
    connection.admit(
      link,
      new HubChannel(link, this.#codec, this.#options, connection),
    );
    this.#record.onConnection(connection);
    this.#tell(connection, this.#options.onConnection, connection);
  }

  #onOverflow(
    connection: Connection<TMessage>,
    bufferedBytes: number,
    topic: string,
  ): void {
    // Out of the index first: the callback may publish.
    this.#forget(connection);
    const limit = this.#options.backpressureLimit;
    const pressure = { connection, bufferedBytes, limit, topic };
    this.#record.onBackpressure(pressure);
    this.#tell(connection, this.#options.onBackpressure, pressure);
  }

  #onClosed(connection: Connection<TMessage>, closed: LinkClosed): void {
    this.#forget(connection);
    this.#connections.delete(connection);
    this.onEnded(connection.link);
    const { code, reason } = closed;
    const why = { code, reason };
    this.#record.onDisconnection(connection, why);
    this.#tell(connection, this.#options.onDisconnection, connection, why);
  }

  #onEvent(
    connection: Connection<TMessage>,
    envelope: EventEnvelope,
    message: TMessage,
  ): void | Promise<void> {
    if (!connection.channel.admits(envelope.type)) return;
    const size = this.#codec.sizeOf(message);
    connection.link.traffic.received(size);
    this.#traffic.received(size);
    const { authorizePublish } = this.#options;
    if (authorizePublish === undefined) {
      return this.#receive(connection, envelope, message, size);
    }
    const topic = topicOf(envelope);
    return this.#authorization.allows(
      () => authorizePublish({ connection, envelope }),
      () =>
        `Cannot publish ${inLine(topic)} of ${
          nameOf(connection)
        }: authorizePublish refused it`,
      { connection, topic },
    ).then((allowed) => {
      if (allowed && !connection.channel.isClosed) {
        this.#receive(connection, envelope, message, size);
      }
    });
  }

  #receive(
    connection: Connection<TMessage>,
    envelope: EventEnvelope,
    message: TMessage,
    size: number,
  ): void {
    if (this.#options.relay) {
      this.#fanOut(envelope, message, size, connection);
      this.#taps?.publish(envelope);
    } else if (this.#record.isObserved) {
      this.#record.onEvent(envelope, size, connection, 0);
    }
    this.listeners.deliver(envelope);
  }

  #fanOut(
    envelope: EventEnvelope,
    message: TMessage,
    size: number,
    from: Connection<TMessage> | "application" | "elsewhere",
  ): void {
    const { backpressureLimit } = this.#options;
    const sender = typeof from === "string" ? undefined : from.link;
    let receivers = 0;
    let full: Set<HubLink<TMessage>> | undefined;
    this.#subscriptions.forEach(envelope, (link) => {
      if (link === sender) return;
      if (link.hasRoom(size, backpressureLimit)) {
        link.send(message, size);
        link.traffic.sent(size);
        receivers++;
      } else (full ??= new Set()).add(link);
    });
    this.#traffic.sentEvents += receivers;
    this.#traffic.sentBytes += receivers * size;
    if (this.#record.isObserved) {
      this.#record.onEvent(envelope, size, from, receivers);
    }
    if (full === undefined) return;
    // Last: what the application is told may make it publish in turn, and a
    // message is good until the next one is encoded.
    const topic = topicOf(envelope);
    for (const { link, channel } of this.#connections) {
      if (full.has(link)) channel.giveUp(topic);
    }
  }

  #onSubscribe(
    connection: Connection<TMessage>,
    topic: string,
  ): void | Promise<void> {
    if (connection.topics.has(topic)) return;
    const fault = topicFault(connection, topic, this.#options);
    if (fault?.isOverLimit) return this.#expel(connection, fault.why);
    if (fault) return this.#refuse(connection, topic, fault.why);
    const { authorizeSubscribe } = this.#options;
    if (authorizeSubscribe === undefined) {
      return this.#subscribe(connection, topic);
    }
    return this.#authorization.allows(
      () => authorizeSubscribe({ connection, topic }),
      () =>
        `Cannot subscribe ${nameOf(connection)} to ${
          inLine(topic)
        }: authorizeSubscribe refused it`,
      { connection, topic },
    ).then((allowed) => {
      if (allowed) this.#subscribe(connection, topic);
    });
  }

  #subscribe(connection: Connection<TMessage>, topic: string): void {
    if (connection.channel.isClosed) return;
    const isFirst = this.#subscriptions.add(connection, topic);
    this.#taps?.subscribed(connection, topic, isFirst);
  }

  #unsubscribe(connection: Connection<TMessage>, topic: string): void {
    if (this.#subscriptions.remove(connection, topic)) {
      this.#taps?.unsubscribed(topic);
    }
  }

  /** Removes all that a connection subscribed to. */
  #forget(connection: Connection<TMessage>): void {
    for (const topic of connection.topics) this.#unsubscribe(connection, topic);
    this.#taps?.forget(connection);
  }

  #tap(tap: HubTap): TappedHub {
    const taps = this.#taps ??= new HubTaps();
    taps.add(tap);
    return {
      source: taps.source.name,
      topics: () => this.#subscriptions.topics(),
      subscribers: (topic) => this.subscribers(topic),
      deliver: (envelope, from) => {
        if (!taps.isNews(from) || !this.#subscriptions.hasAny(envelope)) return;
        const message = this.#codec.encode(envelope);
        const size = this.#codec.sizeOf(message);
        this.#fanOut(envelope, message, size, "elsewhere");
      },
      release: () => taps.remove(tap),
    };
  }

  /** Drops one subscription. */
  #refuse(
    connection: Connection<TMessage>,
    topic: string,
    why: string,
  ): void {
    this.#report({
      error: new RefusedError(
        `Cannot subscribe ${nameOf(connection)} to ${inLine(topic)}: ${why}`,
      ),
      connection,
      topic,
    });
  }

  /** Closes a connection that passed a limit. */
  #expel(connection: Connection<TMessage>, reason: string): void {
    this.#report({
      error: new RefusedError(
        `Cannot keep connection of ${nameOf(connection)}: ${reason}`,
      ),
      connection,
    });
    connection.channel.abort(CloseCode.NOT_ALLOWED, reason);
  }

  /** Ends what the transport has ended: there is nobody left to tell. */
  protected end(error: Error): void {
    this.#isClosing = true;
    this.#closed.resolve(error);
    this.#report({ error });
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    this.#admission.close();
    await Promise.all(
      Array.from(
        this.#connections,
        ({ channel }) => channel.close(CloseCode.GOING_AWAY, "going away"),
      ),
    );
    this.listeners.clear();
    this.#closed.resolve(undefined);
  }

  /** Calls a callback; what it throws is told, as what a listener throws. */
  #tell<TArgs extends unknown[]>(
    connection: HubConnection,
    callback: ((...args: TArgs) => void) | undefined,
    ...args: TArgs
  ): void {
    const onThrown = (error: unknown) => this.#onThrown({ error, connection });
    attempt(onThrown, callback, ...args);
  }

  /** The application's own code threw, which nobody is to miss. */
  #onThrown(fault: HubFault): void {
    this.#report(fault);
    if (!this.#options.onError) reportUncaught(fault.error);
  }

  #report(fault: HubFault): void {
    this.#record.onFault(fault);
    tell(this.#options.onError, fault);
  }
}

/** How a peer reads in a message: its name may be of its own choice. */
function nameOf({ id }: HubConnection): string {
  return inLine(id);
}
