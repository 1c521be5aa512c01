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
import { Interests } from "./_interests.ts";
import type { Losses } from "./_losses.ts";
import { inLine } from "./_options.ts";
import { type Origin, Source } from "./_origin.ts";
import { Outgoing } from "./_outgoing.ts";
import { RecentOrigins } from "./_recent_origins.ts";
import { type EventEnvelope, isControlType, topicOf } from "./envelope.ts";
import { ClosedError, ConnectionError, EnvelopeError } from "./errors.ts";
import { Traffic } from "./_traffic.ts";
import type { TargetStats } from "./typed_event_target.ts";
import { utf8Length } from "./_utf8_length.ts";

/** Who listens on an engine. */
export interface EngineMember {
  /** What it publishes in vain. */
  readonly losses: Losses;
  /** Whether the application is told of faults. */
  readonly takesErrors: boolean;
  /** Whether what that source published is not for this member. */
  isOwn(source: string): boolean;
  /** An event on a topic it listens on. */
  onEvent(envelope: EventEnvelope, from: Origin): void;
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

/** Milliseconds that a server has to answer to what was sent last. */
const CLOSE_TIMEOUT = 5_000;

/** Milliseconds in which an error of the client is told once. */
const SAME_ERROR_INTERVAL = 1_000;

/** The engine under a target. */
export class Engine {
  readonly #wire: EngineWire;
  readonly #settings: EngineSettings;
  readonly #members = new Set<EngineMember>();
  readonly #interests: Interests<EngineMember>;
  readonly #recent = new RecentOrigins();
  /** Of events that come without an origin. */
  readonly #strangers = new Source();
  readonly #outgoing: Outgoing;
  readonly #traffic = new Traffic();
  /** When the client said each of the errors that it said last. */
  readonly #errors = new Map<string, number>();
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
      onConnected: (wasLost, rest) => this.#interests.verify(!wasLost, rest),
      onEnded: (error) => this.#end(error),
    });
    this.#interests = new Interests(this.#wire, (error, topic) => {
      // What an outage interrupts is done again, and is told of as the outage.
      if (!this.#isDown) this.#report({ error, topic });
    });
    this.#outgoing = new Outgoing(
      this.#wire,
      settings.backpressureLimit,
      () => this.#tellLosses(),
    );
  }

  join(member: EngineMember): void {
    this.#assertOpen("use engine");
    this.#members.add(member);
    this.#takeErrors();
  }

  /** Lets go of a member, with all that it listens on. */
  leave(member: EngineMember): void {
    this.#outgoing.send();
    this.#interests.forget(member);
    this.#members.delete(member);
    this.#takeErrors();
  }

  /** @throws {RangeError} When the engine has no name for the topic. */
  listen(member: EngineMember, topic: string): void {
    this.#assertOpen("listen");
    // In the order in which it was asked for.
    this.#outgoing.send();
    this.#interests.add(member, topic);
  }

  unlisten(member: EngineMember, topic: string): void {
    this.#outgoing.send();
    this.#interests.remove(member, topic);
  }

  /**
   * Settles with the server's answer to the subscription of a topic; `undefined`
   * when there is none to wait for.
   */
  whenListening(topic: string): Promise<void> | undefined {
    return this.#isDown ? undefined : this.#interests.whenAnswered(topic);
  }

  /**
   * Sends an event to all who listen; once more when the server was lost before it
   * confirmed it, by us or by the client. Receivers pass over what they had.
   *
   * @param losses Told when it cannot be confirmed.
   * @throws {ClosedError} When the engine is closed.
   * @throws {BufferFullError} When too much waits for the server.
   * @throws {FrameError} When it is over `maxFrameBytes`.
   * @throws {RangeError} When the engine has no name for its topic.
   */
  publish(envelope: EventEnvelope, from: Origin, losses: Losses): void {
    this.#assertOpen("dispatch event");
    const index = this.#outgoing.nextIndex();
    const { text, bytes } = this.#encode(envelope, from);
    this.#outgoing.push({ envelope, text, bytes, losses, index });
    this.#traffic.sent(bytes);
  }

  /** Of all who are on it: the target, and bridges. */
  stats(): TargetStats {
    return {
      ...this.#traffic,
      bufferedBytes: this.#outgoing.bytes,
      reconnects: this.#outages - (this.#isDown ? 1 : 0),
      rtt: this.#outgoing.rtt,
    };
  }

  /** Whether the server can be reached, as far as is known. */
  get isReachable(): boolean {
    return !this.#isDown && !this.#isClosed;
  }

  /**
   * Sends what is of use now or never.
   *
   * @throws {FrameError} When it is over `maxFrameBytes`.
   */
  signal(envelope: EventEnvelope, from: Origin): void {
    if (!this.isReachable) return;
    const { text, bytes } = this.#encode(envelope, from);
    const name = this.#wire.nameOf(envelope, bytes);
    try {
      this.#wire.publish(name, text).catch(() => {});
    } catch {
      // The client has ended, and tells so next.
    }
  }

  /** Resolves once the server has answered to all subscriptions of before. */
  subscribed(): Promise<void> {
    return this.#interests.settled();
  }

  /** Resolves once the server has answered to all of before. */
  async flush(): Promise<void> {
    this.#assertOpen("flush");
    await this.#settled();
    // Lost after that, or before: what is subscribed is not there.
    while (this.#holding) await this.#holding.promise;
    this.#tellLosses();
    if (this.#isCut) this.#assertOpen("flush");
  }

  /**
   * Waits, not for ever, for the server to answer to all of before.
   *
   * @returns What there is to tell if it did not.
   */
  async settle(): Promise<Error | undefined> {
    // A client may go on trying for ever.
    if (!this.isReachable) return undefined;
    const settled = this.#settled().then(() => undefined);
    return await within(settled, CLOSE_TIMEOUT, () => {
      const why = `the server did not answer in ${CLOSE_TIMEOUT} ms`;
      return new ConnectionError(
        `Cannot confirm what was sent last: ${why}`,
        { code: "PING_TIMEOUT" },
      );
    });
  }

  /** Unsubscribes from everything, and lets go of the client. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#outgoing.send();
    this.#interests.clear();
    const error = await this.settle();
    if (error) this.#report({ error });
    this.#end(undefined);
  }

  #encode(envelope: EventEnvelope, from: Origin) {
    const { serializer, maxFrameBytes } = this.#settings;
    return encodeForEngine(serializer, envelope, from, maxFrameBytes);
  }

  async #settled(): Promise<void> {
    await Promise.all([
      this.#interests.settled(),
      this.#outgoing.settled(),
    ]);
  }

  #assertOpen(action: string): void {
    if (!this.#isClosing && !this.#isClosed) return;
    throw new ClosedError(`Cannot ${action}: the target is closed`, {
      cause: this.#failure,
    });
  }

  #onMessage(topic: string, text: string, on = topic): void {
    if (this.#isClosed) return;
    const { serializer, maxFrameBytes } = this.#settings;
    let decoded: ReturnType<typeof decodeFromEngine>;
    try {
      decoded = decodeFromEngine(
        serializer,
        text,
        maxFrameBytes,
        (from) => this.#isNews(topic, from),
      );
      if (!decoded) return;
      assertOn(on, decoded.envelope);
    } catch (error) {
      return this.#report({ error, topic });
    }
    const { envelope, from } = decoded;
    if (from) this.#recent.add(from);
    else if (this.#isForOthers(topic, envelope)) return;
    const origin = from ?? this.#strangers.next();
    let isWanted = false;
    for (const member of this.#listenersOf(envelope)) {
      if (member.isOwn(origin.source)) continue;
      isWanted = true;
      member.onEvent(envelope, origin);
    }
    if (isWanted) this.#traffic.received(utf8Length(text));
  }

  /** Whether somebody who listens on the topic is yet to hear of an event. */
  #isNews(topic: string, from: Origin | undefined): boolean {
    if (!from) return true;
    if (this.#recent.has(from)) return false;
    for (const member of this.#interests.membersOf(topic) ?? []) {
      if (!member.isOwn(from.source)) return true;
    }
    return false;
  }

  /** Of an event without an origin: whether it came, or comes, otherwise. */
  #isForOthers(topic: string, { type }: EventEnvelope): boolean {
    if (isControlType(type)) return true; // Nobody of ours has sent it.
    // It comes by the subscription to the type, too.
    return this.#wire.hasWildcards && topic !== type &&
      this.#interests.isConfirmed(type);
  }

  #listenersOf(envelope: EventEnvelope): Iterable<EngineMember> {
    const ofType = this.#interests.membersOf(envelope.type) ?? [];
    if (envelope.id === "") return ofType;
    const ofTopic = this.#interests.membersOf(topicOf(envelope));
    return ofTopic ? new Set([...ofTopic, ...ofType]) : ofType;
  }

  /** The client tells of errors as long as somebody takes them. */
  #takeErrors(): void {
    const members = [...this.#members];
    this.#wire.takeErrors(members.some(({ takesErrors }) => takesErrors));
  }

  #onDown(error: Error): void {
    if (this.#isDown || this.#isClosed) return;
    this.#isDown = true;
    this.#holding ??= deferred();
    this.#outages++;
    this.#outgoing.hold();
    this.#report({ error });
  }

  async #onUp(): Promise<void> {
    if (!this.#isDown) return;
    this.#isDown = false;
    const outages = this.#outages;
    const members = [...this.#members];
    this.#tellLosses();
    await this.subscribed();
    await Promise.all(members.map((member) => member.onUp()));
    if (outages !== this.#outages) return; // Lost anew.
    this.#holding?.resolve();
    this.#holding = undefined;
    this.#outgoing.release();
  }

  /** A client that tries again says the same hundreds of times a second. */
  #onError(error: unknown, topic: string | undefined): void {
    const now = performance.now();
    // The oldest comes first.
    for (const [text, at] of this.#errors) {
      if (now - at < SAME_ERROR_INTERVAL) break;
      this.#errors.delete(text);
    }
    // Some count their attempts, or name every node.
    const text = `${topic} ${error}`.replaceAll(/\d+/g, "0");
    if (this.#errors.has(text)) return;
    this.#errors.set(text, now);
    this.#report({ error, topic });
  }

  #end(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#failure = error;
    this.#isCut = error !== undefined || this.#outgoing.length > 0;
    this.#interests.clear();
    this.#wire.release();
    this.#holding?.resolve();
    this.#holding = undefined;
    this.#outgoing.lose(error ?? new ClosedError("the target is closed"));
    for (const member of this.#members) {
      member.losses.end();
      member.onEnded(error);
    }
    this.#members.clear();
  }

  #tellLosses(): void {
    for (const { losses } of this.#members) losses.end();
  }

  #report(fault: EngineFault): void {
    for (const member of this.#members) member.onFault(fault);
  }
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
