// An engine, as it is shared by the target on it and by bridges: one subscription
// of each topic whoever listens, each event once whatever ways it comes by.

import { type Deferred, deferred, within } from "./_deferred.ts";
import {
  decodeFromEngine,
  encodeForEngine,
  type EngineSerializer,
} from "./_engine_codec.ts";
import type { EngineFault } from "./_engine_options.ts";
import type { EngineWire, EngineWireHandlers } from "./_engine_wire.ts";
import { InFlight } from "./_in_flight.ts";
import type { Losses } from "./_losses.ts";
import { inLine } from "./_options.ts";
import { RecentKeys } from "./_recent.ts";
import { sourceIn } from "./_source.ts";
import { type EventEnvelope, topicOf } from "./envelope.ts";
import {
  BufferFullError,
  ClosedError,
  ConnectionError,
  EnvelopeError,
} from "./errors.ts";

/** Who listens on an engine. */
export interface EngineMember {
  /** What it publishes in vain. */
  readonly losses: Losses;
  /** Whether what that source published is not for this member. */
  isOwn(source: string): boolean;
  /** An event on a topic it listens on. */
  onEvent(envelope: EventEnvelope, from: string | undefined): void;
  onFault(fault: EngineFault): void;
  /**
   * The server can be reached again.
   *
   * @returns Settles, never with an error, once what waits is worth sending.
   */
  onUp(): Promise<void>;
  /** No event will come any more. */
  onEnded(error: Error | undefined): void;
}

/** Options of an engine, checked by its target. */
export interface EngineSettings {
  readonly serializer: EngineSerializer;
  readonly maxFrameBytes: number;
  readonly backpressureLimit: number;
}

/** A topic that somebody listens on. */
interface Interest {
  readonly members: Set<EngineMember>;
  /**
   * Whether the server has said that it is subscribed. It stays so while that is
   * verified: the client has subscribed again before it says it is connected.
   */
  isConfirmed: boolean;
  /** Settles with the server's answer, while that is awaited. */
  pending: Promise<void> | undefined;
}

/** An event that the server has not confirmed. */
interface Publication {
  readonly envelope: EventEnvelope;
  readonly text: string;
  readonly bytes: number;
  readonly generation: number;
  readonly losses: Losses;
  /** How often it was sent; an answer to an earlier time counts no more. */
  attempt: number;
}

/** Milliseconds that `close()` waits for a server that may be gone. */
export const CLOSE_TIMEOUT = 5_000;

/** Milliseconds in which an error of the client is told once. */
const SAME_ERROR_INTERVAL = 1_000;

/** The engine under a target. */
export class Engine {
  readonly #wire: EngineWire;
  readonly #settings: EngineSettings;
  readonly #members = new Set<EngineMember>();
  readonly #interests = new Map<string, Interest>();
  readonly #recent = new RecentKeys();
  readonly #subscribing = new InFlight();
  readonly #publishing = new InFlight();
  /** In the order in which they were published. */
  readonly #unconfirmed = new Set<Publication>();
  #bufferedBytes = 0;
  #lastError = { text: "", at: 0 };
  #isDown = false;
  /** While what is published waits: the server is gone, or the others are. */
  #holding: Deferred<void> | undefined;
  /** How often the server was lost. */
  #outages = 0;
  #isClosing = false;
  #isClosed = false;
  /** Whether something was left unanswered in the end. */
  #isCut = false;
  #failure: Error | undefined;

  constructor(
    connect: (handlers: EngineWireHandlers) => EngineWire,
    settings: EngineSettings,
  ) {
    this.#settings = settings;
    this.#wire = connect({
      onMessage: (topic, text, on) => this.#onMessage(topic, text, on),
      onError: (error, topic) => this.#onError(error, topic),
      onDown: (error) => this.#onDown(error),
      onUp: () => void this.#onUp(),
      onConnected: () => this.#subscribeAgain(),
      onEnded: (error) => this.#end(error),
    });
  }

  join(member: EngineMember): void {
    this.#assertOpen("join");
    this.#members.add(member);
  }

  /** Lets go of a member, with all that it listens on. */
  leave(member: EngineMember): void {
    for (const topic of this.#interests.keys()) this.unlisten(member, topic);
    this.#members.delete(member);
  }

  /** @throws {RangeError} When the engine has no name for the topic. */
  listen(member: EngineMember, topic: string): void {
    this.#assertOpen("listen");
    let interest = this.#interests.get(topic);
    if (!interest) {
      interest = {
        members: new Set(),
        isConfirmed: false,
        pending: undefined,
      };
      this.#subscribe(topic, interest);
      this.#interests.set(topic, interest);
    }
    interest.members.add(member);
  }

  unlisten(member: EngineMember, topic: string): void {
    const interest = this.#interests.get(topic);
    if (!interest?.members.delete(member) || interest.members.size > 0) return;
    this.#unsubscribe(topic);
  }

  /**
   * Settles with the server's answer to the subscription of a topic; `undefined`
   * when there is none to wait for.
   */
  whenListening(topic: string): Promise<void> | undefined {
    return this.#isDown ? undefined : this.#interests.get(topic)?.pending;
  }

  /**
   * Sends an event to all who listen; once more when the server was lost before it
   * confirmed it, which receivers pass over if they had it.
   *
   * @param from A key of its own.
   * @param losses Told when it cannot be confirmed.
   * @throws {ClosedError} When the engine is closed.
   * @throws {BufferFullError} When too much waits for the server.
   * @throws {FrameError} When it is over `maxFrameBytes`.
   * @throws {RangeError} When the engine has no name for its topic.
   */
  publish(envelope: EventEnvelope, from: string, losses: Losses): void {
    this.#assertOpen("dispatch event");
    const { text, bytes } = this.#encode(envelope, from);
    const { backpressureLimit } = this.#settings;
    if (this.#bufferedBytes + bytes > backpressureLimit) {
      throw new BufferFullError(this.#bufferedBytes, backpressureLimit);
    }
    const publication = {
      envelope,
      text,
      bytes,
      generation: this.#publishing.start(),
      losses,
      attempt: 0,
    };
    this.#unconfirmed.add(publication);
    this.#bufferedBytes += bytes;
    try {
      if (this.#holding) this.#wire.assertNameable(envelope);
      else this.#send(publication);
    } catch (error) {
      this.#forget(publication);
      throw error;
    }
  }

  /**
   * Sends what is of use now or never.
   *
   * @throws {FrameError} When it is over `maxFrameBytes`.
   */
  signal(envelope: EventEnvelope, from: string): void {
    if (this.#isDown || this.#isClosed) return;
    const { text } = this.#encode(envelope, from);
    try {
      this.#wire.publish(envelope, text).catch(() => {});
    } catch {
      // The client has ended, and tells so next.
    }
  }

  /** Resolves once the server has answered to all subscriptions of before. */
  subscribed(): Promise<void> {
    return this.#subscribing.settled();
  }

  /** Resolves once the server has answered to all of before. */
  async flush(): Promise<void> {
    this.#assertOpen("flush");
    await this.#settled();
    // Lost after that, or before: what is subscribed is not there.
    while (this.#holding) await this.#holding.promise;
    if (this.#isCut) this.#assertOpen("flush");
  }

  /** Unsubscribes from everything, and lets go of the client. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const topic of this.#interests.keys()) this.#unsubscribe(topic);
    // The client may go on trying for ever.
    await within(this.#settled(), CLOSE_TIMEOUT, () => {
      const why = `the server did not answer in ${CLOSE_TIMEOUT} ms`;
      const error = new ConnectionError(
        `Cannot confirm what was sent last: ${why}`,
      );
      this.#report({ error });
    });
    this.#end(undefined);
  }

  #encode(envelope: EventEnvelope, from: string) {
    const { serializer, maxFrameBytes } = this.#settings;
    return encodeForEngine(serializer, envelope, from, maxFrameBytes);
  }

  async #settled(): Promise<void> {
    await Promise.all([
      this.#subscribing.settled(),
      this.#publishing.settled(),
    ]);
  }

  #send(publication: Publication): void {
    const attempt = ++publication.attempt;
    const { envelope, text, losses } = publication;
    this.#wire.publish(envelope, text).then(() => {
      if (publication.attempt !== attempt) return;
      this.#forget(publication);
      if (this.#unconfirmed.size === 0) losses.end();
    }, (error) => {
      if (publication.attempt === attempt) this.#lose(publication, error);
    });
  }

  #lose(publication: Publication, error: unknown): void {
    this.#forget(publication);
    publication.losses.add(error);
  }

  #forget(publication: Publication): void {
    if (!this.#unconfirmed.delete(publication)) return;
    this.#bufferedBytes -= publication.bytes;
    this.#publishing.end(publication.generation);
  }

  #assertOpen(action: string): void {
    if (!this.#isClosing && !this.#isClosed) return;
    throw new ClosedError(`Cannot ${action}: the target is closed`, {
      cause: this.#failure,
    });
  }

  /** What the server answers is told; the interest lasts. */
  #subscribe(topic: string, interest: Interest): void {
    const answered = this.#wire.subscribe(topic);
    const generation = this.#subscribing.start();
    const pending = answered.then(
      () => {
        if (interest.pending === pending) interest.isConfirmed = true;
      },
      (error) => {
        if (interest.pending === pending) interest.isConfirmed = false;
        this.#onRefused(error, topic);
      },
    ).finally(() => {
      if (interest.pending === pending) interest.pending = undefined;
      this.#subscribing.end(generation);
    });
    interest.pending = pending;
  }

  #unsubscribe(topic: string): void {
    this.#interests.delete(topic);
    const generation = this.#subscribing.start();
    this.#wire.unsubscribe(topic)
      .catch((error) => this.#onRefused(error, topic))
      .finally(() => this.#subscribing.end(generation));
  }

  /** What an outage interrupts is done again, and is told of as the outage. */
  #onRefused(error: unknown, topic: string): void {
    if (!this.#isDown) this.#report({ error, topic });
  }

  /** Most clients do it themselves: their answers verify that it is done. */
  #subscribeAgain(): void {
    for (const [topic, interest] of this.#interests) {
      this.#subscribe(topic, interest);
    }
  }

  #onMessage(topic: string, text: string, on = topic): void {
    if (this.#isClosed) return;
    let decoded: ReturnType<typeof decodeFromEngine>;
    try {
      decoded = decodeFromEngine(
        this.#settings.serializer,
        text,
        this.#settings.maxFrameBytes,
      );
      assertOn(on, decoded.envelope);
    } catch (error) {
      return this.#report({ error, topic });
    }
    const { envelope, from } = decoded;
    const ofType = this.#interests.get(envelope.type);
    if (from !== undefined) {
      if (!this.#recent.add(from)) return;
    } else if (topic !== envelope.type && ofType?.isConfirmed) {
      return; // It comes by the subscription to the type, too.
    }
    const ofTopic = envelope.id === ""
      ? undefined
      : this.#interests.get(topicOf(envelope));
    const source = from === undefined ? undefined : sourceIn(from);
    for (const member of membersOf(ofTopic, ofType)) {
      if (source !== undefined && member.isOwn(source)) continue;
      member.onEvent(envelope, from);
    }
  }

  #onDown(error: Error): void {
    if (this.#isDown || this.#isClosed) return;
    this.#isDown = true;
    this.#holding ??= deferred();
    this.#outages++;
    for (const publication of this.#unconfirmed) publication.attempt++;
    this.#report({ error });
  }

  async #onUp(): Promise<void> {
    this.#isDown = false;
    const outages = this.#outages;
    const members = [...this.#members];
    for (const { losses } of members) losses.end();
    await this.subscribed();
    await Promise.all(members.map((member) => member.onUp()));
    if (this.#isDown || outages !== this.#outages) return;
    this.#holding?.resolve();
    this.#holding = undefined;
    for (const publication of this.#unconfirmed) {
      try {
        this.#send(publication);
      } catch (error) {
        this.#lose(publication, error);
      }
    }
  }

  /** A client that tries again says the same hundreds of times a second. */
  #onError(error: unknown, topic: string | undefined): void {
    const now = performance.now();
    const text = `${topic} ${error}`;
    const last = this.#lastError;
    if (text === last.text && now - last.at < SAME_ERROR_INTERVAL) return;
    this.#lastError = { text, at: now };
    this.#report({ error, topic });
  }

  #end(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#failure = error;
    this.#isCut = error !== undefined || this.#unconfirmed.size > 0;
    this.#wire.release();
    this.#holding?.resolve();
    this.#holding = undefined;
    this.#interests.clear();
    for (const publication of this.#unconfirmed) {
      publication.attempt++;
      this.#lose(publication, error ?? new ClosedError("the target is closed"));
    }
    for (const member of this.#members) {
      member.losses.end();
      member.onEnded(error);
    }
    this.#members.clear();
  }

  #report(fault: EngineFault): void {
    for (const member of this.#members) member.onFault(fault);
  }
}

/** Each once. */
function membersOf(
  ofTopic: Interest | undefined,
  ofType: Interest | undefined,
): Iterable<EngineMember> {
  if (!ofTopic) return ofType?.members ?? [];
  if (!ofType) return ofTopic.members;
  return new Set([...ofTopic.members, ...ofType.members]);
}

/** @throws {EnvelopeError} When an envelope came on the topic of another. */
function assertOn(topic: string, envelope: EventEnvelope): void {
  if (envelope.type === topic || topicOf(envelope) === topic) return;
  throw new EnvelopeError(
    `Cannot take in event of ${inLine(topicOf(envelope))}: it came on ${
      inLine(topic)
    }`,
  );
}
