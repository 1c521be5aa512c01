// A stream over batches does what a plain stream of the same values does, only
// faster: each scenario is played on both, and what it told is compared.

import assert from "node:assert/strict";
import { type Batch, FlatStream } from "../_flat_stream.ts";

Deno.test.sanitizer({ ops: true, resources: true });

interface Value {
  readonly n: number;
}

/** Batches of so many values each; the last has a fault behind it, if any. */
interface Script {
  readonly batches: readonly number[];
  readonly fault?: Error;
}

interface Played {
  readonly stream: ReadableStream<Value>;
  /** What the source was cancelled with. */
  readonly cancelled: unknown[];
}

const valuesOf = ({ batches }: Script): Value[][] => {
  let n = 0;
  return batches.map((size) =>
    Array.from({ length: size }, () => ({ n: n++ }))
  );
};

function flat(script: Script): Played {
  const cancelled: unknown[] = [];
  const batches = valuesOf(script);
  const source = new ReadableStream<Value[]>({
    pull(controller) {
      const batch = batches.shift();
      if (batch) controller.enqueue(batch);
      else controller.close();
    },
    cancel: (reason) => void cancelled.push(reason),
  }, { highWaterMark: 0 });
  const stream = new FlatStream(
    source.getReader(),
    (values): Batch<Value> => ({
      length: values.length,
      at: (index) => values[index]!,
      fault: batches.length === 0 ? script.fault : undefined,
    }),
  );
  return { stream, cancelled };
}

function plain(script: Script): Played {
  const cancelled: unknown[] = [];
  const values = valuesOf(script).flat();
  const stream = new ReadableStream<Value>({
    pull(controller) {
      const value = values.shift();
      if (value) controller.enqueue(value);
      else if (!script.fault) controller.close();
      else {
        // It cancels what it is made of.
        cancelled.push(script.fault);
        throw script.fault;
      }
    },
    cancel: (reason) => void cancelled.push(reason),
  }, { highWaterMark: 0 });
  return { stream, cancelled };
}

const FAULT = new Error("broken");

type Tell = (what: unknown) => void;

/** What somebody does with a stream, and tells of it. */
const scenarios: Record<
  string,
  (stream: ReadableStream<Value>, tell: Tell) => Promise<void>
> = {
  async "iterates to the end"(stream, tell) {
    for await (const value of stream) tell(value);
    tell(stream.locked);
    tell(await stream.getReader().read());
  },
  async "breaks off"(stream, tell) {
    for await (const value of stream) {
      tell(value);
      if (value.n === 1) break;
    }
    tell(stream.locked);
    tell(await stream.getReader().read());
  },
  async "breaks off, and another goes on"(stream, tell) {
    for await (const value of stream.values({ preventCancel: true })) {
      tell(value);
      if (value.n === 1) break;
    }
    tell(stream.locked);
    const reader = stream.getReader();
    tell(await reader.read());
    reader.releaseLock();
    for await (const value of stream) tell(value);
  },
  async "iterates behind what was read"(stream, tell) {
    const reader = stream.getReader();
    tell(await reader.read());
    reader.releaseLock();
    for await (const value of stream) tell(value);
  },
  async "asks for many at once"(stream, tell) {
    const iterator = stream[Symbol.asyncIterator]();
    const asked = Array.from({ length: 9 }, () => iterator.next());
    for (const settled of await Promise.allSettled(asked)) tell(settled);
    tell(stream.locked);
  },
  async "returns while it waits"(stream, tell) {
    const iterator = stream[Symbol.asyncIterator]();
    const asked = [
      iterator.next(),
      iterator.return!("enough"),
      iterator.next(),
    ];
    for (const settled of await Promise.allSettled(asked)) tell(settled);
    tell(await iterator.return!("again"));
  },
  async "asks behind the end"(stream, tell) {
    const iterator = stream.values();
    for (let i = 0; i < 9; i++) {
      tell(await iterator.next().catch((error) => error));
    }
    tell(stream.locked);
  },
  async "locks, and cannot be locked twice"(stream, tell) {
    const iterator = stream.values();
    tell(stream.locked);
    assert.throws(() => stream.values(), TypeError);
    assert.throws(() => stream.getReader(), TypeError);
    await assert.rejects(stream.cancel(), TypeError);
    tell(await iterator.return!());
    tell(stream.locked);
  },
  async "pipes"(stream, tell) {
    await stream.pipeTo(new WritableStream({ write: tell }));
  },
  async "tees"(stream, tell) {
    const [a, b] = stream.tee();
    for await (const value of a) tell(value);
    for await (const value of b) tell(value);
  },
};

const scripts: Record<string, Script> = {
  "one batch": { batches: [4] },
  "batches, empty ones among them": { batches: [0, 2, 0, 0, 3, 0] },
  "single values": { batches: [1, 1, 1] },
  "nothing": { batches: [] },
  "a fault behind values": { batches: [2, 3], fault: FAULT },
  "a fault alone": { batches: [0], fault: FAULT },
};

for (const [what, play] of Object.entries(scenarios)) {
  for (const [of, script] of Object.entries(scripts)) {
    Deno.test(`FlatStream of ${of} ${what} as a plain stream does`, async () => {
      const told = await Promise.all([flat(script), plain(script)].map(
        async ({ stream, cancelled }) => {
          const told: unknown[] = [];
          const tell: Tell = (value) => void told.push(value);
          await play(stream, tell).catch((error) => tell(error));
          return [...told, "cancelled with", ...cancelled];
        },
      ));
      assert.deepEqual(told[0], told[1]);
      assert.ok(told[0]!.length > 0);
    });
  }
}

Deno.test("FlatStream makes each value when it is asked for", async () => {
  const made: number[] = [];
  const source = ReadableStream.from([3]);
  const stream = new FlatStream(
    source.getReader(),
    (length: number): Batch<Value> => ({
      length,
      at(n) {
        made.push(n);
        return { n };
      },
      fault: undefined,
    }),
  );
  for await (const { n } of stream) {
    assert.deepEqual(made, Array.from({ length: n + 1 }, (_, i) => i));
  }
  assert.deepEqual(made, [0, 1, 2]);
});
