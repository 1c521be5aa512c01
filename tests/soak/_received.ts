// What one receiver got, and what it should have got.
//
// A subscription is solid from the moment on in which the hub is known to have
// it, as long as its connection holds. Between two events that arrived while it
// was solid none may be missing, unless the sender's connection was lost: that
// the judge knows. The first event of a sender says in which round the one
// before it was sent; when that was after the subscription had become solid, it
// is missing, too.

import { type EventEnvelope, parseTopic, topicOf } from "../../envelope.ts";
import { damageOf, type Payload } from "./_event.ts";
import type { LastSent } from "./_sent.ts";

/** What a receiver cannot explain by itself. */
export interface Finding {
  /**
   * `gap` and `late` (behind a later one) are allowed when the sender's
   * connection was lost, the others never are.
   */
  readonly kind:
    | "gap"
    | "late"
    | "duplicate"
    | "corrupted"
    | "foreign"
    | "own"
    | "unsent";
  readonly receiver: string;
  readonly from: string;
  readonly topic: string;
  readonly first: number;
  readonly last: number;
  readonly note?: string;
}

interface Listening {
  readonly topic: string;
  /** Which solid time this is; 0 while it is not solid. */
  era: number;
  /** What was sent in this round or later was sent when it was solid. */
  since: number;
}

/** One sender's events of one topic, at one listener. */
interface Stream {
  last: number;
  /** The solid time of the listener in which `last` arrived. */
  era: number;
  /** Ranges below `last` that did not arrive. */
  missing: [first: number, last: number][];
}

/** Keeps account for one receiver. */
export class Received {
  readonly #name: string;
  readonly #report: (finding: Finding) => void;
  readonly #round: () => number;
  readonly #listening = new Map<string, Listening>();
  /** Topics no longer listened to; the hub may not know yet. */
  readonly #leaving = new Set<string>();
  readonly #streams = new Map<string, Map<string, Stream>>();
  #lastEra = 0;
  /** Events that arrived. */
  received = 0;
  /** Events between which and the ones before none may be missing. */
  inSequence = 0;
  /** Numbers that this receiver had no claim to. */
  skipped = 0;
  /** Streams that were found complete at rest. */
  compared = 0;

  /** @param round The latest round of which the process has heard. */
  constructor(
    name: string,
    round: () => number,
    report: (finding: Finding) => void,
  ) {
    this.#name = name;
    this.#round = round;
    this.#report = report;
  }

  get topics(): string[] {
    return [...this.#listening.keys()];
  }

  listen(topic: string): void {
    this.#listening.set(topic, { topic, era: 0, since: Infinity });
  }

  unlisten(topic: string): void {
    this.#listening.delete(topic);
    this.#leaving.add(topic);
  }

  /** The connection was lost. */
  lost(): void {
    for (const listening of this.#listening.values()) listening.era = 0;
    this.#leaving.clear();
  }

  /** @returns To be called once the hub has worked off all that was sent. */
  mark(): () => void {
    const listening = [...this.#listening.values()];
    const leaving = [...this.#leaving];
    return () => {
      for (const one of listening) {
        if (one.era !== 0) continue;
        one.era = ++this.#lastEra;
        // A round begins once every process has heard of the one before: whoever
        // sends in the round after the next one does so after this moment.
        one.since = this.#round() + 2;
      }
      for (const topic of leaving) this.#leaving.delete(topic);
    };
  }

  /** Whether the hub has a reason to send an event of that topic. */
  expects(topic: string): boolean {
    const { type } = parseTopic(topic);
    return [topic, type].some((one) =>
      this.#listening.has(one) || this.#leaving.has(one)
    );
  }

  /** A listener on a topic was called. */
  take(topic: string, envelope: EventEnvelope<string, Payload>): void {
    const payload = envelope.payload;
    const damage = damageOf(envelope);
    const { from = "?", n = 0 } = payload ?? {};
    const event = topicOf(envelope);
    if (damage !== undefined) {
      return this.#find("corrupted", from, event, n, n, damage);
    }
    const listening = this.#listening.get(topic);
    if (!listening || topic !== event && topic !== envelope.type) {
      return this.#find("foreign", from, event, n, n, `listener on ${topic}`);
    }
    if (from === this.#name) return this.#find("own", from, event, n, n);
    this.received++;
    const stream = this.#stream(topic, from, event);
    if (n <= stream.last) return this.#takeOld(stream, from, event, n);
    const isClaimed = isSolid(listening) && stream.era === listening.era;
    if (isClaimed) this.inSequence++;
    if (n > stream.last + 1) {
      const first = stream.last + 1;
      stream.missing.push([first, n - 1]);
      if (isClaimed) this.#find("gap", from, event, first, n - 1);
      else if (isSolid(listening) && payload.before >= listening.since) {
        this.#find("gap", from, event, n - 1, n - 1, "sent before its first");
      } else this.skipped += n - first;
    }
    stream.last = n;
    stream.era = listening.era;
  }

  /**
   * Compares with what a sender has sent. All of it MUST have been worked off
   * by the hub, and then by this receiver.
   */
  compare(from: string, table: readonly LastSent[]): void {
    if (from === this.#name) return;
    for (const [event, n, round] of table) {
      for (const topic of new Set([event, parseTopic(event).type])) {
        const listening = this.#listening.get(topic);
        if (listening && isSolid(listening)) {
          this.#compareOne(listening, from, event, n, round);
        }
      }
    }
  }

  #compareOne(
    listening: Listening,
    from: string,
    event: string,
    n: number,
    round: number,
  ): void {
    const stream = this.#stream(listening.topic, from, event);
    const first = stream.last + 1;
    if (n < stream.last) {
      return this.#find("unsent", from, event, n + 1, stream.last);
    }
    const isClaimed = stream.era === listening.era || round >= listening.since;
    if (n > stream.last) {
      stream.missing.push([first, n]);
      if (stream.era === listening.era) {
        this.#find("gap", from, event, first, n, "at rest");
      } else if (isClaimed) this.#find("gap", from, event, n, n, "at rest");
      else this.skipped += n - stream.last;
    } else if (isClaimed) this.compared++;
    stream.last = n;
    stream.era = listening.era;
  }

  /** Senders that are gone for good. */
  forget(names: readonly string[]): void {
    for (const name of names) this.#streams.delete(name);
  }

  #stream(topic: string, from: string, event: string): Stream {
    let streams = this.#streams.get(from);
    if (!streams) this.#streams.set(from, streams = new Map());
    const key = `${topic} ${event}`;
    let stream = streams.get(key);
    if (!stream) streams.set(key, stream = { last: 0, era: 0, missing: [] });
    return stream;
  }

  #takeOld(stream: Stream, from: string, event: string, n: number): void {
    const at = stream.missing.findIndex(([a, b]) => a <= n && n <= b);
    if (at < 0) return this.#find("duplicate", from, event, n, n);
    const [first, last] = stream.missing[at]!;
    const left: [number, number][] = [[first, n - 1], [n + 1, last]];
    stream.missing.splice(at, 1, ...left.filter(([a, b]) => a <= b));
    this.#find("late", from, event, n, n, `behind ${stream.last}`);
  }

  #find(
    kind: Finding["kind"],
    from: string,
    topic: string,
    first: number,
    last: number,
    note?: string,
  ): void {
    const receiver = this.#name;
    this.#report({ kind, receiver, from, topic, first, last, note });
  }
}

function isSolid({ era }: Listening): boolean {
  return era !== 0;
}
