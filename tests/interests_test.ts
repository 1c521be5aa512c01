// What a server is told of the topics that are listened on; it answers by hand.

import assert from "node:assert/strict";
import { Interests, type SubscribingWire } from "../_interests.ts";
import { randomOf } from "./_random.ts";
import { isOver, turn } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Commands that may be unanswered. */
const MAX_UNANSWERED = 1_000;

/** What a server was told, and has not answered. */
interface Told {
  readonly topic: string;
  readonly isSubscription: boolean;
  answer(error?: Error): void;
}

/** A client and its server, which have one set of topics. */
class Wire implements SubscribingWire {
  canSubscribe = true;
  readonly subscribed = new Set<string>();
  /** All that it was told. */
  readonly log: string[] = [];
  unanswered: Told[] = [];
  readonly refusals: string[] = [];
  readonly interests: Interests<string> = new Interests<string>(
    this,
    (error, topic) => this.refusals.push(`${topic}: ${error}`),
  );

  assertTopic(topic: string): void {
    if (topic.includes("\0")) throw new RangeError(`no name for ${topic}`);
  }

  subscribe(topic: string): Promise<void> {
    this.log.push(`+${topic}`);
    this.subscribed.add(topic);
    return this.#told(topic, true);
  }

  unsubscribe(topic: string): Promise<void> {
    this.log.push(`-${topic}`);
    this.subscribed.delete(topic);
    return this.#told(topic, false);
  }

  /** Answers all, what comes of it included. */
  async answerAll(): Promise<void> {
    while (this.unanswered.length > 0) {
      for (const { answer } of this.unanswered.splice(0)) answer();
      await turn();
    }
  }

  #told(topic: string, isSubscription: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const answer = (error?: Error) => error ? reject(error) : resolve();
      this.unanswered.push({ topic, isSubscription, answer });
    });
  }
}

Deno.test("Interests subscribes for the first and unsubscribes for the last", async () => {
  const wire = new Wire();
  const { interests } = wire;
  interests.add("ann", "a");
  interests.add("bob", "a");
  interests.add("ann", "b");
  assert.deepEqual(wire.log, ["+a", "+b"]);
  assert.deepEqual([...interests.membersOf("a")!], ["ann", "bob"]);
  assert.equal(interests.isConfirmed("a"), false);
  assert.equal(await isOver(interests.whenAnswered("a")), false);
  assert.equal(await isOver(interests.settled()), false);
  await wire.answerAll();
  assert.equal(interests.isConfirmed("a"), true);
  assert.equal(interests.whenAnswered("a"), undefined);
  assert.equal(await isOver(interests.settled()), true);
  interests.remove("ann", "a");
  interests.remove("ann", "nothing");
  assert.deepEqual(wire.log, ["+a", "+b"]);
  interests.forget("bob");
  interests.forget("ann");
  assert.deepEqual(wire.log.slice(2), ["-a", "-b"]);
  assert.equal(interests.membersOf("a"), undefined);
  await wire.answerAll();
  assert.deepEqual(wire.refusals, []);
});

Deno.test("Interests refuses a topic that has no name, and keeps nothing of it", () => {
  const { interests, log } = new Wire();
  assert.throws(() => interests.add("ann", "a\0"), RangeError);
  assert.equal(interests.membersOf("a\0"), undefined);
  interests.remove("ann", "a\0");
  assert.deepEqual(log, []);
});

Deno.test("Interests tells what is refused, and goes on", async () => {
  const wire = new Wire();
  const { interests } = wire;
  interests.add("ann", "a");
  wire.unanswered.pop()!.answer(new Error("no"));
  await turn();
  assert.deepEqual(wire.refusals, ["a: Error: no"]);
  assert.equal(interests.isConfirmed("a"), false);
  assert.equal(await isOver(interests.settled()), true);
  interests.verify(false, Promise.reject(new Error("never")));
  await wire.answerAll();
  assert.equal(interests.isConfirmed("a"), true);
  assert.deepEqual(wire.refusals.slice(1), ["undefined: Error: never"]);
});

Deno.test("Interests keeps what comes to nothing while the server hangs to itself", async () => {
  const wire = new Wire();
  const { interests } = wire;
  interests.add("ann", "held");
  for (let i = 0; i < 5_000; i++) {
    interests.add("ann", "a");
    interests.remove("ann", "a");
    interests.add("ann", `b:${i}`);
    interests.remove("ann", `b:${i}`);
  }
  assert.equal(wire.unanswered.length, MAX_UNANSWERED);
  interests.add("ann", "late");
  const late = interests.whenAnswered("late");
  const settled = interests.settled();
  assert.equal(await isOver(late), false);
  assert.equal(await isOver(settled), false);
  await wire.answerAll();
  assert.equal(await isOver(late), true);
  assert.equal(await isOver(settled), true);
  assert.deepEqual([...wire.subscribed], ["held", "late"]);
  assert.equal(interests.isConfirmed("late"), true);
  assert.ok(wire.log.length <= MAX_UNANSWERED + 3, `${wire.log.length}`);
});

Deno.test("Interests tells nothing while the client is away, and all when it is back", async () => {
  const wire = new Wire();
  const { interests } = wire;
  for (const topic of ["stays", "goes", "returns"]) {
    interests.add("ann", topic);
  }
  await wire.answerAll();
  wire.canSubscribe = false;
  wire.log.length = 0;
  interests.remove("ann", "goes");
  interests.remove("ann", "returns");
  interests.add("bob", "returns");
  interests.add("bob", "comes");
  interests.add("bob", "passes");
  interests.remove("bob", "passes");
  assert.deepEqual(wire.log, []);
  assert.equal(interests.isConfirmed("returns"), true);
  const settled = interests.settled();
  assert.equal(await isOver(settled), false);
  wire.canSubscribe = true;
  interests.verify(false, undefined);
  assert.deepEqual(wire.log.toSorted(), [
    "+comes",
    "+returns",
    "+stays",
    "-goes",
  ]);
  assert.equal(interests.isConfirmed("stays"), true, "while it is verified");
  await wire.answerAll();
  assert.equal(await isOver(settled), true);
  interests.verify(true, undefined);
  interests.add("bob", "new");
  interests.verify(true, undefined);
  assert.equal(wire.log.filter((one) => one === "+new").length, 1);
  await wire.answerAll();
});

Deno.test("Interests takes all back at the end, whatever the server does", async () => {
  const wire = new Wire();
  const { interests } = wire;
  interests.add("ann", "a");
  await wire.answerAll();
  wire.canSubscribe = false;
  interests.add("ann", "b");
  const before = interests.settled();
  interests.clear();
  assert.deepEqual(wire.log, ["+a", "-a"]);
  interests.clear();
  assert.deepEqual(wire.log, ["+a", "-a"]);
  assert.equal(await isOver(before), true, "nothing comes of +b");
  const settled = interests.settled();
  assert.equal(await isOver(settled), false);
  await wire.answerAll();
  assert.equal(await isOver(settled), true);
});

Deno.test("Interests ends as it is wanted, whatever happens meanwhile", async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = randomOf(seed);
    const wire = new Wire();
    const { interests } = wire;
    const wanted = new Map<string, Set<string>>();
    for (let step = 0; step < 150; step++) {
      const topic = `t${random(6)}`;
      const member = `m${random(3)}`;
      const members = wanted.get(topic) ?? new Set();
      wanted.set(topic, members);
      switch (random(6)) {
        case 0:
        case 1:
          interests.add(member, topic);
          members.add(member);
          break;
        case 2:
          interests.remove(member, topic);
          members.delete(member);
          break;
        case 3: {
          const [told] = wire.unanswered.splice(
            random(wire.unanswered.length + 1),
            1,
          );
          told?.answer();
          break;
        }
        case 4:
          await Promise.resolve();
          break;
        default:
          if (random(4) > 0) break;
          // What is under way is lost with a connection; the client comes back
          // with what it had been told.
          if (wire.canSubscribe) {
            wire.canSubscribe = false;
            for (const { answer } of wire.unanswered.splice(0)) {
              answer(new Error("lost"));
            }
          } else {
            wire.canSubscribe = true;
            interests.verify(false, undefined);
          }
      }
    }
    wire.canSubscribe = true;
    interests.verify(false, undefined);
    const settled = interests.settled();
    await wire.answerAll();
    const all = [...wanted].filter(([, members]) => members.size > 0);
    const topics = all.map(([topic]) => topic).sort();
    assert.deepEqual([...wire.subscribed].sort(), topics, `seed ${seed}`);
    for (const [topic, members] of all) {
      assert.deepEqual(new Set(interests.membersOf(topic)), members);
      assert.equal(
        interests.isConfirmed(topic),
        true,
        `seed ${seed}, ${topic}`,
      );
    }
    assert.equal(await isOver(settled), true, `seed ${seed}`);
  }
});
