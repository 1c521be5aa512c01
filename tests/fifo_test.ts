import assert from "node:assert/strict";
import { Fifo } from "../_fifo.ts";
import { countAlive, heapBytes } from "./_garbage.ts";
import { randomOf } from "./_random.ts";

Deno.test.sanitizer({ ops: true, resources: true });

Deno.test("Fifo gives out in order what was put in", () => {
  const fifo = new Fifo<string>();
  assert.equal(fifo.length, 0);
  fifo.push("a");
  fifo.push("b");
  assert.equal(fifo.length, 2);
  assert.equal(fifo.shift(), "a");
  fifo.push("c");
  assert.equal(fifo.shift(), "b");
  assert.equal(fifo.shift(), "c");
  assert.equal(fifo.length, 0);
  fifo.push("d");
  assert.equal(fifo.shift(), "d");
});

Deno.test("Fifo holds undefined and null as it holds anything", () => {
  const fifo = new Fifo<string | undefined | null>();
  for (const item of [undefined, null, "", undefined]) fifo.push(item);
  assert.equal(fifo.length, 4);
  const out = Array.from({ length: 4 }, () => fifo.shift());
  assert.deepEqual(out, [undefined, null, "", undefined]);
  assert.equal(fifo.length, 0);
});

Deno.test("Fifo clear forgets all, half-way through too", () => {
  const fifo = new Fifo<number>();
  fifo.clear();
  for (let i = 0; i < 10; i++) fifo.push(i);
  for (let i = 0; i < 4; i++) fifo.shift();
  fifo.clear();
  assert.equal(fifo.length, 0);
  fifo.push(99);
  assert.equal(fifo.length, 1);
  assert.equal(fifo.shift(), 99);
});

Deno.test("Fifo does what an array does", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = randomOf(seed);
    const fifo = new Fifo<number>();
    const array: number[] = [];
    let next = 0;
    // Long runs of one kind, so that it both grows far and gives out far.
    for (let run = 0; run < 60; run++) {
      const kind = random(20);
      for (let left = random(700); left > 0; left--) {
        if (kind < 11) {
          fifo.push(next);
          array.push(next++);
        } else if (array.length > 0) {
          assert.equal(fifo.shift(), array.shift(), `seed ${seed}`);
        }
        assert.equal(fifo.length, array.length, `seed ${seed}`);
      }
      if (kind === 0) {
        fifo.clear();
        array.length = 0;
      }
    }
    while (array.length > 0) assert.equal(fifo.shift(), array.shift());
    assert.equal(fifo.length, 0);
  }
});

Deno.test("Fifo lets go of what it gave out, while others wait", async () => {
  const fifo = new Fifo<object>();
  const refs: WeakRef<object>[] = [];
  (() => {
    for (let i = 0; i < 100; i++) {
      const item = { i };
      refs.push(new WeakRef(item));
      fifo.push(item);
    }
    for (let i = 0; i < 60; i++) fifo.shift();
  })();
  assert.equal(await countAlive(refs, 40), 40);
  assert.equal(fifo.length, 40);
});

Deno.test("Fifo lets go of what it forgot", async () => {
  const fifo = new Fifo<object>();
  const refs: WeakRef<object>[] = [];
  (() => {
    for (let i = 0; i < 100; i++) {
      const item = { i };
      refs.push(new WeakRef(item));
      fifo.push(item);
    }
    fifo.clear();
  })();
  assert.equal(await countAlive(refs), 0);
  fifo.push({});
  assert.equal(fifo.length, 1);
});

Deno.test("Fifo that is never empty does not grow", async () => {
  const fifo = new Fifo<number>();
  for (let i = 0; i < 10; i++) fifo.push(i);
  const before = await heapBytes();
  // 8 bytes for each that passes would be 32 MB.
  for (let i = 0; i < 4_000_000; i++) {
    fifo.push(i);
    fifo.shift();
  }
  const grown = await heapBytes() - before;
  assert.ok(grown < 8_000_000, `${grown} bytes more`);
  assert.equal(fifo.length, 10);
});
