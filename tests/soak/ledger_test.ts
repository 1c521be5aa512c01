// The accounts of the soak, fed with what must not happen.

import assert from "node:assert/strict";
import type { EventEnvelope } from "../../envelope.ts";
import { type Payload, sumOf } from "./_event.ts";
import { faultsOf } from "./_faults.ts";
import { Judge } from "./_judge.ts";
import { type HeapSample, heapTrends } from "./_memory.ts";
import { type Finding, Received } from "./_received.ts";
import { Sent } from "./_sent.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const TOPIC = "soak.1:7";

/** A receiver that listens to one topic since round 1. */
function receiver() {
  const findings: Finding[] = [];
  const clock = { round: 1 };
  const received = new Received(
    "bob",
    () => clock.round,
    (finding) => findings.push(finding),
  );
  received.listen(TOPIC);
  received.mark()();
  /** An event of alice arrives; `change` is what happens to it on its way. */
  const take = (
    n: number,
    { round = 1, before = 1, from = "alice" } = {},
    change: (envelope: EventEnvelope<string, Payload>) => unknown = () => {},
    listener = TOPIC,
  ) => {
    const unsigned = { from, n, round, before, filling: "x" };
    const payload = { ...unsigned, sum: sumOf(TOPIC, unsigned) };
    const envelope = { type: "soak.1", id: "7", payload };
    change(envelope);
    received.take(listener, envelope);
  };
  return { received, findings, clock, take };
}

/** What was found, in short. */
function brief(findings: Finding[]): string[] {
  return findings.map(({ kind, first, last }) =>
    first === last ? `${kind} ${first}` : `${kind} ${first}-${last}`
  );
}

Deno.test("Received finds nothing in a row without a gap", () => {
  const { received, findings, take } = receiver();
  for (const n of [1, 2, 3, 4]) take(n);
  received.compare("alice", [[TOPIC, 4, 1]]);
  assert.deepEqual(findings, []);
  assert.equal(received.received, 4);
  assert.equal(received.inSequence, 3);
  assert.equal(received.compared, 1);
});

Deno.test("Received finds what comes twice", () => {
  const { findings, take } = receiver();
  for (const n of [1, 2, 2, 1]) take(n);
  assert.deepEqual(brief(findings), ["duplicate 2", "duplicate 1"]);
});

Deno.test("Received finds what comes twice over a reconnect", () => {
  const { received, findings, take } = receiver();
  take(1);
  received.lost();
  take(1);
  assert.deepEqual(brief(findings), ["duplicate 1"]);
});

Deno.test("Received finds a gap, and what comes too late", () => {
  const { findings, take } = receiver();
  for (const n of [1, 4, 3, 3, 2]) take(n);
  assert.deepEqual(brief(findings), [
    "gap 2-3",
    "late 3",
    "duplicate 3",
    "late 2",
  ]);
});

Deno.test("Received has no claim to what was sent while it was cut off", () => {
  const { received, findings, take } = receiver();
  take(1);
  received.lost();
  take(4);
  received.mark()();
  take(6, { before: 2 });
  assert.deepEqual(findings, []);
  assert.equal(received.skipped, 3);
  take(8, { before: 1 });
  assert.deepEqual(brief(findings), ["gap 7"]);
});

Deno.test("Received has a claim from the round on in which all know of it", () => {
  const { received, findings, clock, take } = receiver();
  clock.round = 10;
  received.unlisten(TOPIC);
  received.listen(TOPIC);
  received.mark()();
  take(5, { before: 11 });
  assert.deepEqual(findings, []);
  take(3, { from: "carol", before: 12 });
  assert.deepEqual(brief(findings), ["gap 2"]);
});

Deno.test("Received has no claim before the hub knows its subscription", () => {
  const { received, findings, take } = receiver();
  received.unlisten(TOPIC);
  const confirm = received.mark();
  received.listen(TOPIC);
  confirm(); // Began before it listened again.
  take(1);
  take(3);
  received.compare("alice", [[TOPIC, 9, 9]]);
  assert.deepEqual(findings, []);
});

Deno.test("Received finds what is missing at rest", () => {
  const { received, findings, take } = receiver();
  take(1);
  received.compare("alice", [[TOPIC, 3, 1]]);
  received.compare("carol", [[TOPIC, 2, 1]]); // Sent before it listened.
  received.compare("dave", [[TOPIC, 2, 3]]);
  received.compare("bob", [[TOPIC, 2, 3]]); // Its own.
  received.compare("dave", [[TOPIC, 1, 3]]);
  assert.deepEqual(brief(findings), ["gap 2-3", "gap 2", "unsent 2"]);
});

Deno.test("Received finds damage, its own events, and what is not for it", () => {
  const { received, findings, take } = receiver();
  take(1, {}, ({ payload }) => Object.assign(payload, { n: 2 }));
  take(1, {}, ({ payload }) => Object.assign(payload, { filling: "y" }));
  take(1, { from: "bob" });
  take(1, {}, () => {}, "soak.2");
  take(1, {}, (envelope) => Object.assign(envelope, { id: "8" }));
  received.unlisten(TOPIC);
  take(1);
  assert.deepEqual(findings.map(({ kind }) => kind), [
    "corrupted",
    "corrupted",
    "own",
    "foreign",
    "corrupted", // The topic is part of the sum.
    "foreign",
  ]);
});

Deno.test("Received expects a topic until the hub knows that it has left", () => {
  const { received } = receiver();
  assert(received.expects(TOPIC));
  assert(!received.expects("soak.1:8"));
  received.unlisten(TOPIC);
  const confirm = received.mark();
  assert(received.expects(TOPIC));
  confirm();
  assert(!received.expects(TOPIC));
  received.listen("soak.1");
  assert(received.expects(TOPIC));
});

Deno.test("Sent puts in doubt what was not confirmed", () => {
  const sent = new Sent();
  const send = () => {
    assert.equal(sent.next(TOPIC).n, (sent.table()[0]?.[1] ?? 0) + 1);
    sent.add(TOPIC, 3);
  };
  send();
  send();
  const confirm = sent.mark();
  send();
  confirm();
  assert.deepEqual(sent.lost(), [[TOPIC, 3, 3]]);
  sent.mark()();
  assert.deepEqual(sent.lost(), []);
  assert.deepEqual(sent.next(TOPIC), { n: 4, before: 3 });
  assert.deepEqual(sent.table(), [[TOPIC, 3, 3]]);
});

/** A finding as a receiver reports it. */
function finding(kind: Finding["kind"], first: number, last = first): Finding {
  return { kind, receiver: "bob", from: "alice", topic: TOPIC, first, last };
}

Deno.test("Judge lets nobody get anything twice, damaged or unasked", () => {
  const judge = new Judge();
  judge.doubt("alice", [[TOPIC, 1, 9]]);
  const kinds = ["duplicate", "corrupted", "foreign", "own", "unsent"] as const;
  for (const kind of kinds) {
    const found = finding(kind, 5);
    assert.equal(judge.find(found, 1), found);
  }
});

Deno.test("Judge excuses a gap by what the sender's connection put in doubt", () => {
  const judge = new Judge();
  const [covered, early, late, other] = [
    finding("gap", 3, 7),
    finding("gap", 2, 7),
    finding("gap", 3, 8),
    { ...finding("gap", 3), topic: "soak.1:8" },
  ];
  for (const one of [covered!, early!, late!, other!]) {
    assert.equal(judge.find(one, 1), undefined);
  }
  // Known later, but said before the next round was answered.
  judge.doubt("alice", [[TOPIC, 5, 7]]);
  judge.doubt("alice", [[TOPIC, 3, 4]]);
  assert.deepEqual(judge.answered(1), []); // It had begun before.
  assert(judge.isWaiting);
  assert.deepEqual(judge.answered(2), [early, late, other]);
  assert.equal(judge.allowedGaps, 5);
  assert(!judge.isWaiting);
  assert.deepEqual(judge.answered(3), []);
});

Deno.test("Judge excuses another order only across connections", () => {
  const judge = new Judge();
  judge.doubt("alice", [[TOPIC, 5, 7]]);
  judge.find(finding("late", 6), 1);
  judge.find(finding("late", 4), 1);
  assert.deepEqual(brief(judge.answered(2)), ["late 4"]);
  assert.equal(judge.allowedLate, 1);
  judge.forget(["alice"]);
  judge.find(finding("late", 6), 2);
  assert.deepEqual(brief(judge.answered(3)), ["late 6"]);
});

Deno.test("heapTrends calls a leak what grows in one hub process alone", () => {
  const MIB = 2 ** 20;
  const samples = (
    incarnation: number,
    step: number,
    count: number,
  ): HeapSample[] =>
    Array.from({ length: count }, (_, i) => ({
      incarnation,
      at: 20 * i,
      bytes: (8 + step * i) * MIB,
      connections: 24,
    }));
  const isLeak = (...samples: HeapSample[]) =>
    heapTrends(samples).map(({ isLeak }) => isLeak);
  assert.deepEqual(isLeak(...samples(1, 1, 12)), [true]);
  assert.deepEqual(isLeak(...samples(1, 0.5, 12)), [false]);
  assert.deepEqual(isLeak(...samples(1, 9, 8)), [false]); // Too short a time.
  assert.deepEqual(
    isLeak(...samples(1, 0, 12), ...samples(2, 1, 12), ...samples(3, 1, 1)),
    [false, true],
  );
});

Deno.test("faultsOf repeats a schedule by its seed, with every kind in a short run", () => {
  const options = { seed: 3, ms: 15_000, processes: 4, canStop: true };
  const faults = faultsOf(options);
  assert.deepEqual(faultsOf(options), faults);
  assert.notDeepEqual(faultsOf({ ...options, seed: 4 }), faults);
  for (const what of ["kill", "stop", "kick"]) {
    assert(faults.some((fault) => fault.what === what), what);
  }
  assert(faults.some(({ what, whom }) => what === "kill" && whom === "hub"));
  assert(faults.every(({ at }) => at < options.ms));
  assert(
    faultsOf({ ...options, canStop: false }).every(({ what }) =>
      what !== "stop"
    ),
  );
  // So that the memory of one hub can be judged.
  const ends = faultsOf({ ...options, ms: 600_000 })
    .filter(({ whom, what }) =>
      whom === "hub" && ["kill", "leave"].includes(what)
    )
    .map(({ at }) => at);
  assert(ends.some((at, i) => at - (ends[i - 1] ?? 0) > 180_000));
});
