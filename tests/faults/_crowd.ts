// Spokes that all talk to each other through a hub, all the time: each sends
// numbered events, and looks at the numbers of the others.

import assert from "node:assert/strict";
import { ConnectionError, createEvent } from "../../mod.ts";
import type { SpokeOptions, SpokeStatus } from "../../websocket_client.ts";
import { Log } from "../_waiting.ts";
import type { HubProcess, Stage } from "./_stage.ts";
import type { FaultSpoke } from "./_transport.ts";

/** Between two events of one spoke, in milliseconds. */
const PAUSE = 10;

/** What goes with each number. */
const FILLING = "x".repeat(300);

/** Bytes that a spoke lets wait; far from `backpressureLimit`. */
const ENOUGH = 500_000;

/** One spoke, what it sent and what it heard. */
class Member {
  readonly spoke: FaultSpoke;
  readonly statuses: Log<SpokeStatus>;
  /** The number of its last event. */
  sent = 0;
  /** The last number heard from each other member. */
  readonly last = new Map<string, number>();
  heard = 0;
  /** Numbers that came twice, or behind a later one. */
  readonly strays: string[] = [];
  readonly #waiters = new Set<() => void>();

  constructor(spoke: FaultSpoke, statuses: Log<SpokeStatus>) {
    this.spoke = spoke;
    this.statuses = statuses;
    spoke.addEventListener("load", ({ detail: { id, payload } }) => {
      const { n } = payload as { n: number };
      const last = this.last.get(id) ?? 0;
      if (n <= last) this.strays.push(`${n} of ${id} behind ${last}`);
      this.last.set(id, n);
      this.heard++;
      for (const check of this.#waiters) check();
    });
  }

  send(): void {
    if (this.spoke.bufferedBytes > ENOUGH) return;
    this.sent++;
    this.spoke.dispatchEvent(
      createEvent("load", this.spoke.id, { n: this.sent, text: FILLING }),
    );
  }

  /** Resolves once it has heard a number of another, or a later one. */
  hears({ spoke: { id } }: Member, n: number): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if ((this.last.get(id) ?? 0) < n) return;
        this.#waiters.delete(check);
        resolve();
      };
      this.#waiters.add(check);
      check();
    });
  }
}

/** Spokes under load. */
export class Crowd implements Disposable {
  readonly members: readonly Member[];
  /** The topics of all of them, sorted. */
  readonly topics: readonly string[];
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(members: Member[], topics: string[]) {
    this.members = members;
    this.topics = topics;
    this.#timer = setInterval(() => {
      for (const member of members) member.send();
    }, PAUSE);
  }

  static async join(
    stage: Stage,
    { address }: HubProcess,
    size: number,
    options: SpokeOptions,
  ): Promise<Crowd> {
    const sets = Array.from({ length: 50 }, (_, i) => `set:${i}`);
    const members: Member[] = [];
    for (let i = 0; i < size; i++) {
      const statuses = new Log<SpokeStatus>();
      const onStatus = statuses.add;
      const spoke = await stage.ends.spoke(address, { ...options, onStatus });
      for (const topic of sets) spoke.addEventListener(topic, () => {});
      members.push(new Member(spoke, statuses));
    }
    return new Crowd(members, ["load", ...sets].sort());
  }

  /** Resolves once each has heard what each other sends from now on. */
  async hearsAll(rounds = 1): Promise<void> {
    await Promise.all(
      this.members.flatMap((from) =>
        this.members.filter((to) => to !== from)
          .map((to) => to.hears(from, from.sent + rounds))
      ),
    );
  }

  /** Resolves once all are open, all their topics are known, and all are heard. */
  async isWhole(hub: HubProcess): Promise<void> {
    await Promise.all(
      this.members.map(({ spoke }) => isSubscribed(spoke, hub, this.topics)),
    );
    await this.hearsAll();
  }

  get sent(): number {
    return this.members.reduce((all, { sent }) => all + sent, 0);
  }

  get heard(): number {
    return this.members.reduce((all, { heard }) => all + heard, 0);
  }

  /** Nothing came twice, and nothing behind what its sender sent later. */
  assertOrdered(): void {
    assert.deepEqual(this.members.flatMap(({ strays }) => strays), []);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Connections that may be lost before one has to last. */
const MOST_LOSSES = 20;

/** Resolves once a spoke is open and the hub has all of its topics. */
export async function isSubscribed(
  spoke: FaultSpoke,
  hub: HubProcess,
  topics: readonly string[],
): Promise<void> {
  for (let i = 0; i < MOST_LOSSES; i++) {
    try {
      await spoke.flush();
    } catch (error) {
      // The connection to the hub before, or one more that was lost.
      if (error instanceof ConnectionError) continue;
      throw error;
    }
    // None, if it has been lost again meanwhile.
    const found = (await hub.topics()).filter(([id]) => id === spoke.id);
    if (found.some(([, known]) => isSame(known, topics))) return;
  }
  assert.fail(`The hub does not know all topics of ${spoke.id}`);
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((it, i) => it === other[i]);
}
