// What travels between spokes and a hub, on both bindings.

import assert from "node:assert/strict";
import { createEvent, FrameError } from "../mod.ts";
import { RawPeer } from "./_raw_peer.ts";
import { testOnBindings } from "./_setting.ts";
import { envelopesOn, Log } from "./_waiting.ts";

testOnBindings("an event goes from spoke to hub and back", async (setting) => {
  const hub = await setting.hub();
  const spoke = await setting.spoke(hub.on);
  const atHub = envelopesOn(hub, "message.sent:conv-1");
  const atSpoke = envelopesOn(spoke, "message.sent:conv-1");
  const payload = { text: "grüße 👋 \ud800", deep: [{ a: null }], n: 1.5 };
  await spoke.flush();

  assert.equal(
    spoke.dispatchEvent(createEvent("message.sent", "conv-1", payload)),
    true,
  );
  await spoke.flush();
  const envelope = { type: "message.sent", id: "conv-1", payload };
  assert.deepEqual(atHub.all, [envelope]);
  assert.deepEqual(atSpoke.all, [], "what a spoke sends is not its own");

  hub.dispatchEvent(createEvent("message.sent", "conv-1", payload));
  await hub.flush();
  assert.deepEqual(atSpoke.all, [envelope]);
  assert.equal(atHub.all.length, 1, "what a hub sends is not its own");
});

testOnBindings("listening on a type gets every id, once", async (setting) => {
  const hub = await setting.hub();
  const spoke = await setting.spoke(hub.on);
  const log = new Log<string>();
  for (const topic of ["job.done", "job.done:7", "job.done:8"]) {
    spoke.addEventListener(topic, (event) => {
      assert.equal(event.type, topic);
      log.add(`${event.type} ${event.detail.id}`);
    });
  }
  await spoke.flush();
  for (const id of ["7", "8", "9", ""]) {
    hub.dispatchEvent(createEvent("job.done", id, null));
  }
  hub.dispatchEvent(createEvent("job.failed", "7", null));
  await hub.flush();
  assert.deepEqual(log.all, [
    "job.done:7 7",
    "job.done 7",
    "job.done:8 8",
    "job.done 8",
    "job.done 9",
    "job.done ",
  ]);
});

testOnBindings("events keep their order, both ways", async (setting) => {
  const hub = await setting.hub();
  const spoke = await setting.spoke(hub.on);
  const atHub = envelopesOn(hub, "n");
  const atSpoke = envelopesOn(spoke, "n");
  await spoke.flush();
  const numbers = Array.from({ length: 3000 }, (_, i) => String(i));
  for (const n of numbers) {
    spoke.dispatchEvent(createEvent("n", n, null));
    hub.dispatchEvent(createEvent("n", n, null));
  }
  await Promise.all([spoke.flush(), hub.flush()]);
  assert.deepEqual(atHub.all.map(({ id }) => id), numbers);
  assert.deepEqual(atSpoke.all.map(({ id }) => id), numbers);
});

testOnBindings(
  "an event as large as maxFrameBytes travels, one byte more throws",
  async (setting) => {
    const hub = await setting.hub();
    const spoke = await setting.spoke(hub.on);
    const atHub = envelopesOn(hub, "big");
    const frame = (length: number) => {
      const empty = JSON.stringify({ type: "big", id: "", payload: "" });
      return createEvent("big", "", "x".repeat(length - empty.length));
    };
    const limit = 1024 * 1024;
    spoke.dispatchEvent(frame(limit));
    await atHub.count(1);
    for (const target of [spoke, hub]) {
      assert.throws(
        () => target.dispatchEvent(frame(limit + 1)),
        (error) =>
          error instanceof FrameError && error.code === "FRAME_TOO_LARGE" &&
          error.message ===
            "Cannot encode frame: length 1048577 is over maxFrameBytes 1048576",
      );
    }
    // The other way: no more than fits the hub's limit of one connection.
    const atSpoke = envelopesOn(spoke, "big");
    await spoke.flush();
    hub.dispatchEvent(frame(limit));
    await atSpoke.count(1);
  },
);

testOnBindings("what cannot be sent throws at the caller", async (setting) => {
  const hub = await setting.hub();
  const spoke = await setting.spoke(hub.on);
  const event = (detail: unknown) =>
    new CustomEvent("x", { detail }) as ReturnType<typeof createEvent>;
  const faults: [unknown, RegExp][] = [
    [{ type: "", id: "", payload: 1 }, /type is empty/],
    [{ type: "a:b", id: "", payload: 1 }, /type "a:b" holds ":"/],
    [{ type: "__ping", id: "", payload: 1 }, /type "__ping" starts with "__"/],
    [{ type: "a", payload: 1 }, /id undefined is not a string/],
    [{ type: "a", id: "", payload: 1n }, /BigInt/],
    [null, /object is not an object|null is not an object/],
  ];
  for (const [detail, message] of faults) {
    for (const target of [spoke, hub]) {
      assert.throws(() => target.dispatchEvent(event(detail)), {
        name: "TypeError",
        message,
      });
    }
  }
  await spoke.flush();
  assert.equal(hub.connections.size, 1);
});

testOnBindings("relay goes to the others as it came in", async (setting) => {
  const hub = await setting.hub({ relay: true });
  const [alice, bob] = [
    await setting.spoke(hub.on),
    await setting.spoke(hub.on),
  ];
  const atAlice = envelopesOn(alice, "chat");
  const atBob = envelopesOn(bob, "chat:room");
  const raw = await setting.rawPeer(hub.on);
  const subscribe = (topic: string) =>
    raw.send(`{"type":"__subscribe","id":"","payload":{"topic":"${topic}"}}`);
  await subscribe("chat");
  await subscribe("chat:room");
  await Promise.all([alice.flush(), bob.flush(), raw.flush()]);

  alice.dispatchEvent(createEvent("chat", "room", "from alice"));
  assert.match(await raw.nextWith("from alice"), /^{"type":"chat"/);
  await Promise.all([atBob.count(1), alice.flush()]);
  assert.equal(atAlice.all.length, 0, "never back to the sender");

  const odd =
    `{ "payload" : "from raw",  "id":"room","type":"chat", "x":[1.0] }`;
  const second = await setting.rawPeer(hub.on);
  await second.send(odd);
  assert.equal(await raw.nextWith("from raw"), odd);
  await Promise.all([atBob.count(2), atAlice.count(1)]);
});

testOnBindings(
  "without relay spokes do not hear each other",
  async (setting) => {
    const hub = await setting.hub();
    const [alice, bob] = [
      await setting.spoke(hub.on),
      await setting.spoke(hub.on),
    ];
    const atHub = envelopesOn(hub, "chat");
    const atBob = envelopesOn(bob, "chat");
    await bob.flush();
    alice.dispatchEvent(createEvent("chat", "", "hello"));
    await alice.flush();
    await hub.flush();
    assert.equal(atHub.all.length, 1);
    assert.equal(atBob.all.length, 0);
  },
);

testOnBindings("direct: reaches one peer alone", async (setting) => {
  const refused = new Log<string>();
  const hub = await setting.hub({
    relay: true,
    onError: ({ error, topic }) => refused.add(`${topic} ${error}`),
  });
  const [on, other] = [await setting.endpoint(), await setting.endpoint()];
  const alice = await setting.spoke(hub.on, { on });
  const bob = await setting.spoke(hub.on, { on: other });
  const atAlice = envelopesOn(alice, `direct:${on.nodeId}`);
  const stolen = envelopesOn(bob, `direct:${on.nodeId}`);
  const all = envelopesOn(bob, "direct");
  await Promise.all([alice.flush(), bob.flush()]);

  hub.dispatchEvent(createEvent("direct", on.nodeId, "from the hub"));
  bob.dispatchEvent(createEvent("direct", on.nodeId, "from bob"));
  await bob.flush();
  await hub.flush();
  assert.deepEqual(atAlice.all.map(({ payload }) => payload), [
    "from the hub",
    "from bob",
  ]);
  assert.deepEqual([...stolen.all, ...all.all], []);
  assert.deepEqual(
    refused.all.map((text) => text.replace(/ Refused.*: /, " ")),
    [
      `direct:${on.nodeId} it addresses another peer`,
      "direct it addresses another peer",
    ],
  );
});

testOnBindings("the hub knows its spokes' topics exactly", async (setting) => {
  const hub = await setting.hub();
  const errors: unknown[] = [];
  const spoke = await setting.spoke(hub.on, {
    onStatus: (status) => {
      if (status.type === "error") errors.push(status.error);
    },
  });
  const topics = async () => {
    await spoke.flush();
    const [connection] = hub.connections;
    return [...connection!.topics].join(" ");
  };
  const send = async () => {
    hub.dispatchEvent(createEvent("a", "", null));
    await hub.flush();
  };
  const calls: string[] = [];
  const listener = () => calls.push("function");
  const object = {
    name: "object",
    handleEvent() {
      calls.push(this.name);
    },
  };
  assert.equal(await topics(), "");

  spoke.addEventListener("a", listener);
  spoke.addEventListener("a", listener);
  spoke.addEventListener("a", object);
  spoke.addEventListener("a", null);
  assert.equal(await topics(), "a");
  await send();
  assert.deepEqual(calls, ["function", "object"], "a duplicate counts once");
  spoke.removeEventListener("a", () => {});
  spoke.removeEventListener("never", listener);
  spoke.removeEventListener("a", listener);
  assert.equal(await topics(), "a");
  spoke.addEventListener("a", object, true);
  spoke.removeEventListener("a", object);
  assert.equal(await topics(), "a", "capture is another listener");
  spoke.removeEventListener("a", object, { capture: true });
  assert.equal(await topics(), "");

  spoke.addEventListener("a", listener, { once: true });
  assert.equal(await topics(), "a");
  await send();
  assert.equal(await topics(), "", "once counts down when it fires");

  const controller = new AbortController();
  spoke.addEventListener("a", listener, { signal: controller.signal });
  assert.equal(await topics(), "a");
  controller.abort();
  assert.equal(await topics(), "", "abort counts down");
  spoke.addEventListener("a", listener, { signal: controller.signal });
  assert.equal(await topics(), "", "an aborted signal never counts");

  calls.length = 0;
  const broken = new Error("a listener broke");
  spoke.addEventListener("a", () => {
    throw broken;
  });
  spoke.addEventListener("a", listener);
  await spoke.flush();
  await send();
  assert.deepEqual(calls, ["function"], "a throwing listener stops no other");
  assert.deepEqual(errors, [broken]);

  spoke.addEventListener("__ping", listener);
  spoke.addEventListener("", listener);
  assert.equal(
    await topics(),
    "a",
    "what cannot be published is not forwarded",
  );
});

testOnBindings("control events have the designed bytes", async (setting) => {
  const endpoint = await setting.endpoint();
  const accepted = RawPeer.accept(endpoint.endpoint);
  const connected = setting.spoke(endpoint);
  const peer = await accepted;
  const hello = await peer.nextWith("__ping");
  assert.equal(hello, '{"type":"__ping","id":"1","payload":null}');
  const spoke = await connected;
  const listener = () => {};
  const second = () => {};
  spoke.addEventListener("message.sent:conv-123", listener);
  spoke.addEventListener("message.sent:conv-123", second);
  spoke.removeEventListener("message.sent:conv-123", listener);
  spoke.removeEventListener("message.sent:conv-123", second);
  spoke.dispatchEvent(createEvent("job.done", "", { n: 1 }));
  assert.deepEqual(
    [await peer.next(), await peer.next(), await peer.next()],
    [
      '{"type":"__subscribe","id":"","payload":{"topic":"message.sent:conv-123"}}',
      '{"type":"__unsubscribe","id":"","payload":{"topic":"message.sent:conv-123"}}',
      '{"type":"job.done","id":"","payload":{"n":1}}',
    ],
  );
  await peer.send('{"type":"__ping","id":"any id","payload":null}');
  await peer.send('{"type":"__newer","id":"","payload":{}}');
  assert.equal(
    await peer.next(),
    '{"type":"__pong","id":"any id","payload":null}',
  );
  const closed = spoke.close();
  await peer.nextWith("__ping");
  await closed;
  assert.match(await peer.closed(), /1000/);
});
