// How topics, subscriptions and events are written for NATS. The server confirms
// nothing by itself: a ping behind what was sent tells that it has it.

import { type Deferred, deferred } from "./_deferred.ts";
import type { EngineWire, EngineWireHandlers } from "./_engine_wire.ts";
import { subjectOf, subscriptionOf } from "./_nats_subject.ts";
import type {
  NatsConnectionLike,
  NatsMessageLike,
  NatsStatusLike,
  NatsSubscriptionLike,
} from "./_nats_types.ts";
import { inLine } from "./_options.ts";
import { decodeText } from "./_text.ts";
import { type EventEnvelope, topicOf } from "./envelope.ts";
import { ConnectionError, FrameError } from "./errors.ts";

/**
 * Characters of a subject. A server closes the connection of whoever sends a line
 * of more than 4096, `PUB` and a number included.
 */
const MAX_SUBJECT_LENGTH = 4000;

/** A topic that is listened on. */
interface Listening {
  readonly subscription: NatsSubscriptionLike;
  /** Why the server does not let it. */
  refusal: Error | undefined;
  /** How many wait for the answer, and are told. */
  waits: number;
}

/** The wire of an engine on NATS. */
export class NatsWire implements EngineWire {
  readonly resends = false;
  readonly wasGone = true;
  readonly hasWildcards = true;
  readonly #connection: NatsConnectionLike;
  readonly #prefix: string;
  readonly #handlers: EngineWireHandlers;
  readonly #listening = new Map<string, Listening>();
  readonly #statuses: ReturnType<NatsConnectionLike["status"]>;
  /** The ping that is under way, or was last. */
  #ping: Deferred<void> | undefined;
  /** The one after it: for all that is sent meanwhile. */
  #nextPing: Promise<unknown> | undefined;
  /** Whether the client has lost the server, and not found it again. */
  #isLost = false;
  #isReleased = false;

  constructor(
    connection: NatsConnectionLike,
    prefix: string,
    handlers: EngineWireHandlers,
  ) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#handlers = handlers;
    connection.closed().then((error) => this.#onEnded(error));
    this.#statuses = connection.status();
    this.#watch().catch((error) => handlers.onError(error));
  }

  get canSubscribe(): boolean {
    return !this.#isLost;
  }

  assertTopic(topic: string): void {
    this.#subscriptionOf(topic);
  }

  subscribe(topic: string): Promise<unknown> {
    return this.#answered(this.#listening.get(topic) ?? this.#listen(topic));
  }

  unsubscribe(topic: string): Promise<unknown> {
    this.#listening.get(topic)?.subscription.unsubscribe();
    this.#listening.delete(topic);
    return this.#confirmed();
  }

  nameOf(envelope: EventEnvelope, bytes: number): string {
    const { type, id } = envelope;
    const { max_payload = Infinity } = this.#connection.info ?? {};
    if (bytes > max_payload) {
      throw new FrameError(
        "FRAME_TOO_LARGE",
        `Cannot encode frame: length ${bytes} is over max_payload ${max_payload} of NATS`,
      );
    }
    return assertShort(topicOf(envelope), subjectOf(this.#prefix, type, id));
  }

  publish(subject: string, text: string): Promise<unknown> {
    this.#connection.publish(subject, text);
    return this.#confirmed();
  }

  /** They are told anyway: a connection has nothing else to do with them. */
  takeErrors(_takes: boolean): void {}

  release(): void {
    this.#isReleased = true;
    this.#statuses.stop?.();
    this.#ping?.reject(
      new ConnectionError("Connection left: the target is closed"),
    );
  }

  #listen(topic: string): Listening {
    const subject = this.#subscriptionOf(topic);
    const callback = (error: Error | null, message: NatsMessageLike) => {
      if (error) this.#onRefused(topic, listening, error);
      else this.#onMessage(topic, message);
    };
    const listening: Listening = {
      subscription: this.#connection.subscribe(subject, { callback }),
      refusal: undefined,
      waits: 0,
    };
    this.#listening.set(topic, listening);
    return listening;
  }

  #subscriptionOf(topic: string): string {
    return assertShort(topic, subscriptionOf(this.#prefix, topic));
  }

  /** @throws Why the server refuses it, or cannot be asked. */
  async #answered(listening: Listening): Promise<void> {
    listening.waits++;
    await this.#confirmed().finally(() => listening.waits--);
    if (listening.refusal) throw listening.refusal;
  }

  /** Resolves once the server has all that was sent so far. */
  #confirmed(): Promise<unknown> {
    return this.#nextPing ??= this.#pingNext();
  }

  async #pingNext(): Promise<void> {
    await this.#ping?.promise.catch(() => {});
    this.#nextPing = undefined;
    // A client that ends leaves its pings alone.
    const ping = this.#ping = deferred<void>();
    // It may throw as well as reject.
    const flushed = async () => await this.#connection.flush();
    flushed().then(ping.resolve, (error) => {
      // The client drops what is under way, and what it is given until it has
      // connected again.
      this.#onDisconnected();
      ping.reject(error);
    });
    await ping.promise;
  }

  /** The client has given the subscription up. */
  #onRefused(topic: string, listening: Listening, error: Error): void {
    if (this.#listening.get(topic) !== listening) return;
    this.#listening.delete(topic);
    listening.refusal = error;
    if (listening.waits === 0) this.#handlers.onError(error, topic);
  }

  #onMessage(topic: string, message: NatsMessageLike): void {
    // What is thrown here would end the client's reading.
    try {
      this.#handlers.onMessage(topic, decodeText(message.data));
    } catch (cause) {
      this.#handlers.onError(cause, topic);
    }
  }

  async #watch(): Promise<void> {
    for await (const status of this.#statuses) {
      if (this.#isReleased) return;
      try {
        this.#onStatus(status);
      } catch (error) {
        this.#handlers.onError(error); // The next one has to be heard, too.
      }
    }
  }

  #onStatus({ type, error }: NatsStatusLike): void {
    if (type === "disconnect") this.#onDisconnected();
    else if (type === "reconnect") this.#onReconnected();
    else if (type === "error" && !isToldElsewhere(error)) {
      this.#handlers.onError(error);
    }
  }

  #onDisconnected(): void {
    if (this.#isReleased || this.#connection.isClosed()) return;
    this.#isLost = true;
    this.#handlers.onDown(
      new ConnectionError("Connection lost: NATS cannot be reached"),
    );
  }

  /** The client says so once more for each time that it was let in and lost. */
  #onReconnected(): void {
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#handlers.onConnected(true);
    this.#handlers.onUp();
  }

  #onEnded(cause: void | Error): void {
    if (this.#isReleased) return;
    const why = cause instanceof Error ? cause.message : "it was closed";
    const error = new ConnectionError(`Connection lost: NATS: ${why}`, {
      cause,
    });
    this.#ping?.reject(error);
    this.#handlers.onEnded(error);
  }
}

/** The subscription that was refused is told, with its topic. */
function isToldElsewhere(error: Error | undefined): boolean {
  const { operation } = Object(error) as { operation?: unknown };
  return operation === "subscription";
}

/** @throws {RangeError} When the server would not take it. */
function assertShort(topic: string, subject: string): string {
  if (subject.length <= MAX_SUBJECT_LENGTH) return subject;
  throw new RangeError(
    `Cannot use topic ${
      inLine(topic)
    }: its subject has ${subject.length} characters, of ${MAX_SUBJECT_LENGTH} at the most`,
  );
}
