// Events on their way to a server that is lost, and comes back or does not.

import assert from "node:assert/strict";
import { WINDOW } from "../_recent_origins.ts";
import { Bench, turn } from "./_outgoing.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const CROSSED =
  "Cannot publish 1 event: the connection was lost while it was under way";

Deno.test("Outgoing.settled waits through an outage", async () => {
  using bench = new Bench();
  bench.push("a");
  await turn();
  bench.outgoing.hold();
  const wait = bench.watch(bench.outgoing.settled());
  bench.sent[0]!.fail(new Error("cut"));
  await turn();
  assert.equal(wait.isOver, false);
  bench.outgoing.release();
  await turn();
  assert.equal(wait.isOver, false, "it is sent again");
  bench.sent[1]!.confirm();
  await turn();
  assert.equal(wait.isOver, true);
  assert.equal(bench.losses.total, 0);
});

Deno.test("Outgoing has no more under way when it sends again", async () => {
  const most = WINDOW / 2;
  using bench = new Bench();
  const texts = Array.from({ length: most + 100 }, (_, i) => `${i}`);
  bench.push(...texts);
  await turn();
  bench.outgoing.hold();
  bench.sent.length = 0;
  bench.outgoing.release();
  assert.deepEqual(bench.texts, texts.slice(0, most));
  bench.outgoing.lose(new Error("over"));
  assert.equal(bench.losses.total, texts.length);
});

Deno.test("Outgoing without resending sends again what was not confirmed, in front", async () => {
  using bench = new Bench({ resends: false });
  bench.push("a", "b", "c");
  await turn();
  bench.sent[1]!.confirm();
  await turn();
  bench.push("d");
  bench.outgoing.hold();
  bench.push("e");
  await turn();
  bench.outgoing.send();
  assert.deepEqual(bench.texts, ["a", "b", "c"], "nothing while it is held");
  assert.equal(bench.outgoing.length, 4);
  bench.outgoing.release();
  assert.deepEqual(bench.texts.slice(3), ["a", "c", "d", "e"]);
  for (const { confirm } of bench.sent.slice(3)) confirm();
  await turn();
  assert.equal(bench.outgoing.length, 0);
  assert.equal(bench.losses.total, 0);
});

Deno.test("Outgoing takes no answer to a former time for one to the next", async () => {
  using bench = new Bench({ resends: false });
  bench.push("a", "b");
  await turn();
  bench.outgoing.hold();
  bench.sent[0]!.confirm();
  await turn();
  assert.equal(bench.outgoing.length, 2);
  bench.outgoing.release();
  bench.sent[1]!.fail(new Error("cut"));
  await turn();
  assert.equal(bench.outgoing.length, 2);
  assert.deepEqual(bench.texts, ["a", "b", "a", "b"]);
  bench.outgoing.hold();
  bench.outgoing.hold();
  bench.outgoing.release();
  bench.sent[2]!.fail(new Error("cut"));
  bench.sent[3]!.confirm();
  await turn();
  assert.equal(bench.outgoing.length, 2);
  bench.sent[4]!.confirm();
  bench.sent[5]!.confirm();
  await turn();
  assert.equal(bench.outgoing.length, 0);
  assert.equal(bench.losses.total, 0);
});

Deno.test("Outgoing leaves what is under way to a client that resends", async () => {
  using bench = new Bench({ resends: true });
  bench.push("a", "b");
  await turn();
  bench.outgoing.hold();
  bench.push("c");
  await turn();
  assert.deepEqual(bench.texts, ["a", "b"]);
  bench.outgoing.release();
  assert.deepEqual(bench.texts, ["a", "b", "c"]);
  for (const { confirm } of bench.sent) confirm();
  await turn();
  assert.equal(bench.outgoing.length, 0);
  assert.equal(bench.losses.total, 0, "the server was there all the time");
});

Deno.test("Outgoing takes the answers to what crossed an outage while it is held", async () => {
  using bench = new Bench({ resends: true });
  bench.push("a", "b");
  await turn();
  bench.outgoing.hold();
  bench.push("c");
  bench.sent[0]!.confirm();
  bench.sent[1]!.fail(new Error("cut"));
  await turn();
  assert.equal(bench.outgoing.length, 1);
  assert.equal(bench.losses.total, 1);
  assert.deepEqual(bench.texts, ["a", "b"], "nothing while it is held");
});

Deno.test("Outgoing counts as lost what crossed the end of a server", async () => {
  using bench = new Bench({ resends: true });
  bench.push("a");
  await turn();
  bench.outgoing.hold();
  bench.wasGone = true;
  bench.push("b");
  await turn();
  bench.outgoing.release();
  bench.sent[0]!.confirm();
  await turn();
  assert.equal(bench.losses.total, 1);
  assert.equal(bench.told[0]!.error.message, CROSSED);
  assert.equal(bench.told[0]!.topic, "said:a");
  bench.sent[1]!.confirm();
  await turn();
  assert.equal(bench.losses.total, 1, "b waited for the server");
  assert.equal(bench.outgoing.length, 0);
});

for (const resends of [false, true]) {
  Deno.test(`Outgoing.lose gives up all, ${resends ? "with" : "without"} resending`, async () => {
    using bench = new Bench({ resends, limit: 3 });
    bench.push("a", "b");
    await turn();
    bench.outgoing.hold();
    bench.push("c");
    const wait = bench.watch(bench.outgoing.settled());
    bench.outgoing.lose(new Error("over"));
    assert.equal(bench.losses.total, 3);
    assert.equal(bench.outgoing.length, 0);
    bench.sent[0]!.confirm();
    bench.sent[1]!.fail(new Error("late"));
    await turn();
    assert.equal(wait.isOver, true);
    assert.deepEqual(bench.texts, ["a", "b"]);
    assert.equal(bench.losses.total, 3, "once each");
    assert.deepEqual(
      bench.told.map(({ error, lost, topic }) => ({
        message: error.message,
        lost,
        topic,
      })),
      [{
        message: "Cannot publish 3 events: over",
        lost: 3,
        topic: "said:c",
      }],
    );
    bench.push("def"); // There is room for it.
    bench.outgoing.lose(new Error("over"));
  });
}
