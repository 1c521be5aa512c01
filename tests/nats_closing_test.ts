// The end of a target of NATS, and of the connection under it.

import assert from "node:assert/strict";
import { ClosedError, ConnectionError, createEvent } from "../mod.ts";
import { createNatsEventTarget } from "../nats.ts";
import { lostOf, statusesOf, testOnNats } from "./_nats.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const event = createEvent("n", "", null);

testOnNats(
  "close leaves the connection and other targets on it alone",
  async (setting) => {
    const connection = await setting.connection();
    const one = await setting.party({ connection });
    const other = await setting.party({ connection });
    const [heard, byOther] = [one, other].map(({ target }) =>
      envelopesOn(target, "n")
    );
    await Promise.all([one.target.flush(), other.target.flush()]);
    one.target.dispatchEvent(event);
    await one.target.close();
    assert.equal(await one.target.closed, undefined);
    assert.deepEqual(await setting.subscriptions(), ["alkpubsub.n.*"]);
    await assert.rejects(one.target.flush(), ClosedError);

    assert.equal(connection.isClosed(), false);
    const raw = new Log<string>();
    connection.subscribe("raw", {
      callback: (_, message) => raw.add(message.string()),
    });
    connection.publish("raw", "text");
    await raw.count(1);
    other.target.dispatchEvent(event);
    await byOther!.count(2);
    assert(heard!.all.length <= 1, "after close");
    assert.deepEqual([...one.faults.all, ...other.faults.all], []);
  },
);

testOnNats("its signal closes a target", async (setting) => {
  const controller = new AbortController();
  const { target, connection } = await setting.party({
    signal: controller.signal,
  });
  envelopesOn(target, "n");
  await target.flush();
  controller.abort();
  assert.throws(() => target.dispatchEvent(event), ClosedError);
  assert.equal(await target.closed, undefined);
  assert.deepEqual(await setting.subscriptions(), []);
  assert.equal(connection.isClosed(), false);
});

testOnNats(
  "a connection that its owner closes ends the target",
  async (setting) => {
    const party = await setting.party();
    const { target, faults, connection } = party;
    envelopesOn(target, "n");
    await target.flush();
    target.dispatchEvent(event);
    const flushed = target.flush().catch((error) => error);
    await connection.close();
    // The server may have answered, and may not.
    const outcome = await flushed;
    if (outcome !== undefined) assert(outcome instanceof ClosedError);
    const error = await target.closed;
    assert(error instanceof ConnectionError);
    assert.equal(error.message, "Connection lost: NATS: it was closed");
    assert.throws(() => target.dispatchEvent(event), (thrown) => {
      assert(thrown instanceof ClosedError);
      assert.equal(thrown.cause, error);
      return true;
    });
    await assert.rejects(target.flush(), ClosedError);
    assert.throws(() => target.addEventListener("late", () => {}), ClosedError);
    assert.equal(faults.all.filter((one) => one.error === error).length, 1);
    assert(lostOf(party) <= 1);
    await target.close();
    assert.equal(await target.closed, error);
  },
);

testOnNats(
  "a connection that gives up ends the target, with why",
  async (setting) => {
    const connection = await setting.connection({ maxReconnectAttempts: 2 });
    const party = await setting.party({ connection });
    const { target, faults } = party;
    await target.flush();
    await setting.server.kill();
    await faults.count(1);
    for (let i = 0; i < 10; i++) target.dispatchEvent(event);
    await assert.rejects(target.flush(), ClosedError);
    const error = await target.closed;
    assert(error instanceof ConnectionError);
    assert.match(error.message, /^Connection lost: NATS: .*refused/);
    await faults.find(({ lost }) => lost !== undefined);
    assert.equal(lostOf(party), 10);
  },
);

testOnNats(
  "on a connection that is closed already it ends at once",
  async (setting) => {
    const connection = await setting.connection();
    await connection.close();
    const target = createNatsEventTarget({ connection });
    assert((await target.closed) instanceof ConnectionError);
    assert.throws(() => target.dispatchEvent(event), ClosedError);
  },
);

testOnNats(
  "close while the server is down does not wait for subscriptions",
  async (setting) => {
    const party = await setting.party();
    const { target, faults } = party;
    envelopesOn(target, "before");
    await target.flush();
    await setting.server.kill();
    await faults.count(1);
    envelopesOn(target, "meanwhile");
    await target.close();
    assert.equal(await target.closed, undefined);
    assert.equal(faults.all.length, 1);
    const returns = statusesOf(party, "reconnect");
    await setting.server.start();
    await returns.count(1);
    await party.connection.flush();
    assert.deepEqual(await setting.subscriptions(), []);
  },
);

testOnNats(
  "a flush that close() overtakes says what was done",
  async (setting) => {
    const { target } = await setting.party();
    target.dispatchEvent(event);
    const flushed = target.flush();
    await target.close();
    await flushed;
  },
);
