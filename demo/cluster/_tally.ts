// Who was to receive which event, and who did, phase by phase: exact, no event is
// forgotten, and none is excused but for a reason that was given before.

import type { Payload, Room, SpokePlan } from "./_plan.ts";

export type Event = Payload & { room: Room };

/** Why events of some time need not arrive. */
export interface Excuse {
  readonly since: number;
  until: number;
  covers(event: Event, receiver: string): boolean;
}

/** What became of the events of one phase. */
export interface PhaseRow {
  readonly phase: string;
  published: number;
  /** Deliveries, had everything been up. */
  due: number;
  sameHub: number;
  across: number;
  /** Not delivered, with an excuse. */
  lost: number;
  /** Not delivered, without one. */
  missed: number;
  /** Delivered again, or to somebody who is not subscribed. */
  twice: number;
  /** Delivered to their sender. */
  echoes: number;
  /** Delivered behind a later one of the same sender and room. */
  disorder: number;
}

/** One event, and which hub each receiver had it from. */
interface Track {
  readonly event: Event;
  readonly receivers: readonly string[];
  readonly hubs: Map<string, number>;
}

interface Phase {
  readonly name: string;
  readonly since: number;
}

type Fault = "twice" | "echoes" | "disorder";

export class Tally {
  readonly #spokes: readonly SpokePlan[];
  readonly #tracks = new Map<string, Track>();
  readonly #phases: Phase[] = [];
  readonly #excuses: Excuse[] = [];
  readonly #faults: [Fault, Event][] = [];
  /** The last number of each sender that each receiver had in each room. */
  readonly #last = new Map<string, number>();
  readonly #sent = new Map<string, number>();
  readonly #received = new Map<string, number>();

  constructor(spokes: readonly SpokePlan[]) {
    this.#spokes = spokes;
  }

  /** From a time on, events belong to this phase. */
  begin(name: string, since: number): void {
    this.#phases.push({ name, since });
  }

  excuse(excuse: Excuse): void {
    this.#excuses.push(excuse);
  }

  sent(event: Event): void {
    add(this.#sent, event.from);
    this.#track(event);
  }

  received(event: Event, by: string, hub: number): void {
    add(this.#received, by);
    const { receivers, hubs } = this.#track(event);
    if (by === event.from) this.#faults.push(["echoes", event]);
    else if (hubs.has(by) || !receivers.includes(by)) {
      this.#faults.push(["twice", event]);
    } else {
      hubs.set(by, hub);
      const way = `${by} ${event.from} ${event.room}`;
      if ((this.#last.get(way) ?? 0) > event.n) {
        this.#faults.push(["disorder", event]);
      }
      this.#last.set(way, event.n);
    }
  }

  sentBy(spoke: string): number {
    return this.#sent.get(spoke) ?? 0;
  }

  receivedBy(spoke: string): number {
    return this.#received.get(spoke) ?? 0;
  }

  /** Deliveries that are due without an excuse, of events before a time. */
  owed(before: number): number {
    let owed = 0;
    for (const track of this.#tracks.values()) {
      if (track.event.at >= before) continue;
      for (const receiver of track.receivers) {
        if (!track.hubs.has(receiver) && !this.#isExcused(track, receiver)) {
          owed++;
        }
      }
    }
    return owed;
  }

  /** The events of a phase that somebody did not get, by the hub of the sender. */
  incomplete(phase: string): Map<number, number> {
    const counts = new Map<number, number>();
    for (const { event, receivers, hubs } of this.#tracks.values()) {
      if (this.#phases[this.#phaseOf(event)]?.name !== phase) continue;
      if (hubs.size < receivers.length) {
        counts.set(event.hub, (counts.get(event.hub) ?? 0) + 1);
      }
    }
    return counts;
  }

  rows(): PhaseRow[] {
    const rows = this.#phases.map(({ name }) => emptyRow(name));
    for (const track of this.#tracks.values()) {
      const row = rows[this.#phaseOf(track.event)]!;
      row.published++;
      row.due += track.receivers.length;
      for (const receiver of track.receivers) {
        const hub = track.hubs.get(receiver);
        if (hub === undefined) {
          row[this.#isExcused(track, receiver) ? "lost" : "missed"]++;
        } else row[hub === track.event.hub ? "sameHub" : "across"]++;
      }
    }
    for (const [fault, event] of this.#faults) {
      rows[this.#phaseOf(event)]![fault]++;
    }
    return rows;
  }

  #track(event: Event): Track {
    const key = `${event.from} ${event.n}`;
    let track = this.#tracks.get(key);
    if (!track) {
      const receivers = this.#spokes
        .filter(({ name, rooms }) =>
          name !== event.from && rooms.includes(event.room)
        )
        .map(({ name }) => name);
      track = { event, receivers, hubs: new Map() };
      this.#tracks.set(key, track);
    }
    return track;
  }

  #isExcused({ event }: Track, receiver: string): boolean {
    return this.#excuses.some(({ since, until, covers }) =>
      event.at >= since && event.at < until && covers(event, receiver)
    );
  }

  #phaseOf({ at }: Event): number {
    return Math.max(0, this.#phases.findLastIndex(({ since }) => since <= at));
  }
}

export function emptyRow(phase: string): PhaseRow {
  const counts = { published: 0, due: 0, sameHub: 0, across: 0, lost: 0 };
  return { phase, ...counts, missed: 0, twice: 0, echoes: 0, disorder: 0 };
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
