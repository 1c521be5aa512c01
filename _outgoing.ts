// Events on their way to the server of an engine: sent and not confirmed, or
// waiting to be sent.

import { later } from "./_deferred.ts";
import { Fifo } from "./_fifo.ts";
import { InFlight } from "./_in_flight.ts";
import type { Losses } from "./_losses.ts";
import { WINDOW } from "./_recent_origins.ts";
import { type EventEnvelope, topicOf } from "./envelope.ts";
import { BufferFullError, ConnectionError } from "./errors.ts";

/** An event that the server has not confirmed. */
export interface Publication {
  readonly envelope: EventEnvelope;
  readonly text: string;
  readonly bytes: number;
  /** Told when it cannot be confirmed. */
  readonly losses: Losses;
  /** Of `nextIndex`. */
  readonly index: number;
}

/** How events get to the server. */
export interface Sender {
  /**
   * Whether the client sends again, once it has connected again, what was under
   * way: it would be overtaken by its beginning if we did so, too.
   */
  readonly resends: boolean;
  /**
   * Whether the server itself may have been gone in the last outage; of the one
   * before that while `hold` is called.
   */
  readonly wasGone: boolean;
  /**
   * What the engine calls the topic of an event.
   *
   * @param bytes Of its text.
   * @throws {RangeError} When it has no name for it.
   * @throws {FrameError} When the server does not take so much.
   */
  nameOf(envelope: EventEnvelope, bytes: number): string;
  /** @returns Resolves once the server has it; rejects when that is not known. */
  publish(name: string, text: string): Promise<unknown>;
}

/** One that was accepted. */
interface Accepted extends Publication {
  readonly name: string;
  readonly generation: number;
  /** How often it was sent; an answer to an earlier time counts no more. */
  attempt: number;
  /** It was under way when the server was lost, and the client sends it again. */
  hasCrossed: boolean;
  /** It did so in an outage before that, in which the server was gone. */
  isDoubtful: boolean;
}

/**
 * How far what is sent may be ahead of the oldest that is not confirmed, in
 * events. Receivers know so many and more: one that comes again is passed over,
 * and one that a slow shard brings late is not.
 */
const MAX_AHEAD = WINDOW / 2;

/** The events that are not confirmed, in their order. */
export class Outgoing {
  readonly #sender: Sender;
  readonly #limit: number;
  readonly #onIdle: () => void;
  readonly #sent = new Set<Accepted>();
  #waiting = new Fifo<Accepted>();
  readonly #inFlight = new InFlight();
  #bytes = 0;
  /** The event whose confirmation is timed, one at a time, and since when. */
  #timed: Accepted | undefined;
  #timedAt = 0;
  /** Milliseconds that the last one took. */
  rtt: number | undefined;
  #isHeld = false;
  #isScheduled = false;
  #lastIndex = 0;
  /** None that was sent and is not confirmed is older. */
  #oldest = 0;

  /**
   * @param limit Bytes that may be unconfirmed.
   * @param onIdle Called when all has been confirmed or lost.
   */
  constructor(sender: Sender, limit: number, onIdle: () => void) {
    this.#sender = sender;
    this.#limit = limit;
    this.#onIdle = onIdle;
  }

  /** Bytes that are not confirmed. */
  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#sent.size + this.#waiting.length;
  }

  /**
   * For an event that is to be pushed. One that is refused counts, too: receivers
   * know events by numbers, which it uses up.
   */
  nextIndex(): number {
    return ++this.#lastIndex;
  }

  /**
   * Sends an event, with all others of this turn: sockets of spokes bring each as
   * a task of its own, and each would be written by itself.
   *
   * @throws {BufferFullError} When too much is unconfirmed.
   * @throws {RangeError | FrameError} What `nameOf` throws.
   */
  push(publication: Publication): void {
    const { envelope, bytes } = publication;
    if (this.#bytes + bytes > this.#limit) {
      throw new BufferFullError(this.#bytes, this.#limit);
    }
    this.#waiting.push({
      ...publication,
      name: this.#sender.nameOf(envelope, bytes),
      generation: this.#inFlight.start(),
      attempt: 0,
      hasCrossed: false,
      isDoubtful: false,
    });
    this.#bytes += bytes;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    later(() => {
      this.#isScheduled = false;
      this.send();
    });
  }

  /** Resolves once all of now are confirmed or lost. */
  settled(): Promise<void> {
    return this.#inFlight.settled();
  }

  /** Sends nothing for now; what is not confirmed is to be sent again. */
  hold(): void {
    this.#isHeld = true;
    if (!this.#sender.resends) return this.#takeBack();
    for (const accepted of this.#sent) {
      accepted.isDoubtful ||= accepted.hasCrossed && this.#sender.wasGone;
      accepted.hasCrossed = true;
    }
  }

  /** What was sent waits, in front of what waits already. */
  #takeBack(): void {
    const waiting = new Fifo<Accepted>();
    for (const accepted of this.#sent) waiting.push(accepted);
    this.#sent.clear();
    while (this.#waiting.length > 0) waiting.push(this.#waiting.shift());
    this.#waiting = waiting;
  }

  /** Sends what waits from now on. */
  release(): void {
    this.#isHeld = false;
    this.send();
  }

  /** Gives all of it up, and has it told: nothing gets through any more. */
  lose(error: unknown): void {
    this.#isHeld = true;
    this.#takeBack();
    const all = new Set<Losses>();
    while (this.#waiting.length > 0) {
      const accepted = this.#waiting.shift();
      this.#lose(accepted, error);
      all.add(accepted.losses);
    }
    for (const losses of all) losses.end();
  }

  /** Sends what waits for the end of the turn, and may be sent. */
  send(): void {
    while (
      !this.#isHeld && this.#waiting.length > 0 &&
      this.#isNear(this.#waiting.peek())
    ) {
      const accepted = this.#waiting.shift();
      try {
        this.#send(accepted);
      } catch (error) {
        this.#lose(accepted, error);
      }
    }
  }

  #isNear({ index }: Accepted): boolean {
    if (index - this.#oldest < MAX_AHEAD) return true;
    // In the order in which they were accepted.
    const [oldest] = this.#sent;
    this.#oldest = oldest?.index ?? index;
    return index - this.#oldest < MAX_AHEAD;
  }

  #send(accepted: Accepted): void {
    const sent = this.#sender.publish(accepted.name, accepted.text);
    this.#sent.add(accepted);
    if (this.#timed === undefined) {
      this.#timed = accepted;
      this.#timedAt = performance.now();
    }
    const attempt = ++accepted.attempt;
    sent.then(
      () => this.#onSent(accepted, attempt),
      (error) => this.#onFailed(accepted, attempt, error),
    );
  }

  #onSent(accepted: Accepted, attempt: number): void {
    if (!this.#isCurrent(accepted, attempt)) return;
    if (accepted === this.#timed && attempt === 1 && !accepted.hasCrossed) {
      this.rtt = performance.now() - this.#timedAt;
    }
    // It may have come when the others were not back.
    const { isDoubtful, hasCrossed } = accepted;
    if (isDoubtful || hasCrossed && this.#sender.wasGone) {
      this.#lose(accepted, crossed());
    } else this.#forget(accepted);
    if (this.length === 0) this.#onIdle();
    else this.send();
  }

  #onFailed(accepted: Accepted, attempt: number, error: unknown): void {
    if (!this.#isCurrent(accepted, attempt)) return;
    this.#lose(accepted, error);
    this.send();
  }

  #isCurrent(accepted: Accepted, attempt: number): boolean {
    return accepted.attempt === attempt && this.#sent.delete(accepted);
  }

  #lose(accepted: Accepted, error: unknown): void {
    this.#forget(accepted);
    accepted.losses.add(error, topicOf(accepted.envelope));
  }

  #forget(accepted: Accepted): void {
    this.#bytes -= accepted.bytes;
    if (accepted === this.#timed) this.#timed = undefined;
    this.#inFlight.end(accepted.generation);
  }
}

function crossed(): ConnectionError {
  return new ConnectionError("the connection was lost while it was under way");
}
