import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  encodeFrame,
  EnvelopeDecoderStream,
  EnvelopeEncoderStream,
  type EventEnvelope,
  FrameDecoder,
  FrameEncoder,
  type FramingOptions,
  LengthPrefixDecoderStream,
  LengthPrefixEncoderStream,
} from "../framing.ts";

// Off by default in Deno 2.9; without them a timer left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

const MIB = 1024 * 1024;
const DEFAULT_LIMIT = MIB;

/** The wire format, written anew: the oracle for both directions. */
function wire(...contents: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const parts = contents.flatMap((content) => {
    const bytes = Buffer.from(content as Uint8Array);
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32BE(bytes.length);
    return [prefix, bytes];
  });
  return new Uint8Array(Buffer.concat(parts));
}

/** Bytes that differ from frame to frame and within each. */
function content(length: number, seed = length): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i * 31 + seed * 17 + 1);
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    chunks.push(bytes.subarray(at, at + size));
  }
  return chunks;
}

const prefixOf = (length: number): Uint8Array => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return new Uint8Array(bytes);
};

const hex = (frames: Iterable<Uint8Array>) =>
  [...frames].map((frame) => Buffer.from(frame).toString("hex"));

function decodeAll(
  chunks: Iterable<Uint8Array>,
  options?: FramingOptions,
): Uint8Array[] {
  const decoder = new FrameDecoder(options);
  const frames = [...chunks].flatMap((chunk) => decoder.push(chunk));
  decoder.end();
  return frames;
}

/** A source that counts what is pulled and keeps why it was cancelled. */
class Source {
  pulls = 0;
  cancelled: { reason: unknown } | undefined;
  readonly stream: ReadableStream<Uint8Array>;

  constructor(chunks: Iterable<Uint8Array>, error?: Error) {
    const iterator = chunks[Symbol.iterator]();
    this.stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        this.pulls++;
        const { done, value } = iterator.next();
        if (!done) controller.enqueue(value);
        else if (error) controller.error(error);
        else controller.close();
      },
      cancel: (reason) => {
        this.cancelled = { reason };
      },
    }, { highWaterMark: 0 });
  }
}

/**
 * One turn of the event loop. In-memory streams move on microtasks alone, so
 * after it they have gone as far as they go by themselves.
 */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** What comes out of a stream, and how it ends. */
interface Trace<T> {
  readonly values: T[];
  readonly end: string;
}

async function traceOf<T>(
  stream: ReadableStream<T>,
  pause?: () => Promise<unknown>,
): Promise<Trace<T>> {
  const values: T[] = [];
  const reader = stream.getReader();
  try {
    while (true) {
      await pause?.();
      const { done, value } = await reader.read();
      if (done) return { values, end: "closed" };
      values.push(value);
    }
  } catch (error) {
    return { values, end: String(error) };
  }
}

async function collect<T>(stream: ReadableStream<T>): Promise<T[]> {
  const { values, end } = await traceOf(stream);
  assert.equal(end, "closed");
  return values;
}

const MIXED = [0, 1, 2, 3, 4, 5, 0, 0, 255, 256, 257, 7, 999, 1000, 1001, 0, 64]
  .map((length, i) => content(length, i));

/** What every class and function with `maxFrameBytes` makes of an option. */
const TAKE_OPTIONS: Record<string, (options: FramingOptions) => unknown> = {
  FrameDecoder: (options) => new FrameDecoder(options),
  FrameEncoder: (options) => new FrameEncoder(options),
  encodeFrame: (options) => encodeFrame(new Uint8Array(1), options),
  LengthPrefixEncoderStream: (options) =>
    new LengthPrefixEncoderStream(options),
  LengthPrefixDecoderStream: (options) =>
    new LengthPrefixDecoderStream(options),
  EnvelopeEncoderStream: (options) => new EnvelopeEncoderStream(options),
};

/**
 * Counts what is allocated and copied meanwhile.
 *
 * @returns The sizes of all `new Uint8Array(size)`, and the bytes that went
 * through `set`.
 */
function observeMemory(work: () => void): { sizes: number[]; copied: number } {
  const seen = { sizes: [] as number[], copied: 0 };
  const Original = globalThis.Uint8Array;
  const shared = Object.getPrototypeOf(Original.prototype);
  const { set } = shared;
  globalThis.Uint8Array = new Proxy(Original, {
    construct(target, args, newTarget) {
      if (typeof args[0] === "number") seen.sizes.push(args[0]);
      return Reflect.construct(target, args, newTarget);
    },
  });
  shared.set = function (source: ArrayLike<number>, offset?: number) {
    seen.copied += source.length;
    return set.call(this, source, offset);
  };
  try {
    work();
  } finally {
    globalThis.Uint8Array = Original;
    shared.set = set;
  }
  return seen;
}

// Decoding

Deno.test("FrameDecoder reads an empty frame", () => {
  assert.deepEqual(hex(decodeAll([wire("")])), [""]);
  assert.deepEqual(hex(decodeAll(cut(wire("", "", ""), 1))), ["", "", ""]);
});

Deno.test("FrameDecoder reads nothing from no input", () => {
  assert.deepEqual(decodeAll([]), []);
  assert.deepEqual(decodeAll([new Uint8Array(0)]), []);
});

Deno.test("FrameDecoder joins a length that is cut in any place", () => {
  const bytes = wire(content(300));
  for (const at of [1, 2, 3, 4]) {
    const chunks = [bytes.subarray(0, at), bytes.subarray(at)];
    assert.deepEqual(hex(decodeAll(chunks)), hex([content(300)]), `at ${at}`);
  }
  assert.deepEqual(hex(decodeAll(cut(bytes, 1))), hex([content(300)]));
});

Deno.test("FrameDecoder joins a length that is cut behind another frame", () => {
  const first = wire("first");
  const bytes = wire("first", content(258));
  for (const at of [1, 2, 3, 4, 5]) {
    const chunks = [
      bytes.subarray(0, first.length + at),
      bytes.subarray(first.length + at),
    ];
    assert.deepEqual(
      hex(decodeAll(chunks)),
      hex([Buffer.from("first"), content(258)]),
    );
  }
});

Deno.test("FrameDecoder joins a payload that is cut in any place", () => {
  const bytes = wire(content(20), content(3));
  for (let at = 5; at < bytes.length; at++) {
    const chunks = [bytes.subarray(0, at), bytes.subarray(at)];
    assert.deepEqual(hex(decodeAll(chunks)), hex([content(20), content(3)]));
  }
});

Deno.test("FrameDecoder reads many frames from one chunk", () => {
  const frames = Array.from({ length: 1000 }, (_, i) => content(i % 7, i));
  assert.deepEqual(hex(new FrameDecoder().push(wire(...frames))), hex(frames));
});

Deno.test("FrameDecoder gives each frame with the chunk that completes it", () => {
  const decoder = new FrameDecoder();
  const counts = cut(wire("ab", "", "c"), 1).map((chunk) =>
    decoder.push(chunk).length
  );
  assert.deepEqual(counts, [0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
});

Deno.test("FrameDecoder reads the same from chunks of every size", () => {
  const bytes = wire(...MIXED);
  const expected = hex(MIXED);
  for (let size = 1; size <= 1000; size++) {
    assert.deepEqual(hex(decodeAll(cut(bytes, size))), expected, `${size}`);
  }
});

Deno.test("LengthPrefixDecoderStream reads the same from chunks of every size", async () => {
  const bytes = wire(...MIXED);
  const expected = hex(MIXED);
  for (let size = 1; size <= 1000; size++) {
    const { stream } = new Source(cut(bytes, size));
    const frames = await collect(
      stream.pipeThrough(new LengthPrefixDecoderStream()),
    );
    assert.deepEqual(hex(frames), expected, `${size}`);
  }
});

Deno.test("FrameDecoder takes chunks of no length anywhere", () => {
  const none = new Uint8Array(0);
  const chunks = cut(wire(...MIXED), 3).flatMap((chunk) => [none, chunk, none]);
  assert.deepEqual(hex(decodeAll(chunks)), hex(MIXED));
});

Deno.test("LengthPrefixDecoderStream takes chunks of no length anywhere", async () => {
  const none = new Uint8Array(0);
  const chunks = cut(wire(...MIXED), 3).flatMap((chunk) => [none, chunk, none]);
  const frames = new Source(chunks).stream
    .pipeThrough(new LengthPrefixDecoderStream());
  assert.deepEqual(hex(await collect(frames)), hex(MIXED));
});

Deno.test("FrameDecoder reads the length as unsigned and allocates nothing for what it refuses", () => {
  for (const length of [0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, MIB + 1]) {
    for (const size of [1, 4, 5]) {
      const chunks = cut(Buffer.concat([prefixOf(length), content(9)]), size);
      const decoder = new FrameDecoder();
      const { sizes } = observeMemory(() =>
        assert.throws(() => chunks.forEach((chunk) => decoder.push(chunk)), {
          name: "FrameError",
          code: "FRAME_TOO_LARGE",
          message:
            `Cannot decode frame: length ${length} is over maxFrameBytes ${DEFAULT_LIMIT}`,
        })
      );
      assert.deepEqual(sizes, []);
    }
  }
});

Deno.test("FrameDecoder copies a frame that straddles chunks once or twice, however many there are", () => {
  for (const length of [1000, 16 * 1024, 256 * 1024, MIB]) {
    const frame = content(length);
    const chunks = cut(wire(frame), 1);
    let frames: Uint8Array[] = [];
    const { sizes, copied } = observeMemory(() => {
      const decoder = new FrameDecoder();
      for (const chunk of chunks) frames = decoder.push(chunk);
      decoder.end();
    });
    assert.equal(frames.length, 1);
    assert.equal(Buffer.compare(frames[0]!, frame), 0);
    assert.equal(sizes.at(-1), length);
    const times = length > 16 * 1024 ? 2 : 1;
    assert(copied <= times * length, `${copied} of ${length} bytes`);
    const allocated = sizes.reduce((sum, size) => sum + size, 0);
    assert(allocated <= times * length + 4, `${allocated} of ${length} bytes`);
  }
});

Deno.test("FrameDecoder allocates for what has arrived, not for what is announced", () => {
  const decoder = new FrameDecoder();
  const [begin, rest] = [wire(content(MIB)).subarray(0, 5), content(100_000)];
  const first = observeMemory(() => decoder.push(begin));
  assert.deepEqual(first.sizes.filter((size) => size > 16 * 1024), []);
  const next = observeMemory(() => decoder.push(rest));
  assert(next.sizes.every((size) => size <= 2 * 100_001), String(next.sizes));
});

Deno.test("FrameDecoder gives a frame within one chunk as a view of it", () => {
  const chunk = wire("first", "second");
  const { sizes, copied } = observeMemory(() => {
    const [first, second] = new FrameDecoder().push(chunk);
    assert.equal(first!.buffer, chunk.buffer);
    assert.equal(first!.byteOffset, 4);
    assert.equal(second!.buffer, chunk.buffer);
    assert.equal(second!.byteOffset, 4 + 5 + 4);
  });
  assert.deepEqual([sizes.filter((size) => size > 4), copied], [[], 0]);
});

Deno.test("FrameDecoder gives a frame that straddles chunks in memory of its own", () => {
  const bytes = wire("straddles");
  const chunks = [bytes.slice(0, 8), bytes.slice(8)];
  const [frame] = decodeAll(chunks);
  assert.equal(frame!.buffer.byteLength, frame!.length);
  chunks.forEach((chunk) => chunk.fill(0));
  assert.equal(Buffer.from(frame!).toString(), "straddles");
});

Deno.test("FrameDecoder takes a frame of exactly maxFrameBytes", () => {
  for (const limit of [1, 5, 256]) {
    const frame = content(limit);
    for (const size of [1, 1000]) {
      assert.deepEqual(
        hex(decodeAll(cut(wire(frame), size), { maxFrameBytes: limit })),
        hex([frame]),
      );
    }
  }
  const [largest] = decodeAll([wire(new Uint8Array(DEFAULT_LIMIT))]);
  assert.equal(largest!.length, DEFAULT_LIMIT);
});

Deno.test("FrameDecoder refuses one byte over maxFrameBytes, with both numbers", () => {
  for (const limit of [1, 5, 256, undefined]) {
    const length = (limit ?? DEFAULT_LIMIT) + 1;
    assert.throws(
      () => new FrameDecoder({ maxFrameBytes: limit }).push(prefixOf(length)),
      {
        name: "FrameError",
        code: "FRAME_TOO_LARGE",
        message: `Cannot decode frame: length ${length} is over maxFrameBytes ${
          limit ?? DEFAULT_LIMIT
        }`,
      },
    );
  }
});

Deno.test("FrameDecoder takes the largest limit that a length can say", () => {
  const decoder = new FrameDecoder({ maxFrameBytes: 0xFFFFFFFF });
  assert.deepEqual(hex(decoder.push(wire("ab"))), [
    hex([Buffer.from("ab")])[0],
  ]);
});

Deno.test("FrameDecoder throws when input ends inside the length", () => {
  for (const got of [1, 2, 3]) {
    const decoder = new FrameDecoder();
    decoder.push(wire("ab"));
    decoder.push(prefixOf(5).subarray(0, got));
    assert.throws(() => decoder.end(), {
      name: "FrameError",
      code: "FRAME_TRUNCATED",
      message:
        `Cannot decode frame: input ended after ${got} of 4 bytes of the length`,
    });
  }
});

Deno.test("FrameDecoder throws when input ends inside a frame", () => {
  for (const got of [0, 1, 4]) {
    const decoder = new FrameDecoder();
    decoder.push(wire("ab"));
    decoder.push(wire("hello").subarray(0, 4 + got));
    assert.throws(() => decoder.end(), {
      name: "FrameError",
      code: "FRAME_TRUNCATED",
      message: `Cannot decode frame: input ended after ${got} of 5 bytes`,
    });
  }
});

Deno.test("FrameDecoder takes the end of input between frames", () => {
  const decoder = new FrameDecoder();
  assert.doesNotThrow(() => decoder.end());
  for (const chunk of cut(wire("ab", ""), 1)) decoder.push(chunk);
  assert.doesNotThrow(() => decoder.end());
});

// Encoding

const envelopeOf = (payload: unknown, id = "7"): EventEnvelope => ({
  type: "job.done",
  id,
  payload,
});

const TEXTS = [
  "",
  "ascii",
  "é",
  "日本語",
  "😀",
  "👩‍👩‍👧‍👦 family",
  "ends in é",
  "\uD800 lone",
  "lone \uDC00",
  "\uDE00\uD83D swapped",
  '\u0000\u2028\u2029\\"',
  "é".repeat(1000),
  "x".repeat(999) + "😀".repeat(333),
];

Deno.test("encodeFrame writes the length and the bytes", () => {
  for (const frame of MIXED) {
    assert.deepEqual(hex([encodeFrame(frame)]), hex([wire(frame)]));
  }
  assert.deepEqual([...encodeFrame(new Uint8Array([7, 8]))], [
    0,
    0,
    0,
    2,
    7,
    8,
  ]);
  assert.deepEqual([...encodeFrame(new Uint8Array(0))], [0, 0, 0, 0]);
  assert.deepEqual(
    [...encodeFrame(new Uint8Array(0x010203)).subarray(0, 4)],
    [0, 1, 2, 3],
  );
});

Deno.test("encodeFrame copies the bytes that it is given", () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const frame = encodeFrame(bytes);
  bytes.fill(9);
  assert.deepEqual([...frame], [0, 0, 0, 3, 1, 2, 3]);
});

Deno.test("encodeFrame writes a view of a buffer, not the buffer", () => {
  const around = content(50);
  assert.deepEqual(
    hex([encodeFrame(around.subarray(10, 20))]),
    hex([wire(around.slice(10, 20))]),
  );
  assert.deepEqual(hex([encodeFrame(Buffer.from("ab"))]), hex([wire("ab")]));
});

Deno.test("encodeFrame writes an envelope as the UTF-8 of its JSON text", () => {
  assert.deepEqual(
    hex([encodeFrame({ type: "a", id: "", payload: null })]),
    hex([wire('{"type":"a","id":"","payload":null}')]),
  );
  for (const text of TEXTS) {
    const envelope = envelopeOf({ text }, text);
    assert.deepEqual(
      hex([encodeFrame(envelope)]),
      hex([wire(JSON.stringify(envelope))]),
      JSON.stringify(text),
    );
  }
});

Deno.test("encodeFrame writes multi-byte text wherever its buffer has to grow", () => {
  for (const character of ["é", "日", "😀"]) {
    for (let before = 0; before < 40; before++) {
      const envelope = envelopeOf(
        "x".repeat(before) + character.repeat(before % 11) + "y",
      );
      assert.deepEqual(
        hex([encodeFrame(envelope)]),
        hex([wire(JSON.stringify(envelope))]),
      );
    }
  }
});

Deno.test("FrameEncoder writes frame after frame", () => {
  const encoder = new FrameEncoder();
  const expected: (Uint8Array | string)[] = [];
  for (const text of TEXTS) {
    const envelope = envelopeOf(text);
    const json = JSON.stringify(envelope);
    expected.push(json, content(text.length));
    assert.equal(encoder.add(envelope), Buffer.byteLength(json));
    assert.equal(encoder.add(content(text.length)), text.length);
    assert.equal(encoder.length, encoder.bytes.length);
    assert.deepEqual(hex([encoder.bytes]), hex([wire(...expected)]));
  }
});

Deno.test("FrameEncoder forgets on clear and writes on", () => {
  for (const keepBytes of [undefined, 0, 10, MIB]) {
    const encoder = new FrameEncoder();
    encoder.add(content(1000));
    encoder.clear(keepBytes);
    assert.equal(encoder.length, 0);
    assert.equal(encoder.bytes.length, 0);
    encoder.add(content(5));
    assert.deepEqual(hex([encoder.bytes]), hex([wire(content(5))]));
  }
});

Deno.test("FrameEncoder keeps its buffer on clear only up to what it is told", () => {
  const encoder = new FrameEncoder();
  encoder.add(content(1000));
  const { buffer } = encoder.bytes;
  encoder.clear(buffer.byteLength);
  encoder.add(content(1));
  assert.equal(encoder.bytes.buffer, buffer);
  encoder.clear(buffer.byteLength - 1);
  encoder.add(content(1));
  assert.notEqual(encoder.bytes.buffer, buffer);
});

Deno.test("FrameEncoder keeps to itself what it held before it was cleared", () => {
  const encoder = new FrameEncoder();
  for (let i = 0; i < 100; i++) encoder.add(content(1000));
  const { bytes } = encoder;
  const before = hex([bytes]);
  encoder.clear();
  const frame = encodeFrame(content(20));
  assert.equal(frame.buffer.byteLength, frame.length);
  encoder.add(content(30));
  assert.ok(encoder.bytes.buffer.byteLength < 100, "as much as it needs");
  for (let i = 0; i < 100; i++) new FrameEncoder().add(content(500 + i));
  assert.deepEqual(hex([bytes]), before);
});

Deno.test("FrameEncoder copies what it holds only a few times while it grows", () => {
  const encoder = new FrameEncoder();
  const frame = content(1000);
  const frames = 4000;
  const { copied } = observeMemory(() => {
    for (let i = 0; i < frames; i++) encoder.add(frame);
  });
  assert.equal(encoder.length, frames * 1004);
  // Growing by what each frame needs would copy 2000 times as much.
  assert.ok(copied < 10 * encoder.length, `${copied} of ${encoder.length}`);
});

Deno.test("FrameEncoder refuses bytes over maxFrameBytes and stays as it was", () => {
  const encoder = new FrameEncoder({ maxFrameBytes: 100 });
  encoder.add(content(100));
  assert.throws(() => encoder.add(content(101)), {
    name: "FrameError",
    code: "FRAME_TOO_LARGE",
    message: "Cannot encode frame: length 101 is over maxFrameBytes 100",
  });
  assert.deepEqual(hex([encoder.bytes]), hex([wire(content(100))]));
  encoder.add(content(3));
  assert.deepEqual(
    hex([encoder.bytes]),
    hex([wire(content(100), content(3))]),
  );
});

Deno.test("FrameEncoder measures text in bytes of UTF-8", () => {
  for (const character of ["x", "é", "日", "😀", "\uD800"]) {
    const envelope = envelopeOf(character.repeat(30));
    const json = JSON.stringify(envelope);
    const length = Buffer.byteLength(json);
    // All three fit in UTF-16 code units when the character is not ASCII.
    for (const limit of [length, length - 1, json.length]) {
      const encoder = new FrameEncoder({ maxFrameBytes: limit });
      encoder.add(content(7));
      const add = () => encoder.add(envelope);
      if (length <= limit) {
        assert.equal(add(), length);
        encoder.clear(MIB);
        encoder.add(content(7));
      } else {
        assert.throws(add, {
          name: "FrameError",
          code: "FRAME_TOO_LARGE",
          message:
            `Cannot encode frame: length ${length} is over maxFrameBytes ${limit}`,
        });
      }
      assert.deepEqual(hex([encoder.bytes]), hex([wire(content(7))]));
      encoder.add(content(9));
      assert.deepEqual(
        hex([encoder.bytes]),
        hex([wire(content(7), content(9))]),
      );
    }
  }
});

Deno.test("FrameEncoder throws a TypeError on what JSON cannot say and stays as it was", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const encoder = new FrameEncoder();
  encoder.add(content(7));
  for (const payload of [circular, 1n]) {
    assert.throws(() => encoder.add(envelopeOf(payload)), TypeError);
    assert.deepEqual(hex([encoder.bytes]), hex([wire(content(7))]));
  }
});

Deno.test("FrameEncoder keeps its frames apart when a toJSON adds one", () => {
  const encoder = new FrameEncoder();
  const inner = envelopeOf("inner");
  const outer = envelopeOf({
    toJSON() {
      encoder.add(inner);
      return "outer";
    },
  });
  encoder.add(outer);
  assert.deepEqual(
    hex(decodeAll([encoder.bytes])),
    [inner, envelopeOf("outer")].map((envelope) =>
      Buffer.from(JSON.stringify(envelope)).toString("hex")
    ),
  );
});

Deno.test("FrameEncoder keeps its frames apart when a toJSON clears it", () => {
  const encoder = new FrameEncoder();
  encoder.add(content(50));
  encoder.add(envelopeOf({
    toJSON() {
      encoder.clear();
      return "outer";
    },
  }));
  assert.deepEqual(
    hex(decodeAll([encoder.bytes])),
    [Buffer.from(JSON.stringify(envelopeOf("outer"))).toString("hex")],
  );
});

// Options

for (const [name, take] of Object.entries(TAKE_OPTIONS)) {
  Deno.test(`${name} refuses a maxFrameBytes that is no length, and names it`, () => {
    for (const value of [0, -1, 1.5, NaN, Infinity, 2 ** 32]) {
      assert.throws(() => take({ maxFrameBytes: value }), {
        name: "RangeError",
        message:
          `Cannot use maxFrameBytes: ${value} is not a whole number from 1 to 4294967295`,
      });
    }
    assert.throws(
      () => take({ maxFrameBytes: "5" as unknown as number }),
      {
        name: "TypeError",
        message: 'Cannot use maxFrameBytes: "5" is not a number',
      },
    );
  });

  Deno.test(`${name} takes a maxFrameBytes from 1 to 2 ** 32 - 1 and none`, () => {
    for (const value of [1, 2 ** 32 - 1, undefined]) {
      assert.doesNotThrow(() => take({ maxFrameBytes: value }));
    }
  });
}

// Streams

Deno.test("LengthPrefixEncoderStream puts a length before each frame", async () => {
  const chunks = await collect(
    new Source(MIXED).stream.pipeThrough(new LengthPrefixEncoderStream()),
  );
  assert.deepEqual(hex(chunks), MIXED.map((frame) => hex([wire(frame)])[0]));
});

Deno.test("LengthPrefixEncoderStream errors on a frame over maxFrameBytes", async () => {
  const source = new Source([content(5), content(6), content(1)]);
  const { values, end } = await traceOf(
    source.stream.pipeThrough(
      new LengthPrefixEncoderStream({ maxFrameBytes: 5 }),
    ),
  );
  assert.deepEqual(hex(values), hex([wire(content(5))]));
  assert.equal(
    end,
    "FrameError: Cannot encode frame: length 6 is over maxFrameBytes 5",
  );
  await settled();
  assert.equal(String(source.cancelled?.reason), end);
});

Deno.test("EnvelopeEncoderStream writes JSON text and errors over maxFrameBytes", async () => {
  const envelopes = [envelopeOf("é😀"), envelopeOf("x".repeat(100))];
  const { values, end } = await traceOf(
    ReadableStream.from(envelopes).pipeThrough(
      new EnvelopeEncoderStream({ maxFrameBytes: 100 }),
    ),
  );
  assert.deepEqual(
    values.map((frame) => Buffer.from(frame).toString()),
    [JSON.stringify(envelopes[0])],
  );
  assert.match(
    end,
    /^FrameError: Cannot encode frame: length 1\d\d is over maxFrameBytes 100$/,
  );
});

/** The chunk that the encoder stream makes of one frame. */
async function prefixed(frame: Uint8Array): Promise<Uint8Array> {
  const [chunk] = await collect(
    new Source([frame]).stream.pipeThrough(new LengthPrefixEncoderStream()),
  );
  return chunk!;
}

Deno.test("LengthPrefixEncoderStream copies nothing behind EnvelopeEncoderStream", async () => {
  const envelopes = TEXTS.map((text) => envelopeOf(text));
  const frames = await collect(
    ReadableStream.from(envelopes).pipeThrough(new EnvelopeEncoderStream()),
  );
  assert.equal(frames.length, TEXTS.length);
  for (const [i, frame] of frames.entries()) {
    const chunk = await prefixed(frame);
    assert.equal(chunk.buffer, frame.buffer);
    assert.deepEqual(hex([chunk]), hex([wire(JSON.stringify(envelopes[i]))]));
  }
});

Deno.test("LengthPrefixEncoderStream copies nothing behind LengthPrefixDecoderStream", async () => {
  const bytes = wire("first", "second", "");
  const chunks = await collect(
    new Source([bytes]).stream
      .pipeThrough(new LengthPrefixDecoderStream())
      .pipeThrough(new LengthPrefixEncoderStream()),
  );
  assert.deepEqual(
    hex(chunks),
    hex([wire("first"), wire("second"), wire("")]),
  );
  for (const chunk of chunks) assert.equal(chunk.buffer, bytes.buffer);
});

Deno.test("LengthPrefixEncoderStream writes a length of its own where the bytes before are another", async () => {
  for (const before of [[], [5], [0, 0, 5], [0, 0, 0, 4], [5, 0, 0, 0]]) {
    const memory = new Uint8Array([...before, ...Buffer.from("hello"), 0, 0]);
    const copy = memory.slice();
    const frame = memory.subarray(before.length, before.length + 5);
    const chunk = await prefixed(frame);
    assert.deepEqual(hex([chunk]), hex([wire("hello")]));
    assert.notEqual(chunk.buffer, memory.buffer);
    assert.deepEqual(hex([memory]), hex([copy]), "what was handed in stays");
  }
});

Deno.test("LengthPrefixEncoderStream reads no bytes before a view that begins its buffer", async () => {
  const memory = new Uint8Array([0, 0, 0, 2, 7, 8]);
  const chunk = await prefixed(memory.subarray(0, 6));
  assert.deepEqual([...chunk], [0, 0, 0, 6, 0, 0, 0, 2, 7, 8]);
});

Deno.test("LengthPrefixDecoderStream errors when input ends inside a frame", async () => {
  for (
    const [chunk, message] of [
      [prefixOf(5).subarray(0, 3), "3 of 4 bytes of the length"],
      [wire("hello").subarray(0, 4), "0 of 5 bytes"],
      [wire("hello").subarray(0, 8), "4 of 5 bytes"],
    ] as const
  ) {
    const { end } = await traceOf(
      new Source([chunk]).stream.pipeThrough(new LengthPrefixDecoderStream()),
    );
    assert.equal(
      end,
      `FrameError: Cannot decode frame: input ended after ${message}`,
    );
  }
});

Deno.test("LengthPrefixDecoderStream errors over maxFrameBytes and cancels the source", async () => {
  const source = new Source([wire("ab"), prefixOf(0xFFFFFFFF), wire("cd")]);
  const { values, end } = await traceOf(
    source.stream.pipeThrough(new LengthPrefixDecoderStream()),
  );
  assert.deepEqual(hex(values), hex([Buffer.from("ab")]));
  assert.equal(
    end,
    `FrameError: Cannot decode frame: length 4294967295 is over maxFrameBytes ${DEFAULT_LIMIT}`,
  );
  await settled();
  assert.equal(String(source.cancelled?.reason), end);
});

Deno.test("LengthPrefixDecoderStream gives the frames before a fault, wherever the input is cut", async () => {
  const bytes = Buffer.concat([wire("ab", "", "cd"), prefixOf(0xFFFFFFFF)]);
  for (const size of [1, 3, 4, 6, 7, 11, 100]) {
    const { values, end } = await traceOf(
      new Source(cut(bytes, size)).stream
        .pipeThrough(new LengthPrefixDecoderStream()),
    );
    assert.match(end, /^FrameError: .*4294967295/);
    assert.deepEqual(
      hex(values),
      hex(["ab", "", "cd"].map((text) => Buffer.from(text))),
      `chunks of ${size}`,
    );
  }
});

Deno.test("LengthPrefixDecoderStream passes on an error of the source", async () => {
  const { values, end } = await traceOf(
    new Source([wire("ab")], new Error("cable cut")).stream
      .pipeThrough(new LengthPrefixDecoderStream()),
  );
  assert.deepEqual(hex(values), hex([Buffer.from("ab")]));
  assert.equal(end, "Error: cable cut");
});

Deno.test("LengthPrefixDecoderStream stops the source when its reader stops", async () => {
  const source = new Source(Array.from({ length: 1000 }, () => wire("hello")));
  const reader = source.stream
    .pipeThrough(new LengthPrefixDecoderStream())
    .getReader();
  await settled();
  assert.ok(source.pulls <= 2, `${source.pulls} pulls without a read`);
  for (let reads = 1; reads <= 5; reads++) {
    await reader.read();
    await settled();
    assert.ok(source.pulls <= reads + 2, `${source.pulls} for ${reads} reads`);
  }
  await reader.cancel();
});

Deno.test("LengthPrefixDecoderStream cancels the source with the reason", async () => {
  const source = new Source([wire("ab", "cd"), wire("ef")]);
  const reader = source.stream
    .pipeThrough(new LengthPrefixDecoderStream())
    .getReader();
  await reader.read();
  const reason = new Error("enough");
  await reader.cancel(reason);
  await settled();
  assert.equal(source.cancelled?.reason, reason);
});

Deno.test("EnvelopeDecoderStream reads envelopes, control events included", async () => {
  const envelopes = [
    ...TEXTS.map((text) => envelopeOf({ text })),
    { type: "__ping", id: "1", payload: null },
  ];
  const frames = envelopes.map((one) => Buffer.from(JSON.stringify(one)));
  assert.deepEqual(
    await collect(
      new Source(frames).stream.pipeThrough(new EnvelopeDecoderStream()),
    ),
    envelopes,
  );
});

// EnvelopeDecoderStream

const BAD_FRAMES: [kind: string, frame: Uint8Array, end: RegExp][] = [
  ["no bytes", new Uint8Array(0), /^EnvelopeError: .*: invalid JSON$/],
  ["invalid UTF-8", new Uint8Array([0xFF]), /^EnvelopeError: .*invalid UTF-8$/],
  ["invalid JSON", Buffer.from("{"), /^EnvelopeError: .*: invalid JSON$/],
  ["null", Buffer.from("null"), /^EnvelopeError: .*: null is not an object$/],
  ["an array", Buffer.from("[1]"), /^EnvelopeError: .*is not a string$/],
  [
    "no id",
    Buffer.from('{"type":"a"}'),
    /^EnvelopeError: .*: id undefined is not a string$/,
  ],
  [
    "a type with a colon",
    Buffer.from('{"type":"a:b","id":""}'),
    /^EnvelopeError: .*: type "a:b" holds ":"$/,
  ],
];

Deno.test("EnvelopeDecoderStream errors on a bad frame and cancels the source", async () => {
  const good = Buffer.from('{"type":"a","id":""}');
  for (const [kind, frame, expected] of BAD_FRAMES) {
    const source = new Source([good, frame, good]);
    const { values, end } = await traceOf(
      source.stream.pipeThrough(new EnvelopeDecoderStream()),
    );
    assert.deepEqual(values, [{ type: "a", id: "" }], kind);
    assert.match(end, expected, kind);
    await settled();
    assert.equal(String(source.cancelled?.reason), end, kind);
  }
});

// Both decoders in a row, which may run as one: it must not show

type Pipe = (
  bytes: ReadableStream<Uint8Array>,
  options?: FramingOptions,
) => ReadableStream<EventEnvelope>;

/** As applications write it. */
const together: Pipe = (bytes, options) =>
  bytes
    .pipeThrough(new LengthPrefixDecoderStream(options))
    .pipeThrough(new EnvelopeDecoderStream());

/** As two streams for sure. */
const apart: Pipe = (bytes, options) =>
  ReadableStream.prototype.pipeThrough.call(
    bytes.pipeThrough(new LengthPrefixDecoderStream(options)),
    new EnvelopeDecoderStream(),
  ) as ReadableStream<EventEnvelope>;

const NUMBERED = Array.from(
  { length: 20 },
  (_, i) => envelopeOf("é".repeat(i), String(i)),
);
const jsonOf = (envelope: EventEnvelope) => JSON.stringify(envelope);
const NUMBERED_WIRE = wire(...NUMBERED.map(jsonOf));

/** Runs one input through both pipes; they must agree. */
async function agree(
  what: string,
  chunks: Uint8Array[],
  { error, options }: { error?: Error; options?: FramingOptions } = {},
): Promise<void> {
  for (const pause of [undefined, settled]) {
    const traces: (Trace<EventEnvelope> & { cancelled: string | undefined })[] =
      [];
    for (const pipe of [together, apart]) {
      const source = new Source(chunks, error);
      const trace = await traceOf(pipe(source.stream, options), pause);
      await settled();
      const { cancelled } = source;
      traces.push({
        ...trace,
        cancelled: cancelled && String(cancelled.reason),
      });
    }
    const reader = pause ? "slow" : "fast";
    assert.deepEqual(traces[0], traces[1], `${what}, ${reader} reader`);
  }
}

Deno.test("LengthPrefixDecoderStream and EnvelopeDecoderStream give the same together as apart", async () => {
  for (const size of [1, 2, 3, 4, 5, 7, 50, 97, 1000, 100_000]) {
    await agree(`chunks of ${size}`, cut(NUMBERED_WIRE, size));
    const envelopes = await collect(
      together(new Source(cut(NUMBERED_WIRE, size)).stream),
    );
    assert.deepEqual(envelopes, NUMBERED);
  }
  await agree("no input", []);
});

Deno.test("LengthPrefixDecoderStream and EnvelopeDecoderStream fail alike together and apart, fault in a chunk of its own", async () => {
  const good = NUMBERED.slice(0, 3).map((one) => wire(jsonOf(one)));
  for (const [kind, frame] of BAD_FRAMES) {
    await agree(kind, [...good, wire(frame), ...good]);
  }
  await agree("too large", [...good, prefixOf(0xFFFFFFFF), ...good]);
  await agree("truncated", [...good, prefixOf(7)]);
  await agree("source error", good, { error: new Error("cable cut") });
  await agree("small limit", good, { options: { maxFrameBytes: 10 } });
});

Deno.test("LengthPrefixDecoderStream and EnvelopeDecoderStream fail alike together and apart, fault in a chunk with good frames", async () => {
  const good = NUMBERED.slice(0, 3).map(jsonOf);
  // Behind it more than either pipe buffers: the source must be cancelled.
  const more = good.concat(good).map((json) => wire(json));
  for (const [kind, frame] of BAD_FRAMES) {
    await agree(kind, [wire(...good, frame, ...good), ...more]);
  }
});

Deno.test("EnvelopeDecoderStream gives the envelopes before a bad one, wherever the input is cut", async () => {
  const good = NUMBERED.slice(0, 3);
  const bytes = wire(...good.map(jsonOf), "{");
  for (const pipe of [apart, together]) {
    for (const size of [1, 10, 60, 1000]) {
      const { values, end } = await traceOf(
        pipe(new Source(cut(bytes, size)).stream),
      );
      assert.equal(
        end,
        "EnvelopeError: Cannot decode envelope: invalid JSON",
      );
      assert.deepEqual(values, good, `${pipe.name}, chunks of ${size}`);
    }
  }
});

for (const [how, pipe] of Object.entries({ together, apart })) {
  Deno.test(`EnvelopeDecoderStream behind LengthPrefixDecoderStream, ${how}: the reason of a cancel reaches the source`, async () => {
    for (const reads of [0, 1, 5]) {
      const source = new Source(cut(NUMBERED_WIRE, 50));
      const reader = pipe(source.stream).getReader();
      for (let i = 0; i < reads; i++) await reader.read();
      const reason = new Error("enough");
      await reader.cancel(reason);
      await settled();
      assert.equal(source.cancelled?.reason, reason, `${reads} reads`);
    }
  });

  Deno.test(`EnvelopeDecoderStream behind LengthPrefixDecoderStream, ${how}: leaving the loop cancels the source`, async () => {
    const source = new Source(cut(NUMBERED_WIRE, 50));
    for await (const envelope of pipe(source.stream)) {
      assert.deepEqual(envelope, NUMBERED[0]);
      break;
    }
    await settled();
    assert.deepEqual(source.cancelled, { reason: undefined });
  });

  Deno.test(`EnvelopeDecoderStream behind LengthPrefixDecoderStream, ${how}: a reader that stops makes the source stop`, async () => {
    const chunk = wire(jsonOf(NUMBERED[0]!));
    const source = new Source(Array.from({ length: 1000 }, () => chunk));
    const reader = pipe(source.stream).getReader();
    await settled();
    assert.ok(source.pulls <= 4, `${source.pulls} pulls without a read`);
    for (let reads = 1; reads <= 5; reads++) {
      await reader.read();
      await settled();
      assert.ok(source.pulls <= reads + 4, `${source.pulls} for ${reads}`);
    }
    await reader.cancel();
  });

  Deno.test(`EnvelopeDecoderStream behind LengthPrefixDecoderStream, ${how}: what comes out pipes, tees and iterates on`, async () => {
    const open = () => pipe(new Source(cut(NUMBERED_WIRE, 33)).stream);
    const ids: string[] = [];
    await open().pipeTo(
      new WritableStream({ write: ({ id }) => void ids.push(id) }),
    );
    assert.deepEqual(ids, NUMBERED.map(({ id }) => id));
    const relayed = open()
      .pipeThrough(new EnvelopeEncoderStream())
      .pipeThrough(new LengthPrefixEncoderStream());
    assert.deepEqual(
      hex([Buffer.concat(await collect(relayed))]),
      hex([NUMBERED_WIRE]),
    );
    const both = await Promise.all(open().tee().map(collect));
    assert.deepEqual(both, [NUMBERED, NUMBERED]);
  });

  Deno.test(`EnvelopeDecoderStream behind LengthPrefixDecoderStream, ${how}: a writer hears of the bad envelope`, async () => {
    const bytes = new TransformStream<Uint8Array, Uint8Array>();
    const end = traceOf(pipe(bytes.readable));
    const writer = bytes.writable.getWriter();
    writer.write(wire("{")).catch(() => {});
    await assert.rejects(writer.closed, { name: "EnvelopeError" });
    assert.match((await end).end, /^EnvelopeError: /);
  });
}

/** Both decoders, and a source of numbered envelopes before them. */
function decoders(chunkSize = 1000) {
  const source = new Source(cut(NUMBERED_WIRE, chunkSize));
  const frames = new LengthPrefixDecoderStream();
  void source.stream.pipeTo(frames.writable).catch(() => {});
  return { source, frames, envelopes: new EnvelopeDecoderStream() };
}

Deno.test("LengthPrefixDecoderStream.pipeThrough gives the readable side of the envelope decoder", async () => {
  const { frames, envelopes } = decoders();
  const readable = frames.readable.pipeThrough(envelopes);
  assert.equal(readable, envelopes.readable);
  assert.equal(readable.locked, false);
  assert.deepEqual(await collect(envelopes.readable), NUMBERED);
});

Deno.test("LengthPrefixDecoderStream.pipeThrough feeds a readable side that was taken before", async () => {
  const { frames, envelopes } = decoders();
  const { readable } = envelopes;
  const received = collect(readable);
  assert.equal(frames.readable.pipeThrough(envelopes), readable);
  assert.deepEqual(await received, NUMBERED);
});

Deno.test("LengthPrefixDecoderStream.pipeThrough takes the two sides of an envelope decoder", async () => {
  const { frames, envelopes: { readable, writable } } = decoders();
  assert.equal(frames.readable.pipeThrough({ readable, writable }), readable);
  assert.deepEqual(await collect(readable), NUMBERED);
});

Deno.test("LengthPrefixDecoderStream.pipeThrough goes on behind frames that were read before", async () => {
  for (const chunkSize of [10, 1000]) {
    const { frames, envelopes } = decoders(chunkSize);
    const reader = frames.readable.getReader();
    const { value } = await reader.read();
    assert.equal(Buffer.from(value!).toString(), jsonOf(NUMBERED[0]!));
    reader.releaseLock();
    assert.deepEqual(
      await collect(frames.readable.pipeThrough(envelopes)),
      NUMBERED.slice(1),
    );
  }
});

Deno.test("LengthPrefixDecoderStream.pipeThrough goes on behind a read that was given up", async () => {
  const { frames, envelopes } = decoders();
  const reader = frames.readable.getReader();
  const read = reader.read().catch(String);
  reader.releaseLock();
  assert.match(String(await read), /^TypeError/);
  assert.deepEqual(
    await collect(frames.readable.pipeThrough(envelopes)),
    NUMBERED,
  );
});

Deno.test("LengthPrefixDecoderStream.pipeThrough locks both streams", async () => {
  const { frames, envelopes } = decoders();
  const readable = frames.readable.pipeThrough(envelopes);
  assert.equal(envelopes.writable.locked, true);
  assert.throws(() => envelopes.writable.getWriter(), TypeError);
  assert.equal(frames.readable.locked, true);
  assert.throws(() => frames.readable.getReader(), TypeError);
  await assert.rejects(frames.readable.cancel(), TypeError);
  await readable.cancel();
});

Deno.test("LengthPrefixDecoderStream.pipeThrough throws when piped twice", async () => {
  const { frames, envelopes } = decoders();
  const readable = frames.readable.pipeThrough(envelopes);
  assert.throws(
    () => frames.readable.pipeThrough(new EnvelopeDecoderStream()),
    TypeError,
  );
  assert.throws(
    () => frames.readable.pipeThrough(new TransformStream()),
    TypeError,
  );
  assert.deepEqual(await collect(readable), NUMBERED, "the first pipe goes on");
});

Deno.test("LengthPrefixDecoderStream.pipeThrough throws when it is being read", async () => {
  const { frames, envelopes } = decoders();
  const reader = frames.readable.getReader();
  assert.throws(() => frames.readable.pipeThrough(envelopes), TypeError);
  assert.equal(envelopes.writable.locked, false);
  await reader.cancel();
});

Deno.test("LengthPrefixDecoderStream.pipeThrough throws on an envelope decoder in use", async () => {
  const first = decoders();
  const second = decoders();
  const readable = first.frames.readable.pipeThrough(first.envelopes);
  assert.throws(
    () => second.frames.readable.pipeThrough(first.envelopes),
    TypeError,
  );
  assert.equal(second.frames.readable.locked, false);
  assert.deepEqual(await collect(readable), NUMBERED);
  assert.deepEqual(
    await collect(second.frames.readable.pipeThrough(second.envelopes)),
    NUMBERED,
  );
});

Deno.test("LengthPrefixDecoderStream.pipeThrough throws on what is no pair of streams", async () => {
  const { frames } = decoders();
  const none = {} as unknown as EnvelopeDecoderStream;
  assert.throws(() => frames.readable.pipeThrough(none), TypeError);
  await frames.readable.cancel();
});

Deno.test("LengthPrefixDecoderStream.pipeThrough keeps to a signal", async () => {
  const { source, frames, envelopes } = decoders(30);
  const controller = new AbortController();
  const reader = frames.readable
    .pipeThrough(envelopes, { signal: controller.signal })
    .getReader();
  assert.deepEqual((await reader.read()).value, NUMBERED[0]);
  const reason = new Error("enough");
  controller.abort(reason);
  await settled();
  await assert.rejects(reader.closed, reason);
  assert.equal(source.cancelled?.reason, reason);
});

Deno.test("LengthPrefixDecoderStream.pipeThrough keeps to preventCancel", async () => {
  const { source, frames, envelopes } = decoders(30);
  const reader = frames.readable
    .pipeThrough(envelopes, { preventCancel: true })
    .getReader();
  assert.deepEqual((await reader.read()).value, NUMBERED[0]);
  await reader.cancel();
  await settled();
  assert.equal(source.cancelled, undefined);
  assert.equal(frames.readable.locked, false);
  await frames.readable.cancel();
});

Deno.test("LengthPrefixDecoderStream.pipeThrough takes empty options", async () => {
  const { frames, envelopes } = decoders(30);
  const readable = frames.readable.pipeThrough(envelopes, {});
  assert.deepEqual(await collect(readable), NUMBERED);
});

Deno.test("LengthPrefixDecoderStream pipes through and to other streams as ever", async () => {
  const through = decoders();
  const frames = await collect(
    through.frames.readable.pipeThrough(new TransformStream()),
  );
  assert.deepEqual(hex(frames), hex(NUMBERED.map(jsonOf).map(Buffer.from)));
  const to = decoders();
  const piped = to.frames.readable.pipeTo(to.envelopes.writable);
  assert.deepEqual(await collect(to.envelopes.readable), NUMBERED);
  await piped;
});

Deno.test("EnvelopeDecoderStream works alone, its readable side taken late", async () => {
  const envelopes = new EnvelopeDecoderStream();
  const writer = envelopes.writable.getWriter();
  const written = writer.write(Buffer.from(jsonOf(NUMBERED[0]!)));
  const closed = writer.close();
  assert.deepEqual(await collect(envelopes.readable), [NUMBERED[0]]);
  await Promise.all([written, closed]);
});
