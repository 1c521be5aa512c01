// What bridges know of each other while an engine comes and goes.

import assert from "node:assert/strict";
import { Roster } from "../_roster.ts";
import { takeTimers } from "./_timers.ts";
import { isOver, turn } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Milliseconds that all have to come back after an outage. */
const GATHER_TIMEOUT = 5_000;

/** A bridge on the engine below. */
class Member implements Disposable {
  readonly name: string;
  readonly roster: Roster;
  readonly faults: string[] = [];
  /** What it sends comes to the others, and to itself. */
  isConnected = true;
  /** It knows of no outage. */
  isReachable = true;

  constructor(name: string, ids: string[], members: Set<Member>) {
    this.name = name;
    members.add(this);
    this.roster = new Roster({
      name,
      isReachable: () => this.isReachable,
      send: ({ id, payload }) => {
        for (const { name: to, isConnected, roster } of members) {
          if (!this.isConnected || !isConnected) continue;
          if (id === "all" || id === to) roster.receive(payload, name);
        }
      },
      subscribed: () => Promise.resolve(),
      subscribers: () => ids,
      onFault: ({ message }) => this.faults.push(message),
    });
    this.roster.start();
  }

  [Symbol.dispose](): void {
    this.roster.leave();
  }
}

Deno.test("Roster waits, after an outage, also for those whom it asked meanwhile", async () => {
  const members = new Set<Member>();
  using ann = new Member("ann", ["a"], members);
  using bob = new Member("bob", ["b"], members);
  await turn();
  assert.deepEqual(await ann.roster.subscribers("said", 1), ["a", "b"]);
  ann.isConnected = bob.isConnected = false;
  assert.deepEqual(await ann.roster.subscribers("said", 1), ["a"]);
  assert.deepEqual(ann.faults, [
    "Cannot ask all hubs who is subscribed: the engine does not answer",
  ]);
  ann.isConnected = true;
  const gathering = ann.roster.gather().then(() => "all are back");
  assert.equal(await Promise.race([gathering, turn()]), "turn");
  bob.isConnected = true;
  void bob.roster.gather();
  assert.equal(await gathering, "all are back");
});

/** What is to be done each ten seconds, to be done by the test. */
function takeBeats(): { beat(): void } & Disposable {
  const beats: (() => void)[] = [];
  const { setInterval } = globalThis;
  const take = (beat: () => void) => beats.push(beat);
  Object.assign(globalThis, { setInterval: take });
  return {
    beat: () => beats.forEach((beat) => beat()),
    [Symbol.dispose]: () => void Object.assign(globalThis, { setInterval }),
  };
}

for (const isConnected of [true, false]) {
  const whether = isConnected ? "forgets" : "does not forget";
  const when = isConnected ? "is there" : "is not";
  Deno.test(`Roster ${whether} who is silent while the engine ${when}`, async () => {
    const members = new Set<Member>();
    using beats = takeBeats();
    using ann = new Member("ann", ["a"], members);
    using bob = new Member("bob", ["b"], members);
    await turn();
    bob.isConnected = false;
    ann.isConnected = isConnected;
    for (let i = 0; i < 5; i++) beats.beat();
    ann.isConnected = true;
    const gathering = ann.roster.gather().then(() => "all are back");
    const turned = turn();
    const first = await Promise.race([gathering, turned]);
    await turned;
    assert.equal(first, isConnected ? "all are back" : "turn");
    bob.isConnected = true;
    void bob.roster.gather();
    await gathering;
  });
}

Deno.test("Roster says once that an engine does not bring back what it is given", async () => {
  const members = new Set<Member>();
  using beats = takeBeats();
  using ann = new Member("ann", ["a"], members);
  await turn();
  beats.beat(); // Comes back.
  ann.isConnected = false;
  beats.beat();
  assert.deepEqual(ann.faults, []);
  for (let i = 0; i < 3; i++) beats.beat();
  const deaf = "Cannot hear the engine: " +
    "what was sent 10000 ms ago has not come back";
  assert.deepEqual(ann.faults, [deaf]);
  ann.isConnected = true;
  beats.beat();
  ann.isConnected = false;
  for (let i = 0; i < 3; i++) beats.beat();
  assert.deepEqual(ann.faults, [deaf, deaf], "each time anew");
  await ann.roster.gather();
  ann.isReachable = false;
  for (let i = 0; i < 3; i++) beats.beat();
  assert.equal(ann.faults.length, 2, "an outage that is known is told already");
});

Deno.test("Roster forgets who does not answer although the engine does", async () => {
  const members = new Set<Member>();
  using ann = new Member("ann", ["a"], members);
  using bob = new Member("bob", ["b"], members);
  await turn();
  bob.isConnected = false;
  assert.deepEqual(await ann.roster.subscribers("said", 1), ["a"]);
  assert.deepEqual(ann.faults, [
    "Cannot ask all hubs who is subscribed: 1 of 1 did not answer in 1 ms",
  ]);
  await ann.roster.gather(); // For nobody.
});

Deno.test("Roster waits one outage for who does not come back", async () => {
  const members = new Set<Member>();
  using timers = takeTimers(GATHER_TIMEOUT);
  using ann = new Member("ann", ["a"], members);
  using bob = new Member("bob", ["b"], members);
  using cid = new Member("cid", ["c"], members);
  await turn();
  bob.isConnected = false;
  const first = ann.roster.gather();
  assert.equal(await isOver(first), false);
  assert.equal(timers.pending, 1);
  timers.runOut();
  await first;

  cid.isConnected = false;
  const second = ann.roster.gather();
  assert.equal(await isOver(second), false, "for cid");
  cid.isConnected = true;
  void cid.roster.gather();
  assert.equal(await isOver(second), true, "not for bob");

  // Whoever is heard again is waited for again.
  bob.isConnected = true;
  void bob.roster.gather();
  await turn();
  bob.isConnected = false;
  const third = ann.roster.gather();
  assert.equal(await isOver(third), false, "for bob");
  timers.runOut();
  await third;
});

Deno.test("Roster that was left waits for nobody", async () => {
  const members = new Set<Member>();
  using timers = takeTimers(GATHER_TIMEOUT);
  using ann = new Member("ann", ["a"], members);
  using bob = new Member("bob", ["b"], members);
  await turn();
  bob.isConnected = false;
  const before = ann.roster.gather();
  assert.equal(await isOver(before), false);
  ann.roster.leave();
  assert.equal(await isOver(before), true);
  const after = ann.roster.gather();
  assert.equal(await isOver(after), true);
  assert.equal(timers.pending, 0);
  assert.equal(timers.set, 1);
});
