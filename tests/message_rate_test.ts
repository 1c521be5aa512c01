// What a peer may send in a second.

import assert from "node:assert/strict";
import { MessageRate } from "../_message_rate.ts";
import { createEvent } from "../mod.ts";
import { testOnHubs } from "./_hubs.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const turn = () => new Promise((resolve) => setTimeout(resolve, 10));

/** Runs with a clock that stands still unless it is told to go on. */
function withClock(fn: (advance: (ms: number) => void) => void): void {
  const { now } = performance;
  let at = 1000;
  performance.now = () => at;
  try {
    fn((ms) => at += ms);
  } finally {
    performance.now = now;
  }
}

/** How many of so many messages are allowed. */
const allowed = (rate: MessageRate, type: string, count: number) =>
  Array.from({ length: count }, () => rate.take(type)).filter(Boolean).length;

Deno.test("MessageRate allows one second's messages at once, then its rate", () => {
  withClock((advance) => {
    const rate = new MessageRate(100, 0);
    assert.equal(allowed(rate, "n", 150), 100);
    advance(9);
    assert.equal(allowed(rate, "n", 10), 0);
    advance(41);
    assert.equal(allowed(rate, "n", 10), 5);
    advance(1000);
    assert.equal(allowed(rate, "n", 150), 100);
  });
});

Deno.test("MessageRate does not save up while nothing is sent", () => {
  withClock((advance) => {
    const rate = new MessageRate(10, 0);
    advance(60_000);
    assert.equal(allowed(rate, "n", 100), 10);
  });
});

Deno.test("MessageRate never refuses who keeps to it", () => {
  withClock((advance) => {
    const rate = new MessageRate(50, 0);
    for (let i = 0; i < 10_000; i++) {
      assert(rate.take("n"), `message ${i}`);
      advance(20);
    }
  });
});

Deno.test("MessageRate does not refuse for a fraction that got lost", () => {
  withClock((advance) => {
    for (let start = 0; start < 100; start++) {
      advance(Math.PI * start);
      const rate = new MessageRate(1, 0);
      for (let i = 0; i < 100; i++) {
        assert(rate.take("n"), `message ${i} from ${start}`);
        advance(1000);
      }
    }
  });
});

Deno.test("MessageRate does not count the time in which a hook held messages back", () => {
  withClock((advance) => {
    const rate = new MessageRate(10, 0);
    for (let round = 0; round < 20; round++) {
      // At half the rate: 30 in 6 seconds.
      assert(rate.take("n"));
      advance(6000);
      rate.resume();
      assert.equal(allowed(rate, "n", 29), 29);
      // Each with a short hook of its own.
      for (let i = 0; i < 10; i++) {
        advance(10);
        rate.resume();
      }
    }
    advance(1000);
    assert.equal(allowed(rate, "n", 1000), 10, "what was not used is gone");
  });
});

Deno.test("MessageRate leaves out so many subscriptions", () => {
  withClock(() => {
    const rate = new MessageRate(10, 100);
    assert.equal(allowed(rate, "__subscribe", 100), 100);
    assert.equal(allowed(rate, "n", 5), 5);
    assert.equal(allowed(rate, "__subscribe", 100), 5);
    assert.equal(allowed(rate, "__unsubscribe", 1), 0);
  });
});

const OPTIONS = { maxMessagesPerSecond: 20, maxTopicsPerConnection: 50 };

testOnHubs("a peer that floods is told 1008", async (stage) => {
  const faults = new Log<string>();
  const ended = new Log<number | undefined>();
  const hub = await stage.hub({
    ...OPTIONS,
    onError: ({ error, connection }) =>
      faults.add(`${connection?.id} ${error}`),
    onDisconnection: (_connection, { code }) => ended.add(code),
  });
  let heard = 0;
  hub.addEventListener("n", () => heard++);
  const other = await stage.peer();
  const peer = await stage.peer();
  // Topics do not count.
  for (let i = 0; i < 50; i++) peer.addEventListener(`t:${i}`, () => {});
  await peer.flush();
  for (let i = 0; i < 1000; i++) peer.dispatchEvent(createEvent("n", "", i));
  const failure = await peer.closed;
  assert.match(String(failure), /with code 1008: over 20 messages per second/);
  assert.deepEqual(await ended.count(1), [1008]);
  assert.deepEqual(faults.all, [
    `${peer.id} RefusedError: Cannot keep connection of ${peer.id}: over 20 messages per second`,
  ]);
  // Some more than 20, if the machine was slow: never all.
  assert(heard < 900, `${heard} events got through`);
  await other.flush();
  assert.equal(other.state, "open");
});

testOnHubs(
  "a slow hook makes no flood of what comes at its pace",
  async (stage) => {
    const asked = new Log<(allowed: boolean) => void>();
    const hub = await stage.hub({
      maxMessagesPerSecond: 20,
      authorizePublish: ({ envelope: { id } }) =>
        id !== "slow" || new Promise((resolve) => asked.add(resolve)),
    });
    const atHub = envelopesOn(hub, "n");
    const peer = await stage.peer();
    peer.dispatchEvent(createEvent("n", "slow", null));
    const [answer] = await asked.count(1);
    // Three seconds' messages wait, at the most, and three seconds pass.
    const start = performance.now();
    for (let i = 0; i < 40; i++) {
      peer.dispatchEvent(
        createEvent("n", `${i}`, null),
      );
    }
    while (performance.now() - start < 3000) await turn();
    answer!(true);
    await peer.flush();
    assert.equal(atHub.all.length, 41);
    assert.equal(peer.state, "open");
  },
);
