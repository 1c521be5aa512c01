// Events on their way to a server, which answers by hand; that each is confirmed
// or lost once, whatever happens, is a property, `properties/outgoing.ts`.

import assert from "node:assert/strict";
import { WINDOW } from "../_recent_origins.ts";
import { FrameError } from "../errors.ts";
import { Bench, turn } from "./_outgoing.ts";

Deno.test.sanitizer({ ops: true, resources: true });

Deno.test("Outgoing sends what one turn publishes together, in order", async () => {
  using bench = new Bench();
  bench.push("a", "b");
  await Promise.resolve();
  bench.push("c");
  assert.deepEqual(bench.texts, [], "not before the turn is over");
  assert.equal(bench.outgoing.length, 3);
  await turn();
  assert.deepEqual(bench.texts, ["a", "b", "c"]);
  assert.equal(bench.sent[0]!.name, "name of a");
  bench.push("d");
  await turn();
  assert.deepEqual(bench.texts, ["a", "b", "c", "d"], "no answer is awaited");
  for (const { confirm } of bench.sent) confirm();
  await turn();
  assert.equal(bench.outgoing.length, 0);
  assert.equal(bench.losses.total, 0);
});

Deno.test("Outgoing.send sends what waits for the end of the turn", async () => {
  using bench = new Bench();
  bench.push("a", "b");
  bench.outgoing.send();
  assert.deepEqual(bench.texts, ["a", "b"]);
  await turn();
  assert.deepEqual(bench.texts, ["a", "b"], "once");
});

Deno.test("Outgoing.settled waits for those of before, confirmed or lost", async () => {
  using bench = new Bench();
  await bench.outgoing.settled();
  bench.push("a", "b");
  const wait = bench.watch(bench.outgoing.settled());
  await turn();
  bench.push("c");
  await turn();
  const [a, b, c] = bench.sent;
  b!.confirm();
  await turn();
  assert.equal(wait.isOver, false, "a is under way");
  a!.fail(new Error("full"));
  await turn();
  assert.equal(wait.isOver, true, "whatever comes of c");
  const last = bench.watch(bench.outgoing.settled());
  await turn();
  assert.equal(last.isOver, false);
  c!.confirm();
  await turn();
  assert.equal(last.isOver, true);
});

Deno.test("Outgoing is half a window ahead of the oldest under way", async () => {
  const most = WINDOW / 2;
  using bench = new Bench();
  const texts = Array.from({ length: most + 100 }, (_, i) => `${i}`);
  bench.push(...texts);
  await turn();
  assert.equal(bench.sent.length, most);
  assert.equal(bench.outgoing.length, texts.length);
  bench.sent[1]!.confirm();
  bench.sent[7]!.fail(new Error("full"));
  await turn();
  assert.equal(bench.sent.length, most, "the oldest holds the others back");
  bench.sent[0]!.confirm();
  await turn();
  assert.equal(
    bench.sent.length,
    most + 2,
    "0 and 1 are over, 2 is the oldest",
  );
  for (const { confirm } of bench.sent.slice()) confirm();
  await turn();
  assert.deepEqual(bench.texts, texts, "in order");
  for (const { confirm } of bench.sent) confirm();
  await turn();
  assert.equal(bench.outgoing.length, 0);
  assert.equal(bench.losses.total, 1);
});

Deno.test("Outgoing counts what is refused: it has used up a number", async () => {
  using bench = new Bench();
  bench.push("slow");
  for (let i = 0; i < WINDOW; i++) bench.outgoing.nextIndex();
  bench.push("next");
  await turn();
  assert.deepEqual(bench.texts, ["slow"]);
  bench.sent[0]!.confirm();
  await turn();
  assert.deepEqual(bench.texts, ["slow", "next"]);
  bench.sent[1]!.confirm();
  await turn();
});

Deno.test("Outgoing loses what the client does not take, and goes on", async () => {
  using bench = new Bench();
  const error = new Error("no");
  bench.fault = error;
  bench.push("a", "b");
  const wait = bench.watch(bench.outgoing.settled());
  await turn();
  assert.equal(wait.isOver, true);
  assert.equal(bench.outgoing.length, 0);
  assert.equal(bench.losses.total, 2);
  assert.equal(bench.told[0]!.error.cause, error);
  bench.fault = undefined;
  bench.push("c");
  await turn();
  bench.sent[0]!.confirm();
  await turn();
  assert.equal(bench.outgoing.length, 0);
  assert.equal(bench.losses.total, 2);
});

Deno.test("Outgoing.push throws what nameOf throws, and keeps nothing of it", async () => {
  using bench = new Bench({ limit: 4 });
  for (
    const error of [
      new RangeError("half"),
      new FrameError("FRAME_TOO_LARGE", "big"),
    ]
  ) {
    bench.nameFault = error;
    assert.throws(() => bench.push("four"), (thrown) => thrown === error);
  }
  assert.equal(bench.outgoing.length, 0);
  await bench.outgoing.settled();
  bench.nameFault = undefined;
  bench.push("four");
  await turn();
  assert.deepEqual(bench.texts, ["four"]);
  assert.equal(bench.losses.total, 0, "it was not accepted");
});

Deno.test("Outgoing.push throws when too many bytes are unconfirmed", async () => {
  using bench = new Bench({ limit: 10 });
  bench.push("12345", "67890");
  const full = (bufferedBytes: number) => ({
    name: "BufferFullError",
    bufferedBytes,
    limit: 10,
  });
  assert.throws(() => bench.push("x"), full(10));
  bench.push(""); // Nothing fits.
  await turn();
  assert.throws(() => bench.push("x"), full(10), "sent is not confirmed");
  bench.sent[0]!.confirm();
  await turn();
  assert.throws(() => bench.push("123456"), full(5));
  bench.push("12345");
  bench.outgoing.hold();
  await turn();
  assert.throws(() => bench.push("x"), full(10), "what waits counts");
  bench.outgoing.release();
  await turn();
  assert.throws(() => bench.push("x"), full(10), "sent again, counted once");
  bench.sent.at(-1)!.fail(new Error("lost"));
  await turn();
  bench.push("12345");
  assert.throws(() => bench.push("x"), full(10));
  assert.throws(() => bench.push("12345678901"), full(10));
  bench.outgoing.lose(new Error("over"));
  assert.throws(() => bench.push("12345678901"), full(0));
  assert.equal(bench.losses.total, 4, "what was refused is not lost");
});

Deno.test("Outgoing tells of the losses after the first once all got through", async () => {
  using bench = new Bench();
  bench.push("a", "b", "c");
  await turn();
  const [a, b, c] = bench.sent;
  a!.fail(new Error("one"));
  await turn();
  b!.fail(new Error("two"));
  await turn();
  assert.deepEqual(bench.told.map(({ lost }) => lost), [1]);
  c!.confirm();
  await turn();
  assert.deepEqual(bench.told.map(({ topic }) => topic), ["said:a", "said:b"]);
});
