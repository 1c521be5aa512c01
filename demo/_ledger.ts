// Who was to receive which event, and who did: exact, no event is forgotten.

import type { EventType, PartyName } from "./_protocol.ts";

/** One event on its way. */
export interface Sent {
  readonly n: number;
  readonly from: PartyName;
  readonly type: EventType;
  readonly id: string;
  /** Sent while everybody was connected: whoever is to receive it must. */
  readonly counts: boolean;
  /** Who is subscribed to it, the sender left out. */
  readonly receivers: readonly PartyName[];
  /** Milliseconds it took to each. */
  readonly took: Map<PartyName, number>;
}

/** What became of the events that one party was to receive. */
export interface Score {
  sent: number;
  delivered: number;
  expected: number;
  /** Received again, or without a subscription. */
  duplicates: number;
}

export class Ledger {
  readonly #events: Sent[] = [];
  #settled = 0;
  readonly #topics = new Map<PartyName, readonly string[]>();
  readonly #duplicates = new Map<PartyName, number>();

  get events(): readonly Sent[] {
    return this.#events;
  }

  subscribe(party: PartyName, topics: readonly string[]): void {
    this.#topics.set(party, topics);
  }

  /** Writes down an event that is about to be sent. */
  send(from: PartyName, type: EventType, id: string, counts: boolean): Sent {
    const receivers = [...this.#topics]
      .filter(([party, topics]) =>
        party !== from &&
        (topics.includes(type) || topics.includes(`${type}:${id}`))
      )
      .map(([party]) => party);
    const n = this.#events.length + 1;
    const event: Sent = {
      n,
      from,
      type,
      id,
      counts,
      receivers,
      took: new Map(),
    };
    this.#events.push(event);
    return event;
  }

  /** Writes down a delivery; the event if that completes it. */
  receive(party: PartyName, n: number, ms: number): Sent | undefined {
    const event = this.#events[n - 1];
    if (!event?.receivers.includes(party) || event.took.has(party)) {
      this.#duplicates.set(party, (this.#duplicates.get(party) ?? 0) + 1);
    } else {
      event.took.set(party, ms);
      if (event.took.size === event.receivers.length) return event;
    }
    return undefined;
  }

  /** Events that somebody has not received, new ones since the last call. */
  giveUp(): Sent[] {
    const fresh = this.#events.slice(this.#settled);
    this.#settled = this.#events.length;
    return fresh.filter(({ took, receivers }) => took.size < receivers.length);
  }

  score(party: PartyName): Score {
    const expected = this.#events.filter(({ counts, receivers }) =>
      counts && receivers.includes(party)
    );
    return {
      sent: this.#events.filter(({ from }) => from === party).length,
      delivered: expected.filter(({ took }) => took.has(party)).length,
      expected: expected.length,
      duplicates: this.#duplicates.get(party) ?? 0,
    };
  }
}
