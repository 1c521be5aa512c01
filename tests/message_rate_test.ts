// What a peer may send in a second.

import assert from "node:assert/strict";
import { MessageRate } from "../_message_rate.ts";
import { createEvent } from "../mod.ts";
import { testOnBindings } from "./_setting.ts";
import { Log } from "./_waiting.ts";
import { testOnServers } from "./_websocket.ts";

Deno.test.sanitizer({ ops: true, resources: true });

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

testOnServers("a client that floods is told 1008", async (setting) => {
  const faults = new Log<string>();
  const ended = new Log<number | undefined>();
  const hub = await setting.hub({
    ...OPTIONS,
    onError: ({ error, connection }) =>
      faults.add(`${connection?.id} ${error}`),
    onDisconnection: (_connection, { code }) => ended.add(code),
  });
  let heard = 0;
  hub.addEventListener("n", () => heard++);
  const other = await setting.client(hub.url);
  const client = await setting.client(`${hub.url}/flood`);
  // Topics do not count.
  for (let i = 0; i < 50; i++) client.addEventListener(`t:${i}`, () => {});
  await client.flush();
  for (let i = 0; i < 1000; i++) client.dispatchEvent(createEvent("n", "", i));
  const failure = await client.closed;
  assert.match(String(failure), /with code 1008: over 20 messages per second/);
  assert.deepEqual(await ended.count(1), [1008]);
  assert.deepEqual(faults.all, [
    "flood RefusedError: Cannot keep connection of flood: over 20 messages per second",
  ]);
  // Some more than 20, if the machine was slow: never all.
  assert(heard < 900, `${heard} events got through`);
  await other.flush();
  assert.equal(other.state, "open");
});

testOnBindings("a spoke that floods is told 1008", async (setting) => {
  const faults = new Log<string>();
  const hub = await setting.hub({
    ...OPTIONS,
    onError: ({ error }) => faults.add(String(error)),
  });
  const other = await setting.spoke(hub.on);
  const spoke = await setting.spoke(hub.on);
  for (let i = 0; i < 50; i++) spoke.addEventListener(`t:${i}`, () => {});
  await spoke.flush();
  for (let i = 0; i < 1000; i++) spoke.dispatchEvent(createEvent("n", "", i));
  const failure = await spoke.closed;
  assert.match(String(failure), /with code 1008: over 20 messages per second/);
  assert.match((await faults.count(1))[0]!, /over 20 messages per second/);
  await other.flush();
  assert.equal(other.state, "open");
});
