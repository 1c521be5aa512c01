import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Outbox } from "../_outbox.ts";
import { FrameDecoder } from "../framing.ts";

// Off by default in Deno 2.9; without them a timer left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

const LIMIT = 1024 * 1024;
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));

/** One call of `write`, answered by the test. */
interface Write {
  /** What was handed over: the view itself. */
  readonly bytes: Uint8Array;
  /** What it held at the time. */
  readonly copy: Uint8Array;
  readonly frames: string[];
  readonly finish: () => void;
  readonly fail: (error: unknown) => void;
}

/** An outbox over a stream that takes bytes when the test says so. */
class Bench {
  readonly writes: Write[] = [];
  readonly errors: unknown[] = [];
  readonly outbox: Outbox;
  /** Writes whose promise is not settled yet. */
  inFlight = 0;
  mostInFlight = 0;

  constructor(maxFrameBytes = LIMIT, maxWriteBytes = LIMIT) {
    this.outbox = new Outbox(
      maxFrameBytes,
      { maxWriteBytes, write: (bytes) => this.#write(bytes) },
      (error) => this.errors.push(error),
    );
  }

  push(...texts: string[]): void {
    for (const text of texts) this.outbox.push(bytesOf(text));
  }

  get written(): string[][] {
    return this.writes.map(({ frames }) => frames);
  }

  get unsent(): string[] {
    return this.outbox.unsent().map((frame) => Buffer.from(frame).toString());
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      await new Promise<void>((finish, fail) => {
        const copy = bytes.slice();
        const decoder = new FrameDecoder({ maxFrameBytes: LIMIT });
        const frames = decoder.push(copy).map((frame) =>
          Buffer.from(frame).toString()
        );
        decoder.end();
        this.writes.push({ bytes, copy, frames, finish, fail });
      });
    } finally {
      this.inFlight--;
    }
  }
}

/** One turn of the event loop: the outbox moves on microtasks alone. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("Outbox writes nothing while nothing is queued", async () => {
  const bench = new Bench();
  await settled();
  assert.deepEqual(bench.written, []);
  assert.equal(bench.outbox.bufferedBytes, 0);
});

Deno.test("Outbox writes what one task queues at once, in order", async () => {
  const bench = new Bench();
  bench.push("a", "", "b");
  bench.push("c");
  assert.deepEqual(bench.written, [], "not before the task is over");
  await settled();
  assert.deepEqual(bench.written, [["a", "", "b", "c"]]);
  bench.writes[0]!.finish();
  await settled();
  assert.deepEqual(bench.written, [["a", "", "b", "c"]]);
});

Deno.test("Outbox writes before the event loop turns, without a timer", async () => {
  const bench = new Bench();
  bench.push("a");
  for (let i = 0; i < 5; i++) await Promise.resolve();
  assert.deepEqual(bench.written, [["a"]]);
  bench.writes[0]!.finish();
  await settled();
  assert.equal(bench.outbox.bufferedBytes, 0);
});

Deno.test("Outbox writes all that was queued during a write in the next one", async () => {
  const bench = new Bench();
  bench.push("a");
  await settled();
  for (const text of ["b", "c", "d"]) {
    bench.push(text);
    await settled();
  }
  assert.deepEqual(bench.written, [["a"]]);
  bench.writes[0]!.finish();
  await settled();
  assert.deepEqual(bench.written, [["a"], ["b", "c", "d"]]);
  bench.push("e");
  bench.writes[1]!.finish();
  await settled();
  assert.deepEqual(bench.written, [["a"], ["b", "c", "d"], ["e"]]);
  bench.writes[2]!.finish();
  await settled();
  assert.equal(bench.outbox.bufferedBytes, 0);
  assert.deepEqual(bench.errors, []);
});

Deno.test("Outbox writes again after it was idle", async () => {
  const bench = new Bench();
  for (const text of ["a", "b", "c"]) {
    bench.push(text);
    await settled();
    bench.writes.at(-1)!.finish();
    await settled();
  }
  assert.deepEqual(bench.written, [["a"], ["b"], ["c"]]);
});

Deno.test("Outbox has one write in flight and keeps the order through bursts", async () => {
  const bench = new Bench();
  const texts = Array.from({ length: 500 }, (_, i) => `${i}`);
  for (const [i, text] of texts.entries()) {
    bench.push(text);
    if (i % 7 === 0) await Promise.resolve();
    if (i % 13 === 0) await settled();
    if (i % 29 === 0) bench.writes.at(-1)?.finish();
  }
  while (bench.outbox.bufferedBytes > 0) {
    bench.writes.at(-1)?.finish();
    await settled();
  }
  assert.deepEqual(bench.written.flat(), texts);
  assert.equal(bench.mostInFlight, 1);
  assert.ok(bench.writes.length < 100, `${bench.writes.length} writes`);
});

Deno.test("Outbox.bufferedBytes counts what is queued and what is in flight, with prefixes", async () => {
  const bench = new Bench();
  const { outbox } = bench;
  bench.push("abc");
  assert.equal(outbox.bufferedBytes, 7);
  bench.push("");
  assert.equal(outbox.bufferedBytes, 11);
  await settled();
  assert.equal(outbox.bufferedBytes, 11, "in flight");
  bench.push("de");
  assert.equal(outbox.bufferedBytes, 17, "in flight and queued");
  bench.writes[0]!.finish();
  await settled();
  assert.equal(outbox.bufferedBytes, 6, "the next in flight");
  bench.writes[1]!.finish();
  await settled();
  assert.equal(outbox.bufferedBytes, 0);
});

Deno.test("Outbox.push copies the bytes", async () => {
  const bench = new Bench();
  const bytes = bytesOf("abc");
  bench.outbox.push(bytes);
  bytes.fill(0);
  await settled();
  assert.deepEqual(bench.written, [["abc"]]);
  bench.writes[0]!.finish();
});

Deno.test("Outbox.push throws over maxFrameBytes and queues nothing of it", async () => {
  const bench = new Bench(3);
  bench.push("abc");
  assert.throws(() => bench.push("abcd"), {
    name: "FrameError",
    code: "FRAME_TOO_LARGE",
    message: "Cannot encode frame: length 4 is over maxFrameBytes 3",
  });
  bench.push("def");
  await settled();
  assert.deepEqual(bench.written, [["abc", "def"]]);
  bench.writes[0]!.finish();
});

Deno.test("Outbox leaves a batch alone until its write settles", async () => {
  const bench = new Bench();
  for (let round = 0; round < 6; round++) {
    bench.push(`round ${round} ${"x".repeat(100 * round)}`);
    await settled();
    const write = bench.writes[round]!;
    for (let i = 0; i < 300; i++) {
      bench.push("y".repeat(i));
      if (i % 50 === 0) await settled();
    }
    assert.equal(Buffer.compare(write.bytes, write.copy), 0, `round ${round}`);
    write.finish();
    await settled();
    const next = bench.writes[round + 1]!;
    assert.equal(Buffer.compare(next.bytes, next.copy), 0);
    // Its successor takes the queue over, so that the next round starts idle.
    next.finish();
    await settled();
    bench.writes.length = round + 1;
    assert.equal(bench.outbox.bufferedBytes, 0);
  }
});

Deno.test("Outbox leaves a batch alone while it is stopped under way", async () => {
  const bench = new Bench();
  bench.push("in flight");
  await settled();
  bench.outbox.stop();
  bench.push("queued");
  const [write] = bench.writes;
  assert.equal(Buffer.compare(write!.bytes, write!.copy), 0);
  write!.finish();
  await settled();
  assert.deepEqual(bench.written, [["in flight"]]);
});

Deno.test("Outbox stops at a write that fails and reports it once", async () => {
  const bench = new Bench();
  bench.push("a");
  await settled();
  bench.push("b");
  const error = new Error("cable cut");
  bench.writes[0]!.fail(error);
  await settled();
  bench.push("c");
  await settled();
  assert.deepEqual(bench.written, [["a"]]);
  assert.deepEqual(bench.errors, [error]);
});

Deno.test("Outbox stops at a write that throws before it has a promise", async () => {
  const errors: unknown[] = [];
  const error = new Error("no stream");
  const outbox = new Outbox(LIMIT, {
    maxWriteBytes: LIMIT,
    write: () => {
      throw error;
    },
  }, (one) => errors.push(one));
  outbox.push(bytesOf("a"));
  await settled();
  outbox.push(bytesOf("b"));
  await settled();
  assert.deepEqual(errors, [error]);
});

Deno.test("Outbox cuts a large batch, and counts down with each slice", async () => {
  const bench = new Bench(LIMIT, 8);
  bench.push("abcd", "efgh", "ijkl"); // Three frames of eight bytes.
  await settled();
  assert.deepEqual(bench.written, [["abcd"]]);
  bench.push("mnop");
  assert.equal(bench.outbox.bufferedBytes, 32);
  assert.deepEqual(bench.unsent, ["efgh", "ijkl", "mnop"]);
  bench.writes[0]!.finish();
  await settled();
  assert.equal(bench.outbox.bufferedBytes, 24);
  assert.equal(bench.outbox.takenBytes, 8);
  assert.deepEqual(bench.unsent, ["ijkl", "mnop"]);
  bench.writes[1]!.fail(new Error("cable cut"));
  await settled();
  assert.deepEqual(bench.unsent, ["ijkl", "mnop"]);
  assert.equal(bench.errors.length, 1);
});

Deno.test("Outbox.unsent leaves out a frame that was begun", async () => {
  const writes: Uint8Array[] = [];
  const outbox = new Outbox(LIMIT, {
    maxWriteBytes: 10,
    write: (bytes) => {
      writes.push(bytes.slice());
      return Promise.withResolvers<void>().promise;
    },
  }, () => {});
  for (const text of ["abcd", "efgh", "ijkl"]) outbox.push(bytesOf(text));
  await settled();
  assert.deepEqual(writes.map(({ length }) => length), [10]);
  assert.deepEqual(outbox.unsent(), [bytesOf("ijkl")]);
});

Deno.test("Outbox hands whole frames to a stream that asks for them", async () => {
  const writes: { bytes: Uint8Array; onTaken?: (bytes: number) => void }[] = [];
  const ends: (() => void)[] = [];
  const outbox = new Outbox(LIMIT, {
    maxWriteBytes: 20,
    takesWholeFrames: true,
    write(bytes, onTaken) {
      writes.push({ bytes: bytes.slice(), onTaken });
      return new Promise((resolve) => ends.push(resolve));
    },
  }, () => {});
  const long = "x".repeat(50);
  for (const text of ["abcd", "efgh", "ijkl", long, "m", long]) {
    outbox.push(bytesOf(text));
  }
  const lengths = [16, 8, 54, 5, 54];
  for (const [i, length] of lengths.entries()) {
    await settled();
    assert.equal(writes[i]!.bytes.length, length);
    const taken = outbox.takenBytes;
    writes[i]!.onTaken!(3);
    assert.equal(outbox.takenBytes, taken + 3);
    ends[i]!();
  }
  await settled();
  assert.equal(writes.length, lengths.length);
  assert.equal(outbox.bufferedBytes, 0);
  assert.equal(outbox.takenBytes, 137);
});

Deno.test("Outbox.stop before the first write lets nothing out", async () => {
  const bench = new Bench();
  bench.push("a", "b");
  bench.outbox.stop();
  await settled();
  assert.deepEqual(bench.written, []);
  assert.deepEqual(bench.unsent, ["a", "b"]);
});

Deno.test("Outbox.stop during a write starts no other", async () => {
  const bench = new Bench();
  bench.push("a");
  await settled();
  bench.push("b");
  bench.outbox.stop();
  bench.writes[0]!.finish();
  await settled();
  assert.deepEqual(bench.written, [["a"]]);
  assert.deepEqual(bench.unsent, ["b"]);
  assert.deepEqual(bench.errors, []);
});

Deno.test("Outbox.stop may be called twice", async () => {
  const bench = new Bench();
  bench.push("a");
  bench.outbox.stop();
  bench.outbox.stop();
  await settled();
  assert.deepEqual(bench.unsent, ["a"]);
});

Deno.test("Outbox.unsent is what was never handed over, during a write", async () => {
  const bench = new Bench();
  assert.deepEqual(bench.unsent, []);
  bench.push("a", "b");
  assert.deepEqual(bench.unsent, ["a", "b"]);
  await settled();
  assert.deepEqual(bench.unsent, []);
  bench.push("", "c");
  assert.deepEqual(bench.unsent, ["", "c"]);
  bench.writes[0]!.finish();
  await settled();
  assert.deepEqual(bench.unsent, []);
  bench.writes[1]!.finish();
  await settled();
  assert.deepEqual(bench.unsent, []);
});

Deno.test("Outbox.unsent is what was never handed over, after a failure", async () => {
  const bench = new Bench();
  bench.push("handed over");
  await settled();
  bench.push("b", "c");
  bench.writes[0]!.fail(new Error("cable cut"));
  await settled();
  assert.deepEqual(bench.unsent, ["b", "c"]);
  bench.push("d");
  await settled();
  assert.deepEqual(bench.unsent, ["b", "c", "d"], "also what came later");
  assert.deepEqual(bench.written, [["handed over"]]);
});

Deno.test("Outbox.unsent and what was written are all that was queued, wherever it stops", async () => {
  const texts = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(i));
  for (let stopAt = 0; stopAt <= texts.length; stopAt++) {
    for (const fails of [false, true]) {
      const bench = new Bench();
      for (const [i, text] of texts.entries()) {
        if (i === stopAt) {
          if (fails && bench.inFlight) bench.writes.at(-1)!.fail(new Error());
          else bench.outbox.stop();
        } else if (i % 3 === 0) bench.writes.at(-1)?.finish();
        if (i % 2 === 0) await settled();
        bench.push(text);
      }
      await settled();
      assert.deepEqual([...bench.written.flat(), ...bench.unsent], texts);
      bench.outbox.stop();
      bench.writes.at(-1)?.finish();
    }
  }
});
