// Decides which findings the delivery promise does not allow.
//
// The judge calls rounds: it tells every process the number of the round, and
// calls the next one once all have answered. A process answers behind all that
// it had to say before. So a finding is judged when the round that began after
// it has been answered: then every doubt is known that came before it.

import type { Finding } from "./_received.ts";
import type { Doubt } from "./_sent.ts";

/** Findings, and what excuses them. */
export class Judge {
  #doubts = new Map<string, Map<string, [first: number, last: number][]>>();
  #waiting: { finding: Finding; round: number }[] = [];
  /** Losses that a lost connection of the sender explains, in numbers. */
  allowedGaps = 0;
  /** Events that arrived behind later ones over another connection. */
  allowedLate = 0;

  /** Whether there are findings that another round has to decide. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** A sender's connection was lost. */
  doubt(from: string, doubts: readonly Doubt[]): void {
    let topics = this.#doubts.get(from);
    if (!topics) this.#doubts.set(from, topics = new Map());
    for (const [topic, first, last] of doubts) {
      const ranges = topics.get(topic);
      if (ranges) ranges.push([first, last]);
      else topics.set(topic, [[first, last]]);
    }
  }

  /**
   * @param round The round that was called last.
   * @returns The finding when nothing can excuse it.
   */
  find(finding: Finding, round: number): Finding | undefined {
    if (finding.kind !== "gap" && finding.kind !== "late") return finding;
    this.#waiting.push({ finding, round });
    return undefined;
  }

  /**
   * Every process has answered a round.
   *
   * @returns What no lost connection explains.
   */
  answered(round: number): Finding[] {
    const ripe = this.#waiting.filter((one) => one.round < round);
    this.#waiting = this.#waiting.filter((one) => one.round >= round);
    return ripe.map(({ finding }) => finding).filter((finding) => {
      if (!this.#isExcused(finding)) return true;
      const { kind, first, last } = finding;
      if (kind === "gap") this.allowedGaps += last - first + 1;
      else this.allowedLate++;
      return false;
    });
  }

  /** Senders that are gone for good. */
  forget(names: readonly string[]): void {
    for (const name of names) this.#doubts.delete(name);
  }

  #isExcused({ from, topic, first, last }: Finding): boolean {
    const ranges = this.#doubts.get(from)?.get(topic) ?? [];
    let next = first;
    for (const [a, b] of ranges.toSorted((one, two) => one[0] - two[0])) {
      if (a <= next) next = Math.max(next, b + 1);
    }
    return next > last;
  }
}
