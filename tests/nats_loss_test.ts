// The server goes away while events are on their way: what arrives, what is
// counted, and what the target says of it.

import assert from "node:assert/strict";
import { bridge } from "../bridge.ts";
import { BufferFullError, ConnectionError, createEvent } from "../mod.ts";
import { createWebSocketServerEventTarget } from "../websocket_server.ts";
import {
  lostOf,
  type NatsParty,
  type NatsSetting,
  statusesOf,
  testOnNats,
} from "./_nats.ts";
import { assertList } from "./_conformance_wire.ts";
import { TcpProxy } from "./_tcp_proxy.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Resolves once it has told so often that the server is gone. */
async function down({ faults }: NatsParty, times = 1): Promise<void> {
  const downs = () => faults.all.filter(({ lost }) => lost === undefined);
  await faults.find(() => downs().length >= times);
  for (const { error } of downs()) {
    assert(error instanceof ConnectionError);
    assert.equal(error.message, "Connection lost: NATS cannot be reached");
  }
}

/** The numbers that came, in order. */
function numbersOn(party: NatsParty, topic: string): Log<number> {
  const numbers = new Log<number>();
  party.target.addEventListener(
    topic,
    ({ detail }) => numbers.add(detail.payload as number),
  );
  return numbers;
}

const number = (n: number) => createEvent("n", "", n);

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => from + i);

testOnNats(
  "what is dispatched while it is down is sent behind it",
  async (setting) => {
    const [sender, receiver] = [await setting.party(), await setting.party()];
    const heard = numbersOn(receiver, "n");
    await receiver.target.flush();
    await setting.server.kill();
    await Promise.all([down(sender), down(receiver)]);
    for (const n of range(0, 100)) sender.target.dispatchEvent(number(n));
    const isFlushed = sender.target.flush().then(() => true);
    // What comes to be listened on meanwhile is there behind it, too.
    const late = envelopesOn(receiver.target, "late");
    const isListening = receiver.target.flush().then(() => true);
    // What it asked the server is rejected whenever it dials in vain.
    const dials = statusesOf(receiver, "reconnecting");
    const isDialing = dials.count(3).then(() => false);
    assert.equal(
      await Promise.race([isFlushed, isListening, isDialing]),
      false,
    );
    await setting.server.start();
    assert.equal(await isListening, true);
    assert.equal(await isFlushed, true);
    sender.target.dispatchEvent(createEvent("late", "1", null));
    await late.count(1);
    // The sender may have been back before the receiver.
    const from = heard.all[0] ?? 100;
    assert.deepEqual(heard.all, range(from, 100));
    assert.equal(lostOf(sender), 0);
  },
);

testOnNats(
  "outages while it publishes cost nothing: each event comes once, in order",
  async (setting) => {
    // It hears itself: its subscription is back before what it queued leaves.
    const party = await setting.party();
    const { target } = party;
    const heard = numbersOn(party, "n");
    const returns = statusesOf(party, "reconnect");
    await target.flush();
    let sent = 0;
    let isEnding = false;
    const publishing = (async () => {
      while (!isEnding) {
        for (let i = 0; i < 20; i++) target.dispatchEvent(number(sent++));
        await new Promise((resolve) => setTimeout(resolve));
      }
    })();
    for (let round = 1; round <= 5; round++) {
      const before = sent;
      await heard.find((n) => n >= before);
      await setting.server.kill();
      await down(party, round);
      await setting.server.start();
      await returns.count(round);
      const after = sent;
      await heard.find((n) => n >= after);
    }
    isEnding = true;
    await publishing;
    await target.flush();
    await heard.find((n) => n === sent - 1);
    assertList(heard.all, range(0, sent));
    assert.equal(lostOf(party), 0);
  },
);

testOnNats(
  "an answer behind an outage confirms nothing of before",
  async (setting) => {
    // The first dial succeeds: what it asks is answered.
    const connection = await setting.connection({ reconnectTimeWait: 500 });
    const party = await setting.party({ connection });
    const { target } = party;
    const heard = numbersOn(party, "n");
    await target.flush();
    setting.server.pause();
    target.dispatchEvent(number(0));
    // The ping that confirms it is under way.
    for (let i = 0; i < 5; i++) await Promise.resolve();
    for (const n of range(1, 100)) target.dispatchEvent(number(n));
    await setting.server.kill();
    await setting.server.start();
    await target.flush();
    await connection.flush();
    assert.deepEqual(heard.all, range(0, 100));
    assert.equal(lostOf(party), 0);
  },
);

testOnNats(
  "who had an event does not get it again with a new connection",
  async (setting) => {
    const [sender, receiver] = [await setting.party(), await setting.party()];
    const heard = numbersOn(receiver, "n");
    await receiver.target.flush();
    const returns = statusesOf(sender, "reconnect");
    for (let round = 0; round < 5; round++) {
      const [from, to] = [round * 100, round * 100 + 100];
      for (const n of range(from, to)) sender.target.dispatchEvent(number(n));
      // They have come, and their answer has not.
      await heard.find((n) => n === from);
      await sender.connection.reconnect();
      await returns.count(round + 1);
      await sender.target.flush();
      await receiver.connection.flush();
    }
    assert.deepEqual(heard.all, range(0, 500));
    assert.deepEqual(lostOf(sender), 0);
    assert.deepEqual(receiver.faults.all, []);
  },
);

testOnNats(
  "what cannot be sent any more is counted, and told at once",
  async (setting) => {
    const connection = await setting.connection();
    const sender = await setting.party({ connection });
    await sender.target.flush();
    await setting.server.kill();
    await down(sender);
    for (const n of range(0, 100)) sender.target.dispatchEvent(number(n));
    await connection.close();
    assert(await sender.target.closed instanceof ConnectionError);
    const told = await sender.faults.find(({ lost }) => lost !== undefined);
    assert.match(String(told.error), /Cannot publish 100 events: .*NATS/);
    assert.equal(lostOf(sender), 100);
  },
);

testOnNats(
  "too much for a server that does not answer throws at the caller",
  async (setting) => {
    const sender = await setting.party({ backpressureLimit: 100_000 });
    const receiver = await setting.party();
    const heard = envelopesOn(receiver.target, "n");
    await receiver.target.flush();
    const event = createEvent("n", "", "x".repeat(1000));
    setting.server.pause();
    let sent = 0;
    assert.throws(() => {
      for (; sent < 1000; sent++) sender.target.dispatchEvent(event);
    }, (error) => {
      assert(error instanceof BufferFullError);
      assert.equal(error.limit, 100_000);
      return true;
    });
    assert(sent > 90 && sent < 100, String(sent));
    setting.server.resume();
    await sender.target.flush();
    sender.target.dispatchEvent(event);
    await heard.count(sent + 1);
    assert.deepEqual(sender.faults.all, []);
  },
);

testOnNats(
  "a client that is let in and lost again waits for the others all the same",
  async (setting) => {
    await using toA = await TcpProxy.open(setting.server.port);
    await using toB = await TcpProxy.open(setting.server.port);
    const [a, b] = [
      await setting.party({ connection: await connectedBy(toA, setting) }),
      await setting.party({ connection: await connectedBy(toB, setting) }),
    ];
    const hubs = [1, 2].map(() => createWebSocketServerEventTarget());
    const links = [a, b].map(({ target }, i) =>
      bridge({ hub: hubs[i]!, engine: target })
    );
    const heard = numbersOn(b, "n");
    for (const link of links) await link.flush();
    await links[0]!.subscribers("n"); // They know each other.

    const losses = statusesOf(a, "disconnect");
    toA.cutsAfterGreeting = true;
    toB.accepts = false;
    toA.cut();
    toB.cut();
    await losses.count(1);
    console.log(2);
    for (const n of range(0, 5)) hubs[0]!.dispatchEvent(number(n));
    await losses.count(4);
    const raw = await setting.connection();
    const signs = new Log<string>();
    raw.subscribe("alkpubsub.__bridge.all", {
      callback: (_, message) => signs.add(message.string()),
    });
    await raw.flush();
    toA.cutsAfterGreeting = false;
    await signs.find((sign) => sign.includes('"here"'));
    for (let i = 0; i < 3; i++) await raw.flush();
    toB.accepts = true;
    assert.deepEqual(await heard.count(5), range(0, 5));
    for (const link of links) {
      assert.equal(link.lost, 0);
      await link.close();
    }
    for (const hub of hubs) await hub.close();
  },
);

/** Dials again at once. */
function connectedBy({ port }: TcpProxy, setting: NatsSetting) {
  return setting.connection({
    servers: `127.0.0.1:${port}`,
    reconnectJitter: 0,
    ignoreClusterUpdates: true,
    timeout: 500, // It waits for more than the greeting.
  });
}
