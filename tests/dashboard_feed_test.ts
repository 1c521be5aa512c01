// What the feed of a dashboard says of real hubs with real clients.

import assert from "node:assert/strict";
import { FeedLimit, type FeedTopic } from "../_dashboard_feed.ts";
import { joinHubs } from "../cli/_join_hubs.ts";
import { createDashboard } from "../dashboard.ts";
import { createEvent } from "../envelope.ts";
import { testDashboard } from "./_dashboard.ts";
import { envelopesOn } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

testDashboard("says what goes through a hub", async (setting) => {
  const { hub, url } = await setting.watched();
  const watcher = await setting.watcher(url);
  const samples = await watcher.watch("hub.sample");
  const receiver = await setting.client(`${hub.url}/receiver`);
  receiver.addEventListener("message.sent:room-1", () => {});
  await receiver.flush();
  const sender = await setting.client(`${hub.url}/sender`);
  for (let i = 0; i < 10; i++) {
    sender.dispatchEvent(createEvent("message.sent", "room-1", i));
  }
  await sender.flush();

  const sample = await samples.find(({ total }) =>
    total.stats.receivedEvents === 10
  );
  const { total, hubs } = sample;
  assert.equal(total.stats.sentEvents, 10);
  assert.equal(total.stats.connections, 2);
  assert.equal(total.stats.topics, 1);
  assert.deepEqual(hubs, [total]);
  // All that came since the sample before, and no more.
  const eventsIn = samples.all.map(({ span, total }) =>
    total.rates.eventsIn * span / 1000
  );
  assert.equal(Math.round(eventsIn.reduce((a, b) => a + b)), 10);
  const [topic] = sample.topics;
  assert.equal(sample.topics.length, 1);
  assert.equal(topic!.topic, "message.sent:room-1");
  assert.equal(topic!.error, 0);
  assert.equal(topic!.rate, topic!.deliveryRate);
  const ids = sample.connections.map(({ id }) => id).sort();
  assert.deepEqual(ids, ["receiver", "sender"]);
  assert.equal(sample.visited, 2);
});

testDashboard("adds up several hubs", async (setting) => {
  const hubs = [await setting.hub(), await setting.hub()];
  const { url } = setting.dashboard(hubs);
  const samples = await (await setting.watcher(url)).watch("hub.sample");
  await setting.client(`${hubs[0]!.url}/a`);
  await setting.client(`${hubs[1]!.url}/b`);
  await setting.client(`${hubs[1]!.url}/c`);
  const { total, hubs: each, connections } = await samples.find((sample) =>
    sample.total.stats.connections === 3
  );
  assert.deepEqual(each.map(({ stats }) => stats.connections), [1, 2]);
  assert.equal(total.stats.accepted, 3);
  assert.deepEqual(
    connections.map(({ hub, id }) => `${hub} ${id}`).sort(),
    ["0 a", "1 b", "1 c"],
  );
});

testDashboard(
  "counts once what hubs pass on to each other",
  async (setting) => {
    const hubs = [
      await setting.hub({ relay: true }),
      await setting.hub({ relay: true }),
    ] as const;
    joinHubs(hubs, ({ error }) => assert.fail(String(error)));
    const { url } = setting.dashboard(hubs);
    const watcher = await setting.watcher(url);
    const samples = await watcher.watch("hub.sample");
    const [here, there] = [
      await setting.client(hubs[0].url),
      await setting.client(hubs[1].url),
    ];
    const heard = envelopesOn(there, "a");
    await there.flush();
    for (let n = 0; n < 50; n++) here.dispatchEvent(createEvent("a", "1", n));
    await heard.count(50);
    const sample = await samples.find(({ topics }) => topics.length > 0);
    const [{ topic, rate, deliveryRate }] = sample.topics as [FeedTopic];
    assert.equal(topic, "a:1");
    assert.equal(
      deliveryRate / rate,
      1,
      "each was published once, and delivered",
    );
    for (const hub of hubs) assert.equal(hub.stats().faults, 0);
  },
);

testDashboard("has the past for who comes later", async (setting) => {
  const { url } = await setting.watched();
  const first = await setting.watcher(url);
  const samples = await first.watch("hub.sample");
  await samples.count(5);
  const second = await setting.watcher(url);
  const [welcome] = await (await second.watch("hub.welcome", "me")).count(1);
  const { history, last, title, allowPublish, hubs } = welcome!;
  assert.deepEqual({ title, allowPublish, hubs }, {
    title: "hub",
    allowPublish: false,
    hubs: 1,
  });
  assert(history.at.length >= 5, `${history.at.length}`);
  for (const column of Object.values(history)) {
    assert.equal(column.length, history.at.length);
  }
  assert(last.at >= samples.all[4]!.at);
});

testDashboard("has each interval of when nobody watched", async (setting) => {
  const { hub, url } = await setting.watched();
  const sender = await setting.client(`${hub.url}/sender`);
  for (let n = 0; n < 100; n++) sender.dispatchEvent(createEvent("a", "", n));
  await sender.flush();
  for (;;) {
    // To be welcomed is not to watch.
    const guest = await setting.watcher(url);
    const [welcome] = await (await guest.watch("hub.welcome", "me")).count(1);
    await guest.target.close();
    const { at, eventsIn } = welcome!.history;
    if (at.length < 6) continue;
    const spans = at.slice(1).map((ms, i) => ms - at[i]!);
    assert(Math.min(...spans) < 300, `${spans}`);
    // What came at once is not spread over what was silent.
    const busy = eventsIn.filter((rate) => rate > 0);
    assert(busy.length <= 2 && Math.max(...busy) > 100, `${busy}`);
    assert.equal(welcome!.last.total.stats.receivedEvents, 100);
    break;
  }
});

testDashboard("has rates of topics that add up", async (setting) => {
  const { hub, url } = await setting.watched();
  const watcher = await setting.watcher(url);
  const samples = await watcher.watch("hub.sample");
  const sender = await setting.client(`${hub.url}/sender`);
  for (let round = 1; round <= 5; round++) {
    for (let n = 0; n < 20; n++) {
      sender.dispatchEvent(createEvent("a", `${n % 3}`, n));
    }
    await sender.flush();
    await samples.find(({ total }) =>
      total.stats.receivedEvents === 20 * round
    );
  }
  // Then it is silent, and both say so.
  await samples.count(samples.all.length + 1);
  for (const { topics, total, span } of samples.all.slice(1)) {
    const sum = topics.reduce((sum, { rate }) => sum + rate, 0);
    const events = (rate: number) => Math.round(rate * span / 1000);
    assert.equal(events(sum), events(total.rates.eventsIn));
  }
  const { topics, total } = samples.all.at(-1)!;
  assert.equal(total.rates.eventsIn, 0);
  assert.deepEqual(topics.map(({ rate }) => rate), [0, 0, 0]);
});

testDashboard("looks while somebody watches alone", async (setting) => {
  const { hub, url } = await setting.watched();
  const first = await setting.watcher(url);
  await (await first.watch("hub.sample")).count(1);
  await first.target.close();
  hub.dispatchEvent(createEvent("seen.by", "nobody", 1));
  const second = await setting.watcher(url);
  const samples = await second.watch("hub.sample");
  hub.dispatchEvent(createEvent("seen.by", "somebody", 1));
  const { topics } = await samples.find(({ topics }) => topics.length > 0);
  assert.deepEqual(topics.map(({ topic }) => topic), ["seen.by:somebody"]);
});

testDashboard("tells of faults and of slow consumers", async (setting) => {
  const { hub, url } = await setting.watched({}, {
    backpressureLimit: 1000,
    authorizeSubscribe: ({ topic }) => topic !== "secret",
  });
  const faults = await (await setting.watcher(url)).watch("hub.fault");
  const client = await setting.client(`${hub.url}/mallory`);
  client.addEventListener("secret", () => {});
  client.addEventListener("big", () => {});
  await client.flush();
  const error = await faults.find(({ kind }) => kind === "error");
  assert.match(error.message, /^RefusedError: .*authorizeSubscribe refused/);
  assert.equal(error.connection, "mallory");
  assert.equal(error.topic, "secret");
  hub.dispatchEvent(createEvent("big", "", "x".repeat(2000)));
  const slow = await faults.find(({ kind }) => kind === "slow");
  assert.match(slow.message, /the limit is 1000$/);
  assert.equal(slow.connection, "mallory");
  assert.equal(slow.topic, "big");
});

testDashboard("counts the faults that are too many", async (setting) => {
  const { hub, url } = await setting.watched({}, {
    authorizeSubscribe: () => false,
  });
  const watcher = await setting.watcher(url);
  const faults = await watcher.watch("hub.fault");
  const samples = await watcher.watch("hub.sample");
  const client = await setting.client(hub.url);
  const count = 10 * FeedLimit.FAULTS;
  for (let i = 0; i < count; i++) client.addEventListener(`t:${i}`, () => {});
  await client.flush();
  await samples.find(({ total }) => total.stats.faults === count);
  await samples.count(samples.all.length + 1);
  const omitted = samples.all.map(({ omittedFaults }) => omittedFaults);
  assert.equal(
    faults.all.length + omitted.reduce((sum, some) => sum + some),
    count,
  );
  const most = FeedLimit.FAULTS * samples.all.length;
  assert(faults.all.length <= most, `${faults.all.length} over ${most}`);
});

testDashboard("tails a topic, so much of it", async (setting) => {
  const { hub, url } = await setting.watched();
  const watcher = await setting.watcher(url);
  const ofType = await watcher.watch("hub.tail", "message.sent");
  const ofTopic = await watcher.watch("hub.tail", "message.sent:a:b");
  const client = await setting.client(`${hub.url}/alice`);
  client.dispatchEvent(createEvent("message.sent", "a:b", { text: "hello" }));
  await client.flush();
  const [tail] = await ofTopic.count(1);
  assert.deepEqual(tail!.event, {
    hub: 0,
    topic: "message.sent:a:b",
    json: '{"text":"hello"}',
    isCut: false,
    bytes: JSON.stringify({
      type: "message.sent",
      id: "a:b",
      payload: { text: "hello" },
    }).length,
    from: "alice",
    receivers: 0,
  });

  const count = 10 * FeedLimit.TAIL;
  for (let i = 0; i < count; i++) {
    hub.dispatchEvent(createEvent("message.sent", "other", "x".repeat(10_000)));
  }
  const seen = () => ofType.all.filter(({ event }) => event).length;
  const dropped = () => ofType.all.reduce((sum, one) => sum + one.dropped, 0);
  await ofType.find(() => seen() + dropped() === count + 1);
  assert(seen() <= 2 * FeedLimit.TAIL + 1, `${seen()}`);
  const long = ofType.all.find(({ event }) => event?.isCut);
  assert.equal(long!.event!.json.length, FeedLimit.PAYLOAD + 1);
  assert.equal(ofTopic.all.length, 1);
});

testDashboard(
  "has a feed of one size, whatever the hub has",
  async (setting) => {
    const { hub, url } = await setting.watched();
    const watcher = await setting.watcher(url);
    const samples = await watcher.watch("hub.sample");
    // Topics of the worst length and text, all at once.
    const text = "\u0001".repeat(1000);
    for (let i = 0; i < 5000; i++) {
      hub.dispatchEvent(createEvent("noise", `${i} ${text}`, i));
    }
    for (let i = 0; i < 500; i++) {
      hub.dispatchEvent(createEvent("often", "", i));
    }
    const sample = await samples.find(({ topics }) => topics.length > 1);
    assert.equal(sample.topics[0]!.topic, "often");
    assert.equal(sample.topics.length, FeedLimit.TOPICS);
    assert(sample.topics.some(({ isCut }) => isCut));
    const { length } = JSON.stringify(sample);
    assert(length < FeedLimit.FRAME / 2, `${length}`);
  },
);

testDashboard("does not publish unless it may", async (setting) => {
  const { hub, url } = await setting.watched();
  const watcher = await setting.watcher(url);
  const answers = await watcher.watch("hub.published", "me");
  const tail = await watcher.watch("hub.tail", "test.event");
  const event = { hub: 0, type: "test.event", id: "", payload: 1 };
  watcher.target.dispatchEvent(createEvent("hub.publish", "me", event));
  const [answer] = await answers.count(1);
  assert.equal(answer!.error, "TypeError: Cannot publish: allowPublish is off");
  assert.deepEqual(tail.all, []);
  assert.equal(hub.stats().sentEvents, 0);
});

testDashboard("publishes when it may", async (setting) => {
  const { hub, url } = await setting.watched({ allowPublish: true });
  const watcher = await setting.watcher(url);
  const answers = await watcher.watch("hub.published", "me");
  const tail = await watcher.watch("hub.tail", "test.event");
  const send = (event: unknown) =>
    watcher.target.dispatchEvent(
      createEvent("hub.publish", "me", event as never),
    );
  send({ hub: 0, type: "test.event", id: "a", payload: { n: 1 } });
  assert.deepEqual(await answers.count(1), [{}]);
  assert.equal((await tail.count(1))[0]!.event!.json, '{"n":1}');

  send({ hub: 1, type: "test.event", id: "a", payload: 1 });
  send({ hub: 0, type: "__ping", id: "", payload: 1 });
  send({ hub: 0, type: "direct", id: "x" });
  send("nothing");
  send(null);
  const [, noHub, control, direct, text, nothing] = await answers.count(6);
  assert.match(noHub!.error!, /there are 1 hubs, none is 1$/);
  assert.match(control!.error!, /^TypeError: .*__ping/);
  assert.equal(direct!.error, undefined);
  assert.match(text!.error!, /is missing$/);
  assert.match(nothing!.error!, /is missing$/);
  assert.equal(hub.stats().receivedEvents, 0);
});

testDashboard("carries its own topics alone", async (setting) => {
  const { hub, url } = await setting.watched();
  const [watcher, other] = [
    await setting.watcher(url),
    await setting.watcher(url),
  ];
  const samples = await watcher.watch("hub.sample");
  const stolen: unknown[] = [];
  const listen = (topic: string) =>
    (other.target as { addEventListener: EventTarget["addEventListener"] })
      .addEventListener(topic, (event) => stolen.push(event));
  for (const topic of ["hub.welcome", "hub.tail", "hub.publish", "any"]) {
    listen(topic);
  }
  await other.target.flush();
  await watcher.watch("hub.welcome", "me");
  await watcher.watch("hub.tail", "any");
  hub.dispatchEvent(createEvent("any", "", 1));
  // Neither to the hub nor to those who watch goes what one of them makes up.
  other.target.dispatchEvent(
    createEvent("hub.sample", "", samples.all[0]!) as never,
  );
  await other.target.flush();
  const { length } = samples.all;
  await samples.count(length + 2);
  assert.deepEqual(stolen, []);
  const times = samples.all.map(({ at }) => at);
  assert.equal(new Set(times).size, times.length);
});

testDashboard(
  "drops who takes too much, and has them back",
  async (setting) => {
    const { hub, url } = await setting.watched();
    const [greedy, modest] = [
      await setting.watcher(url),
      await setting.watcher(url),
    ];
    const welcomes = await greedy.watch("hub.welcome", "greedy");
    await welcomes.count(1);
    const samples = await modest.watch("hub.sample");
    const topics = Array.from(
      { length: FeedLimit.TAILS - 1 },
      (_, i) => `t${i}`,
    );
    for (const topic of topics) {
      await greedy.watch("hub.tail", topic);
    }
    // More at once than may wait for one of them.
    for (const topic of topics) {
      for (let i = 0; i < FeedLimit.TAIL; i++) {
        hub.dispatchEvent(
          createEvent(topic, "", "x".repeat(FeedLimit.PAYLOAD)),
        );
      }
    }
    await welcomes.count(2);
    // It is open once the feed has answered what comes after its subscriptions.
    await greedy.target.flush();
    assert.equal(greedy.target.stats().reconnects, 1);
    await samples.count(samples.all.length + 2);
    assert.equal(modest.target.stats().reconnects, 0);
  },
);

testDashboard("ends its feed and leaves the hub", async (setting) => {
  const { hub, dashboard, url } = await setting.watched();
  const watcher = await setting.watcher(url);
  await watcher.watch("hub.sample");
  const client = await setting.client(hub.url);
  await Promise.all([dashboard.close(), dashboard.close()]);
  hub.dispatchEvent(createEvent("still.there", "", 1));
  await client.flush();
  assert.equal(client.state, "open");
  assert.equal(watcher.target.state, "reconnecting");
});

testDashboard("says what is wrong with its options", async (setting) => {
  const hub = setting.bareHub();
  assert.throws(() => createDashboard([]), /^TypeError: .*there is none$/);
  assert.throws(
    () => createDashboard({} as never),
    /Cannot use hub: an object was made neither by/,
  );
  const wrong: [object, RegExp][] = [
    [{ token: "" }, /^TypeError: Cannot use token/],
    [{ token: 5 }, /^TypeError: Cannot use token/],
    [{ interval: 99 }, /^RangeError: Cannot use interval: 99/],
    [{ allowPublish: "no" }, /^TypeError: Cannot use allowPublish/],
    [{ title: 5 }, /^TypeError: Cannot use title/],
    [{ upgradeWebSocket: true }, /^TypeError: Cannot use upgradeWebSocket/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => createDashboard(hub, options), message);
  }
  await hub.close();
});
