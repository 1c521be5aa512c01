// The server end: many connections, an index of who subscribed what, fan-out by
// topic. What a hub is on any transport; the transport brings connections.

import { Channel } from "./_channel.ts";
import {
  type ConnectionOptions,
  connectionOptions,
} from "./_connection_options.ts";
import { within } from "./_deferred.ts";
import type { Codec, Link, LinkClosed } from "./_link.ts";
import { reportUncaught, TopicListeners } from "./_listeners.ts";
import {
  milliseconds,
  optionalFunction,
  positiveCount,
  positiveInteger,
} from "./_options.ts";
import {
  assertPublishable,
  type EventEnvelope,
  isControlType,
  parseTopic,
  topicOf,
} from "./envelope.ts";
import { CloseCode, ClosedError, RefusedError } from "./errors.ts";
import type {
  EventOf,
  TopicOf,
  TypedEvent,
  TypedEventListener,
  TypedEventTarget,
} from "./typed_event_target.ts";

/** One connection of a hub, as its application sees it. */
export interface HubConnection {
  /**
   * The identity that the hub itself knows for the peer: on iroh the remote
   * node id. Two connections of one peer share it.
   */
  readonly id: string;
  /** The topics it is subscribed to right now. */
  readonly topics: ReadonlySet<string>;
  /** Bytes that wait for the peer to read. */
  readonly bufferedBytes: number;
  /**
   * Sends what is queued, then closes.
   *
   * @param code A {@linkcode CloseCode}; 1000 unless given.
   * @param reason Told to the peer.
   */
  close(code?: number, reason?: string): Promise<void>;
}

/** Options of every hub. */
export interface HubOptions extends ConnectionOptions {
  /**
   * Deliver what one connection sends to the other subscribed connections too,
   * never back to the sender.
   *
   * @default {false}
   */
  relay?: boolean | undefined;
  /**
   * Connections held at once, those not admitted yet included; one more is
   * closed with 1013.
   *
   * @default {Infinity}
   */
  maxConnections?: number | undefined;
  /**
   * Topics one connection may subscribe to; one more closes it with 1008.
   *
   * @default {10000}
   */
  maxTopicsPerConnection?: number | undefined;
  /**
   * Bytes of UTF-8 in a topic; a longer one closes the connection with 1008.
   *
   * @default {1024}
   */
  maxTopicLength?: number | undefined;
  /**
   * Milliseconds that a new connection has to complete its handshake and to
   * send its first bytes.
   *
   * @default {10000}
   */
  handshakeTimeout?: number | undefined;
  /**
   * Whether a peer may connect; `false` or a throw closes it with 1008.
   *
   * @param connection Its `id` is known, it has no topics yet.
   */
  authorizeConnection?:
    | ((connection: HubConnection) => boolean | Promise<boolean>)
    | undefined;
  /** Whether a connection may subscribe; `false` or a throw drops it. */
  authorizeSubscribe?:
    | ((
      request: { connection: HubConnection; topic: string },
    ) => boolean | Promise<boolean>)
    | undefined;
  /** Whether a connection may publish; `false` or a throw drops the event. */
  authorizePublish?:
    | ((
      request: { connection: HubConnection; envelope: EventEnvelope },
    ) => boolean | Promise<boolean>)
    | undefined;
  /** A connection was admitted. */
  onConnection?: ((connection: HubConnection) => void) | undefined;
  /** A connection that was admitted ended. */
  onDisconnection?:
    | ((connection: HubConnection, reason: DisconnectReason) => void)
    | undefined;
  /** A connection does not read; it is closed with 1013 next. */
  onBackpressure?: ((pressure: Backpressure) => void) | undefined;
  /** A peer did wrong, was refused, or a listener threw. */
  onError?: ((fault: HubFault) => void) | undefined;
}

/** How a connection ended. */
export interface DisconnectReason {
  /** The close code, when one side gave one. */
  readonly code: number | undefined;
  /** What goes with it, or what broke. */
  readonly reason: string;
}

/** What `onBackpressure` is told. */
export interface Backpressure {
  /** The connection that does not read. */
  readonly connection: HubConnection;
  /** Bytes that wait for it already. */
  readonly bufferedBytes: number;
  /** `backpressureLimit`, in bytes. */
  readonly limit: number;
  /** The topic of the event that is too much. */
  readonly topic: string;
}

/** What `onError` is told. */
export interface HubFault {
  /** What went wrong. */
  readonly error: unknown;
  /** On which connection, if on one. */
  readonly connection?: HubConnection | undefined;
  /** With which topic, if with one. */
  readonly topic?: string | undefined;
}

/**
 * The server end: what it dispatches goes to the connections that subscribed to
 * its topic, what connections send reaches the hub's own listeners.
 *
 * @typeParam TEvent The union of events that travel.
 */
export interface HubEventTarget<TEvent extends TypedEvent = TypedEvent>
  extends TypedEventTarget<TEvent>, AsyncDisposable {
  /** The connections that are admitted right now. */
  readonly connections: ReadonlySet<HubConnection>;
  /** Resolves once the hub is closed. */
  readonly closed: Promise<undefined>;
  /**
   * Resolves once every connection of now has worked off all that was sent to
   * it before, or has ended.
   */
  flush(): Promise<void>;
  /**
   * Accepts no more, sends what is queued, waits up to `pingTimeout` for the
   * peers to work it off, then closes every connection with 1001. Idempotent;
   * leaves the endpoint open.
   */
  close(): Promise<void>;
}

/** A connection that a transport accepted and the hub has not admitted yet. */
export interface PendingConnection<TMessage> {
  readonly remoteId: string;
  /** Waits for the peer's first bytes. */
  open(): Promise<Link<TMessage>>;
  close(code: number, reason: string): void;
}

/** The options with their defaults, checked. */
function hubOptions(options: HubOptions) {
  return {
    ...connectionOptions(options),
    relay: options.relay ?? false,
    maxConnections: positiveCount(
      "maxConnections",
      options.maxConnections ?? Infinity,
    ),
    maxTopicsPerConnection: positiveCount(
      "maxTopicsPerConnection",
      options.maxTopicsPerConnection ?? 10_000,
    ),
    maxTopicLength: positiveInteger(
      "maxTopicLength",
      options.maxTopicLength ?? 1024,
    ),
    handshakeTimeout: milliseconds(
      "handshakeTimeout",
      options.handshakeTimeout ?? 10_000,
      1,
    ),
    authorizeConnection: optionalFunction(
      "authorizeConnection",
      options.authorizeConnection,
    ),
    authorizeSubscribe: optionalFunction(
      "authorizeSubscribe",
      options.authorizeSubscribe,
    ),
    authorizePublish: optionalFunction(
      "authorizePublish",
      options.authorizePublish,
    ),
    onConnection: optionalFunction("onConnection", options.onConnection),
    onDisconnection: optionalFunction(
      "onDisconnection",
      options.onDisconnection,
    ),
    onBackpressure: optionalFunction("onBackpressure", options.onBackpressure),
    onError: optionalFunction("onError", options.onError),
  };
}

/** The implementation that every transport's hub shares. */
export class Hub<TEvent extends TypedEvent, TMessage>
  implements HubEventTarget<TEvent> {
  readonly #options: ReturnType<typeof hubOptions>;
  readonly #codec: Codec<TMessage>;
  readonly #listeners: TopicListeners;
  readonly #connections = new Set<Connection<TMessage>>();
  readonly #pending = new Set<PendingConnection<TMessage>>();
  /** Who subscribed to a topic. The other direction is `connection.topics`. */
  readonly #subscribers = new Map<string, Set<Connection<TMessage>>>();
  readonly #closed: { promise: Promise<undefined>; resolve: () => void };
  #isClosing = false;
  #closing: Promise<void> | undefined;

  constructor(codec: Codec<TMessage>, options: HubOptions) {
    this.#codec = codec;
    this.#options = hubOptions(options);
    let resolve!: () => void;
    const promise = new Promise<undefined>((done) =>
      resolve = () => done(undefined)
    );
    this.#closed = { promise, resolve };
    this.#listeners = new TopicListeners({
      target: this,
      onError: (error, topic) => {
        if (this.#options.onError) this.#report({ error, topic });
        else reportUncaught(error);
      },
    });
  }

  get connections(): ReadonlySet<HubConnection> {
    return this.#connections;
  }

  get closed(): Promise<undefined> {
    return this.#closed.promise;
  }

  addEventListener<TTopic extends TopicOf<TEvent>>(
    topic: TTopic,
    listener: TypedEventListener<EventOf<TEvent, TTopic>> | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    this.#listeners.add(topic, listener as EventListener | null, options);
  }

  removeEventListener<TTopic extends TopicOf<TEvent>>(
    topic: TTopic,
    listener: TypedEventListener<EventOf<TEvent, TTopic>> | null,
    options?: boolean | EventListenerOptions,
  ): void {
    this.#listeners.remove(topic, listener as EventListener | null, options);
  }

  dispatchEvent(event: TEvent): boolean {
    if (this.#isClosing) {
      throw new ClosedError("Cannot dispatch event: the target is closed");
    }
    const envelope: unknown = event.detail;
    assertPublishable(envelope);
    // Encoded even for nobody: what cannot be sent throws whoever listens.
    this.#fanOut(envelope, this.#codec.encode(envelope), undefined);
    return true;
  }

  async flush(): Promise<void> {
    await Promise.all(
      Array.from(
        this.#connections,
        ({ channel }) => channel.ping().catch(() => {}),
      ),
    );
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Takes in a connection: limits, authorization, then its events. */
  async accept(pending: PendingConnection<TMessage>): Promise<void> {
    const { maxConnections, handshakeTimeout } = this.#options;
    if (this.#isClosing) return pending.close(CloseCode.GOING_AWAY, "closing");
    if (this.#connections.size + this.#pending.size >= maxConnections) {
      return this.#turnAway(
        pending,
        CloseCode.SLOW_CONSUMER,
        `over ${maxConnections} connections`,
      );
    }
    this.#pending.add(pending);
    const connection = new Connection<TMessage>(pending);
    try {
      if (!await this.#mayConnect(connection)) {
        pending.close(CloseCode.NOT_ALLOWED, "connection refused");
        return;
      }
      const link = await within(pending.open(), handshakeTimeout, () => {
        throw new RefusedError(
          `Cannot accept connection: nothing was sent in ${handshakeTimeout} ms`,
        );
      });
      if (this.#isClosing) link.close(CloseCode.GOING_AWAY, "closing");
      else this.#admit(connection, link);
    } catch (error) {
      this.#report({ error, connection });
      pending.close(CloseCode.PROTOCOL_ERROR, "no stream");
    } finally {
      this.#pending.delete(pending);
    }
  }

  /** Tells the operator of what a transport met. */
  reportTransport(error: unknown): void {
    this.#report({ error });
  }

  #turnAway(
    pending: PendingConnection<TMessage>,
    code: number,
    reason: string,
  ): void {
    pending.close(code, reason);
    this.#report({
      error: new RefusedError(
        `Cannot accept connection of ${pending.remoteId}: ${reason}`,
      ),
    });
  }

  async #mayConnect(connection: Connection<TMessage>): Promise<boolean> {
    const { authorizeConnection } = this.#options;
    if (authorizeConnection === undefined) return true;
    return await this.#isAllowed(
      () => authorizeConnection(connection),
      `Cannot accept connection of ${connection.id}: authorizeConnection refused it`,
      { connection },
    );
  }

  #admit(connection: Connection<TMessage>, link: Link<TMessage>): void {
    this.#connections.add(connection);
    connection.channel = new Channel(link, this.#codec, this.#options, {
      onEvent: (envelope, message) =>
        this.#onEvent(connection, envelope, message),
      onSubscribe: (topic) => this.#onSubscribe(connection, topic),
      onUnsubscribe: (topic) => this.#unsubscribe(connection, topic),
      onOverflow: (bufferedBytes, topic) => {
        // Out of the index first: the callback may publish.
        this.#forget(connection);
        const limit = this.#options.backpressureLimit;
        this.#tell(
          this.#options.onBackpressure,
          { connection, bufferedBytes, limit, topic },
        );
      },
      onFault: (error) => this.#report({ error, connection }),
    });
    this.#tell(this.#options.onConnection, connection);
    link.closed.then((closed) => this.#onClosed(connection, closed));
  }

  #onClosed(connection: Connection<TMessage>, closed: LinkClosed): void {
    this.#forget(connection);
    this.#connections.delete(connection);
    const { code, reason } = closed;
    try {
      this.#options.onDisconnection?.(connection, { code, reason });
    } catch (error) {
      reportUncaught(error);
    }
  }

  #onEvent(
    connection: Connection<TMessage>,
    envelope: EventEnvelope,
    message: TMessage,
  ): void | Promise<void> {
    const { authorizePublish } = this.#options;
    if (authorizePublish === undefined) {
      return this.#receive(connection, envelope, message);
    }
    const topic = topicOf(envelope);
    return this.#isAllowed(
      () => authorizePublish({ connection, envelope }),
      `Cannot publish ${topic} of ${connection.id}: authorizePublish refused it`,
      { connection, topic },
    ).then((allowed) => {
      if (allowed) this.#receive(connection, envelope, message);
    });
  }

  #receive(
    connection: Connection<TMessage>,
    envelope: EventEnvelope,
    message: TMessage,
  ): void {
    if (this.#options.relay) this.#fanOut(envelope, message, connection);
    this.#listeners.deliver(envelope);
  }

  #fanOut(
    envelope: EventEnvelope,
    message: TMessage,
    sender: Connection<TMessage> | undefined,
  ): void {
    const topic = topicOf(envelope);
    const exact = this.#subscribers.get(topic);
    if (exact) {
      for (const connection of exact) {
        if (connection !== sender) {
          connection.channel.sendWithin(message, topic);
        }
      }
    }
    if (envelope.id === "") return;
    const whole = this.#subscribers.get(envelope.type);
    if (!whole) return;
    for (const connection of whole) {
      if (connection === sender || connection.topics.has(topic)) continue;
      connection.channel.sendWithin(message, topic);
    }
  }

  #onSubscribe(
    connection: Connection<TMessage>,
    topic: string,
  ): void | Promise<void> {
    const { maxTopicsPerConnection, maxTopicLength } = this.#options;
    if (connection.topics.has(topic)) return;
    if (isLongerThan(topic, maxTopicLength)) {
      return this.#expel(connection, `a topic is over ${maxTopicLength} bytes`);
    }
    if (connection.topics.size >= maxTopicsPerConnection) {
      return this.#expel(connection, `over ${maxTopicsPerConnection} topics`);
    }
    const { type, id } = parseTopic(topic);
    if (type === "" || isControlType(type)) {
      return this.#refuse(connection, topic, "no event can have it");
    }
    if (type === "direct" && id !== connection.id) {
      return this.#refuse(connection, topic, "it addresses another peer");
    }
    const { authorizeSubscribe } = this.#options;
    if (authorizeSubscribe === undefined) {
      return this.#subscribe(connection, topic);
    }
    return this.#isAllowed(
      () => authorizeSubscribe({ connection, topic }),
      `Cannot subscribe ${connection.id} to ${topic}: authorizeSubscribe refused it`,
      { connection, topic },
    ).then((allowed) => {
      if (allowed) this.#subscribe(connection, topic);
    });
  }

  #subscribe(connection: Connection<TMessage>, topic: string): void {
    if (connection.channel.isClosed) return;
    connection.topics.add(topic);
    const subscribers = this.#subscribers.get(topic);
    if (subscribers) subscribers.add(connection);
    else this.#subscribers.set(topic, new Set([connection]));
  }

  #unsubscribe(connection: Connection<TMessage>, topic: string): void {
    if (!connection.topics.delete(topic)) return;
    const subscribers = this.#subscribers.get(topic)!;
    subscribers.delete(connection);
    if (subscribers.size === 0) this.#subscribers.delete(topic);
  }

  #forget(connection: Connection<TMessage>): void {
    for (const topic of connection.topics) this.#unsubscribe(connection, topic);
  }

  /** Drops one subscription. */
  #refuse(
    connection: Connection<TMessage>,
    topic: string,
    why: string,
  ): void {
    this.#report({
      error: new RefusedError(
        `Cannot subscribe ${connection.id} to ${topic}: ${why}`,
      ),
      connection,
      topic,
    });
  }

  /** Closes a connection that passed a limit. */
  #expel(connection: Connection<TMessage>, reason: string): void {
    this.#report({
      error: new RefusedError(
        `Cannot keep connection of ${connection.id}: ${reason}`,
      ),
      connection,
    });
    connection.channel.abort(CloseCode.NOT_ALLOWED, reason);
  }

  /** Asks an authorization hook; a refusal and a throw are reported. */
  async #isAllowed(
    ask: () => boolean | Promise<boolean>,
    refusal: string,
    where: Omit<HubFault, "error">,
  ): Promise<boolean> {
    let cause: unknown;
    try {
      if (await ask() === true) return true;
    } catch (error) {
      cause = error;
    }
    this.#report({ error: new RefusedError(refusal, { cause }), ...where });
    return false;
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    for (const pending of this.#pending) {
      pending.close(CloseCode.GOING_AWAY, "closing");
    }
    await Promise.all(
      Array.from(
        this.#connections,
        ({ channel }) => channel.close(CloseCode.GOING_AWAY, "going away"),
      ),
    );
    this.#listeners.clear();
    this.#closed.resolve();
  }

  #report(fault: HubFault): void {
    this.#tell(this.#options.onError, fault);
  }

  /** Calls the application; what it throws is its own. */
  #tell<T>(callback: ((value: T) => void) | undefined, value: T): void {
    try {
      callback?.(value);
    } catch (error) {
      reportUncaught(error);
    }
  }
}

/** A connection of a hub; has a channel from its admission on. */
class Connection<TMessage> implements HubConnection {
  readonly topics = new Set<string>();
  channel!: Channel<TMessage>;
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
    if (this.channel) await this.channel.close(code, reason);
    else this.#pending.close(code, reason);
  }
}

const textEncoder = new TextEncoder();

/** Whether a topic takes more than `limit` bytes of UTF-8. */
function isLongerThan(topic: string, limit: number): boolean {
  // One UTF-16 code unit takes one to three bytes.
  if (topic.length > limit) return true;
  if (topic.length * 3 <= limit) return false;
  return textEncoder.encode(topic).length > limit;
}
