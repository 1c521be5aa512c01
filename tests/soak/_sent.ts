// What one spoke has sent, by topic: how far it counted, how far the hub is
// known to have worked it off, and what a lost connection puts in doubt.

/** A topic, its last number, and the round in which that was sent. */
export type LastSent = readonly [topic: string, n: number, round: number];

/** Numbers of a topic that may be lost, both ends included. */
export type Doubt = readonly [topic: string, first: number, last: number];

interface Count {
  n: number;
  round: number;
  /** All up to this number has been worked off by the hub. */
  confirmed: number;
}

/** The numbers of one sender. */
export class Sent {
  readonly #counts = new Map<string, Count>();

  /** What the next event of a topic says of itself. */
  next(topic: string): { n: number; before: number } {
    const { n, round } = this.#counts.get(topic) ?? { n: 0, round: 0 };
    return { n: n + 1, before: round };
  }

  /** The next event of the topic was dispatched. */
  add(topic: string, round: number): void {
    const count = this.#counts.get(topic);
    if (count === undefined) {
      this.#counts.set(topic, { n: 1, round, confirmed: 0 });
    } else {
      count.n++;
      count.round = round;
    }
  }

  /** @returns To be called once all that was sent so far has been worked off. */
  mark(): () => void {
    const marks = Array.from(
      this.#counts.values(),
      (count) => [count, count.n] as const,
    );
    return () => {
      for (const [count, n] of marks) {
        count.confirmed = Math.max(count.confirmed, n);
      }
    };
  }

  /** The connection was lost: what nobody confirmed may be lost with it. */
  lost(): Doubt[] {
    const doubts: Doubt[] = [];
    for (const [topic, { n, confirmed }] of this.#counts) {
      if (n > confirmed) doubts.push([topic, confirmed + 1, n]);
    }
    return doubts;
  }

  table(): LastSent[] {
    return Array.from(
      this.#counts,
      ([topic, { n, round }]) => [topic, n, round],
    );
  }
}
