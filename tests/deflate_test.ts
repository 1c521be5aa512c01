// Batches of frames, deflated: what comes back, and what is refused. Over iroh
// itself: `iroh_compression_test.ts`.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import { BATCH_BYTES, BatchDeflate, checkedCompression } from "../_deflate.ts";
import { DeflateStream } from "../_deflate_stream.ts";
import { Outbox } from "../_outbox.ts";
import { FrameError } from "../errors.ts";
import { FrameDecoder } from "../framing.ts";
import { bytesOf, framed, joined } from "./properties/_bytes.ts";
import { randomOf } from "./_random.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const LIMIT = 1024 * 1024;
const ours = checkedCompression("deflate")!;
const plain = (...texts: string[]) =>
  framed(texts.map((text) => new Uint8Array(Buffer.from(text))));
const noise = (length: number, seed = 1) => bytesOf(randomOf(seed), length);
const codec = (maxFrameBytes = LIMIT) => new BatchDeflate(ours, maxFrameBytes);

/** Bytes equal, shown in short when they are not. */
function assertSame(actual: Uint8Array | undefined, expected: Uint8Array) {
  assert(actual && Buffer.compare(actual, expected) === 0);
}

function assertRefused(
  act: () => unknown,
  code: FrameError["code"],
  message: RegExp,
): void {
  assert.throws(act, (error) => {
    assert(error instanceof FrameError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("BatchDeflate gives back what it was given", () => {
  const batches = [
    plain(""),
    plain("a", "", "b"),
    plain("same ".repeat(1000)),
    framed([noise(0xFFFF - 4)]),
    framed([noise(0xFFFF - 3)]),
    framed([noise(LIMIT)]),
    framed(Array.from({ length: 1000 }, (_, i) => noise(100, i))),
  ];
  for (const batch of batches) {
    const deflated = codec().deflate(batch);
    assert(deflated.length <= codec().maxDeflatedBytes);
    assertSame(codec().inflate(deflated), batch);
    assertSame(zlib.inflateRawSync(deflated), batch); // Any inflater will do.
  }
});

Deno.test("BatchDeflate leaves little as it is, and what grows shorter by nothing", () => {
  const little = plain("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  assert.equal(codec().deflate(little).length, little.length + 5);
  const random = framed([noise(200_000)]);
  assert.equal(codec().deflate(random).length, random.length + 4 * 5);
  const much = plain("a".repeat(1000));
  assert(codec().deflate(much).length < 100);
});

Deno.test("BatchDeflate gives memory whose slices are copies", () => {
  const batch = codec().inflate(codec().deflate(plain("a".repeat(1000))));
  assert.notEqual(batch.slice(4, 8).buffer, batch.buffer);
});

Deno.test("BatchDeflate inflates up to the longest batch and no further", () => {
  const deflate = (bytes: Uint8Array) =>
    new Uint8Array(zlib.deflateRawSync(bytes));
  const exact = framed([new Uint8Array(LIMIT)]);
  assertSame(codec().inflate(deflate(exact)), exact);
  const many = framed([
    new Uint8Array(996),
    new Uint8Array(BATCH_BYTES - 1004),
  ]);
  assert.equal(many.length, BATCH_BYTES);
  assertSame(codec(BATCH_BYTES).inflate(deflate(many)), many);
  assertRefused(
    () => codec().inflate(deflate(framed([new Uint8Array(LIMIT + 1)]))),
    "FRAME_TOO_LARGE",
    /length is over 1048580/,
  );
  assertRefused(
    () => codec(1000).inflate(deflate(new Uint8Array(BATCH_BYTES + 1))),
    "FRAME_TOO_LARGE",
    /length is over 131072/,
  );
  // A frame over the limit is found by whoever reads the frames.
  const over = framed([new Uint8Array(1001)]);
  assertSame(codec(1000).inflate(deflate(over)), over);
});

Deno.test("BatchDeflate takes a limit of 4 GiB", () => {
  const huge = codec(0xFFFFFFFF);
  assert.equal(huge.maxDeflatedBytes, 0xFFFFFFFF);
  assertSame(huge.inflate(huge.deflate(plain("a"))), plain("a"));
});

Deno.test("BatchDeflate takes no memory for a bomb", () => {
  const bomb = zlib.deflateRawSync(new Uint8Array(256 * LIMIT));
  const before = Deno.memoryUsage().rss;
  for (let i = 0; i < 20; i++) {
    assertRefused(
      () => codec().inflate(bomb),
      "FRAME_TOO_LARGE",
      /length is over/,
    );
  }
  assert(Deno.memoryUsage().rss - before < 128 * LIMIT);
});

Deno.test("BatchDeflate refuses what is no batch", () => {
  const good = zlib.deflateRawSync(plain("a".repeat(1000)));
  const cases: [Uint8Array, FrameError["code"], RegExp][] = [
    [new Uint8Array(0), "FRAME_INVALID", /Cannot inflate batch: /],
    [Uint8Array.of(7, 7, 7), "FRAME_INVALID", /invalid block type/],
    [good.subarray(0, -1), "FRAME_INVALID", /unexpected end/],
    [joined([good, Uint8Array.of(0)]), "FRAME_INVALID", /something follows/],
    [zlib.deflateRawSync(new Uint8Array(0)), "FRAME_INVALID", /it is empty/],
    [Uint8Array.of(1, 0, 0, 255, 255), "FRAME_INVALID", /it is empty/],
    [Uint8Array.of(1, 4, 0, 251), "FRAME_INVALID", /unexpected end/],
    [
      Uint8Array.of(1, 4, 0, 251, 254, 0, 0, 0, 0),
      "FRAME_INVALID",
      /invalid stored block lengths/,
    ],
    [
      Uint8Array.of(1, 4, 0, 251, 255, 0, 0, 0),
      "FRAME_INVALID",
      /unexpected end/,
    ],
    [
      Uint8Array.of(1, 4, 0, 251, 255, 0, 0, 0, 0, 0),
      "FRAME_INVALID",
      /something follows/,
    ],
    [
      Uint8Array.of(1, 4, 0, 251, 255, 0, 0, 0, 1),
      "FRAME_TRUNCATED",
      /its batch ended inside/,
    ],
    [
      zlib.deflateRawSync(plain("a", "b").subarray(0, -1)),
      "FRAME_TRUNCATED",
      /its batch ended inside/,
    ],
    [
      zlib.deflateRawSync(plain("a", "b").subarray(0, 8)),
      "FRAME_TRUNCATED",
      /its batch ended inside/,
    ],
  ];
  for (const [bytes, code, message] of cases) {
    assertRefused(() => codec().inflate(new Uint8Array(bytes)), code, message);
  }
});

Deno.test("compression needs node:zlib", () => {
  assert.equal(checkedCompression(undefined), undefined);
  const process = Object.getOwnPropertyDescriptor(globalThis, "process")!;
  try {
    for (const value of [undefined, {}, { getBuiltinModule() {} }]) {
      Object.defineProperty(globalThis, "process", {
        value,
        configurable: true,
      });
      assert.throws(() => checkedCompression("deflate"), {
        name: "TypeError",
        message: /does not give node:zlib/,
      });
    }
  } finally {
    Object.defineProperty(globalThis, "process", process);
  }
});

/** A stream that keeps what is written, and is read in chunks of a length. */
class Pipe {
  readonly maxWriteBytes = 1000;
  readonly writes: Uint8Array[] = [];
  reads = 0;
  #chunks: Uint8Array[] | undefined;

  write(bytes: Uint8Array): Promise<void> {
    this.writes.push(bytes.slice());
    return Promise.resolve();
  }

  /** What is read from now on. */
  holds(...chunks: Uint8Array[]): this {
    this.#chunks = chunks;
    return this;
  }

  read(): Promise<Uint8Array | undefined> {
    this.reads++;
    return Promise.resolve(this.#chunks!.shift());
  }
}

const packed = (batch: Uint8Array) =>
  framed([new Uint8Array(zlib.deflateRawSync(batch))]);

Deno.test("DeflateStream tells how far a long write has come", async () => {
  const pipe = new Pipe();
  const stream = new DeflateStream(pipe, ours, LIMIT);
  const batch = framed([noise(3500)]);
  const taken: number[] = [];
  await stream.write(batch, (bytes) => taken.push(bytes));
  assert.deepEqual(pipe.writes.map(({ length }) => length), [
    1000,
    1000,
    1000,
    513,
  ]);
  assert.deepEqual(taken, [997, 1994, 2992, 3504]);
});

Deno.test("DeflateStream inflates a batch a call, of chunks cut anywhere", async () => {
  const batches = [plain("a"), plain("b".repeat(900), "c"), plain("d")];
  const bytes = joined(batches.map(packed));
  const pipe = new Pipe().holds(
    bytes.slice(0, 3),
    bytes.slice(3, -2),
    bytes.slice(-2),
  );
  const stream = new DeflateStream(pipe, ours, LIMIT);
  assert.equal((await stream.read())!.length, 0, "a sign of life");
  assertSame(await stream.read(), batches[0]!);
  assertSame(await stream.read(), batches[1]!);
  assert.equal(pipe.reads, 2);
  assertSame(await stream.read(), batches[2]!);
  assert.equal(await stream.read(), undefined);
});

Deno.test("DeflateStream lets others have their turn, however short a chunk is", async () => {
  const batch = framed([new Uint8Array(BATCH_BYTES - 4)]);
  const chunk = joined(new Array(100).fill(packed(batch)));
  assert(chunk.length < BATCH_BYTES);
  const stream = new DeflateStream(new Pipe().holds(chunk), ours, LIMIT);
  let turns = 0;
  let next: ReturnType<typeof setImmediate>;
  const turn = () => {
    turns++;
    next = setImmediate(turn);
  };
  turn();
  for (let read = 0; read < 100; read++) {
    assert.equal((await stream.read())!.length, BATCH_BYTES);
    assert(turns >= read, `${turns} turns during ${read} batches`);
  }
  clearImmediate(next!);
});

Deno.test("DeflateStream gives what came before a fault", async () => {
  const good = packed(plain("a"));
  const cases: [Uint8Array[], FrameError["code"]][] = [
    [[joined([good, framed([Uint8Array.of(7)])])], "FRAME_INVALID"],
    [[joined([good, Uint8Array.of(0, 0, 0, 9, 1)])], "FRAME_TRUNCATED"],
    [[joined([good, Uint8Array.of(0, 0)])], "FRAME_TRUNCATED"],
    [[joined([good, Uint8Array.of(255, 0, 0, 0)])], "FRAME_TOO_LARGE"],
    [[good, Uint8Array.of(255, 0, 0, 0)], "FRAME_TOO_LARGE"],
  ];
  for (const [chunks, code] of cases) {
    const stream = new DeflateStream(new Pipe().holds(...chunks), ours, LIMIT);
    assertSame(await stream.read(), plain("a"));
    await assert.rejects(async () => {
      while (await stream.read() !== undefined);
    }, { name: "FrameError", code });
  }
});

Deno.test("what the outbox did not hand over is in no batch that left", async () => {
  const broken = Promise.withResolvers<unknown>();
  const left: Uint8Array[] = [];
  let writes = 0;
  const pipe = {
    maxWriteBytes: 32 * 1024,
    write(bytes: Uint8Array) {
      // Broken inside the second batch: all of it was on its way.
      if (++writes === 6) return Promise.reject(new Error("cable cut"));
      left.push(bytes.slice());
      return Promise.resolve();
    },
    read: () => Promise.resolve(undefined),
  };
  const outbox = new Outbox(
    LIMIT,
    new DeflateStream(pipe, ours, LIMIT),
    broken.resolve,
  );
  const frames = Array.from({ length: 400 }, (_, i) => {
    const frame = noise(1000, i);
    new DataView(frame.buffer).setUint32(0, i);
    return frame;
  });
  for (const frame of frames) outbox.push(frame);
  await broken.promise;

  const perBatch = Math.floor(BATCH_BYTES / 1004);
  const numberOf = (frame: Uint8Array) =>
    new DataView(frame.slice().buffer).getUint32(0);
  assert.deepEqual(
    outbox.unsent().map(numberOf),
    frames.slice(2 * perBatch).map(numberOf),
  );
  const decoder = new FrameDecoder({ maxFrameBytes: LIMIT });
  const arrived = decoder.push(joined(left)).flatMap((batch) =>
    new FrameDecoder().push(codec().inflate(batch))
  );
  assert.deepEqual(
    arrived.map(numberOf),
    frames.slice(0, perBatch).map(numberOf),
  );
  assert(outbox.takenBytes > perBatch * 1004);
  assert.equal(outbox.takenBytes + outbox.bufferedBytes, 400 * 1004);
});
