// The end of a target.

import assert from "node:assert/strict";
import { ClosedError, createEvent } from "../mod.ts";
import { Log } from "./_waiting.ts";
import {
  assertList,
  envelope,
  listen,
  type Scenario,
  type Wire,
} from "./_conformance_wire.ts";

function assertClosed({ here }: Wire): void {
  assert.throws(
    () => here.dispatchEvent(createEvent("a", "", null)),
    (error) =>
      error instanceof ClosedError && error.code === "CLOSED" &&
      error.message === "Cannot dispatch event: the target is closed",
  );
}

/** Lets what is on its way between two threads, or two tasks, arrive. */
async function turns({ far }: Wire): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await far.heard();
    await new Promise((resolve) => setTimeout(resolve));
  }
}

export const closingScenarios: readonly Scenario[] = [
  {
    name: "dispatching after close throws a ClosedError",
    async run(wire) {
      const closed = wire.here.close();
      assertClosed(wire);
      await closed;
      assertClosed(wire);
    },
  },
  {
    name: "close is idempotent, closed resolves with undefined",
    async run({ here }) {
      const open = Symbol("open");
      const state = () => Promise.race([here.closed, Promise.resolve(open)]);
      assert.equal(await state(), open);
      await Promise.all([here.close(), here.close()]);
      assert.equal(await state(), undefined);
      await here.close();
      await here[Symbol.asyncDispose]();
      assert.equal(await here.closed, undefined);
    },
  },
  {
    name: "await using closes",
    async run(wire) {
      {
        await using target = wire.here;
        target.dispatchEvent(createEvent("a", "", null));
      }
      assertClosed(wire);
      assert.equal(await wire.here.closed, undefined);
    },
  },
  {
    name: "a listener can close the target it is on",
    async run(wire) {
      const { here, far } = wire;
      const closing = new Log<Promise<void>>();
      here.addEventListener("a", () => closing.add(here.close()));
      await here.flush();
      await far.dispatch([envelope("a")]);
      const [closed] = await closing.count(1);
      await closed;
      assertClosed(wire);
      assert.equal(await here.closed, undefined);
    },
  },
  {
    name: "no listener is called after close",
    async run(wire) {
      const { here, far } = wire;
      const heard = listen(here, "a", "a:1");
      await here.flush();
      await far.dispatch([envelope("a", "1")]);
      await far.flush();
      assert.equal(heard.length, 2);
      await here.close();
      const late = listen(here, "a");
      try {
        for (let i = 0; i < 3; i++) await far.dispatch([envelope("a", "1")]);
      } catch (error) {
        // The other end may have learned of it.
        assert.equal((error as Error).name, "ClosedError");
      }
      await turns(wire);
      assert.equal(heard.length, 2);
      assert.deepEqual(late, []);
    },
  },
  {
    name: "what was sent before close arrives, in order",
    async run({ here, far }) {
      const log = new Log<number>();
      here.addEventListener("n", ({ detail }) => {
        log.add(detail.payload as number);
      });
      await here.flush();
      const numbers = Array.from({ length: 1000 }, (_, n) => n);
      const sent = far.dispatch(numbers.map((n) => envelope("n", "", n)));
      await Promise.all([sent, far.close()]);
      assertList(await log.count(1000), numbers);
    },
  },
];
