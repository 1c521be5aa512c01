// An engine, as it is shared by the target on it and by bridges: one subscription
// of each topic whoever listens, each event once whatever ways it comes by.

import { within } from "./_deferred.ts";
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
  /** The server can be reached again. */
  onUp(): void;
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
  /** Whether the server has said that it is subscribed. */
  isConfirmed: boolean;
  /** Settles with the server's answer, while that is awaited. */
  pending: Promise<void> | undefined;
}

/** Milliseconds that `close()` waits for a server that may be gone. */
const CLOSE_TIMEOUT = 5_000;

/** Milliseconds in which an error of the client is told once. */
const SAME_ERROR_INTERVAL = 1_000;

/** The engine under a target. */
export class Engine {
  readonly #wire: EngineWire;
  readonly #settings: EngineSettings;
  readonly #members = new Set<EngineMember>();
  readonly #interests = new Map<string, Interest>();
  readonly #recent = new RecentKeys();
  readonly #inFlight = new InFlight();
  #lastError = { text: "", at: 0 };
  #bufferedBytes = 0;
  #isDown = false;
  #isClosing = false;
  #isClosed = false;
  #failure: Error | undefined;

  constructor(
    connect: (handlers: EngineWireHandlers) => EngineWire,
    settings: EngineSettings,
  ) {
    this.#settings = settings;
    this.#wire = connect({
      onMessage: (topic, text) => this.#onMessage(topic, text),
      onError: (error, topic) => this.#onError(error, topic),
      onDown: (error) => this.#onDown(error),
      onUp: () => this.#onUp(),
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
   * Sends an event to all who listen.
   *
   * @param from A key of its own.
   * @param losses Told when the server does not confirm it.
   * @throws {ClosedError} When the engine is closed.
   * @throws {BufferFullError} When too much waits for the server.
   * @throws {FrameError} When it is over `maxFrameBytes`.
   * @throws {RangeError} When the engine has no name for its topic.
   */
  publish(envelope: EventEnvelope, from: string, losses?: Losses): void {
    this.#assertOpen("dispatch event");
    const { serializer, maxFrameBytes, backpressureLimit } = this.#settings;
    const { text, bytes } = encodeForEngine(
      serializer,
      envelope,
      from,
      maxFrameBytes,
    );
    if (this.#bufferedBytes + bytes > backpressureLimit) {
      throw new BufferFullError(this.#bufferedBytes, backpressureLimit);
    }
    const sent = this.#wire.publish(envelope, text);
    const generation = this.#inFlight.start();
    this.#bufferedBytes += bytes;
    const onSettled = () => {
      this.#bufferedBytes -= bytes;
      this.#inFlight.end(generation);
    };
    sent.then(() => {
      onSettled();
      if (this.#bufferedBytes === 0) losses?.end();
    }, (error) => {
      onSettled();
      losses?.add(error);
    });
  }

  /** Resolves once the server has answered to all of before. */
  async flush(): Promise<void> {
    this.#assertOpen("flush");
    await this.#inFlight.settled();
  }

  /** Unsubscribes from everything, and lets go of the client. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const topic of this.#interests.keys()) this.#unsubscribe(topic);
    // The client may go on trying for ever.
    await within(this.#inFlight.settled(), CLOSE_TIMEOUT, () => {
      const why = `the server did not answer in ${CLOSE_TIMEOUT} ms`;
      const error = new ConnectionError(
        `Cannot confirm what was sent last: ${why}`,
      );
      this.#report({ error });
    });
    this.#end(undefined);
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
    const generation = this.#inFlight.start();
    const pending = answered.then(
      () => {
        if (interest.pending === pending) interest.isConfirmed = true;
      },
      (error) => this.#report({ error, topic }),
    ).finally(() => {
      if (interest.pending === pending) interest.pending = undefined;
      this.#inFlight.end(generation);
    });
    interest.isConfirmed = false;
    interest.pending = pending;
  }

  #unsubscribe(topic: string): void {
    this.#interests.delete(topic);
    const generation = this.#inFlight.start();
    this.#wire.unsubscribe(topic)
      .catch((error) => this.#report({ error, topic }))
      .finally(() => this.#inFlight.end(generation));
  }

  /** Most clients do it themselves: their answers verify that it is done. */
  #subscribeAgain(): void {
    for (const [topic, interest] of this.#interests) {
      this.#subscribe(topic, interest);
    }
  }

  #onMessage(topic: string, text: string): void {
    if (this.#isClosed) return;
    let decoded: ReturnType<typeof decodeFromEngine>;
    try {
      decoded = decodeFromEngine(
        this.#settings.serializer,
        text,
        this.#settings.maxFrameBytes,
      );
      assertOn(topic, decoded.envelope);
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
    this.#report({ error });
  }

  #onUp(): void {
    this.#isDown = false;
    for (const member of this.#members) {
      member.losses.end();
      member.onUp();
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
    this.#wire.release();
    this.#interests.clear();
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
