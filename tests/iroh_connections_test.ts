// Connections coming, going, refused and misbehaving, on both bindings.

import assert from "node:assert/strict";
import {
  BufferFullError,
  ClosedError,
  ConnectError,
  ConnectionError,
  createEvent,
  EnvelopeError,
  NotConnectedError,
  PubSubError,
} from "../mod.ts";
import type { Backpressure, HubFault } from "../iroh_hub.ts";
import { createIrohHubEventTarget } from "../iroh_hub.ts";
import type { SpokeStatus } from "../iroh_spoke.ts";
import { createIrohSpokeEventTarget } from "../iroh_spoke.ts";
import { assertFault } from "./_faulty_peers.ts";
import { number0 } from "./_iroh.ts";
import { frameOf, rawAccept, rawConnect, RawPeer } from "./_raw_peer.ts";
import { refusalOf } from "./_refusal.ts";
import { Setting, testOnBindings } from "./_setting.ts";
import { envelopesOn, Log } from "./_waiting.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A promise's rejection, which must come. */
async function rejection(promise: Promise<unknown>): Promise<PubSubError> {
  const error = await promise.then(
    () => assert.fail("It resolved"),
    (error) => error,
  );
  assert(error instanceof PubSubError, String(error));
  return error;
}

/** Why a hub does not take a spoke. */
const refusal = (
  setting: Setting,
  hub: { on: { address: string } },
  alpn?: string,
): Promise<Error> => refusalOf(() => setting.spoke(hub.on, { alpn }));

testOnBindings(
  "bad bytes close their own connection alone",
  async (setting) => {
    const faults = new Log<HubFault>();
    const hub = await setting.hub({ maxFrameBytes: 1000, onError: faults.add });
    const spoke = await setting.spoke(hub.on, { maxFrameBytes: 1000 });
    const atHub = envelopesOn(hub, "still.here");
    const cases: [string, Uint8Array, number, RegExp][] = [
      ["an empty frame", frameOf(bytesOf("")), 1002, /invalid JSON/],
      ["no JSON", frameOf(bytesOf("{nope")), 1002, /invalid JSON/],
      ["an array", frameOf(bytesOf("[1]")), 1002, /not a string/],
      ["null", frameOf(bytesOf("null")), 1002, /not an object/],
      ["no id", frameOf(bytesOf('{"type":"a"}')), 1002, /id undefined/],
      [
        "a type with a colon",
        frameOf(bytesOf('{"type":"a:b","id":"","payload":1}')),
        1002,
        /holds ":"/,
      ],
      [
        "invalid UTF-8",
        frameOf(Uint8Array.from([...bytesOf('{"type":"a'), 0xff])),
        1002,
        /invalid UTF-8/,
      ],
      [
        "a subscription to nothing",
        frameOf(bytesOf('{"type":"__subscribe","id":"","payload":null}')),
        1002,
        /holds no topic/,
      ],
      [
        "a length of 4 GiB",
        frameOf(new Uint8Array(0), 0xFFFFFFFF),
        1009,
        /length 4294967295 is over maxFrameBytes 1000/,
      ],
      [
        "one byte over the limit",
        frameOf(new Uint8Array(0), 1001),
        1009,
        /length 1001 is over maxFrameBytes 1000/,
      ],
    ];
    for (const [name, bytes, code, message] of cases) {
      const peer = await setting.rawPeer(hub.on);
      const send = () => peer.write(bytes);
      await assertFault(peer, faults, send, code, message, name);
    }
    for (const part of [[0, 0], [0, 0, 0, 9, 1, 2]]) {
      const peer = await setting.rawPeer(hub.on);
      const send = async () => {
        await peer.write(Uint8Array.from(part));
        await peer.finish();
      };
      await assertFault(
        peer,
        faults,
        send,
        1002,
        /input ended after 2 of/,
        "part of a frame",
      );
    }
    const polite = await setting.rawPeer(hub.on);
    await polite.send('{"type":"a","id":"","payload":1}');
    await polite.finish();
    assert.match(await polite.closed(), /1000/, "a clean end is no fault");

    spoke.dispatchEvent(createEvent("still.here", "", null));
    await spoke.flush();
    assert.equal(atHub.all.length, 1);
    assert.equal(spoke.state, "open");
  },
);

testOnBindings("a hub that sends rubbish ends the spoke", async (setting) => {
  const endpoint = await setting.endpoint();
  const accepted = RawPeer.accept(endpoint.endpoint);
  const connected = setting.spoke(endpoint);
  const peer = await accepted;
  await peer.nextWith("__ping");
  const spoke = await connected;
  await peer.send("rubbish");
  const error = await spoke.closed;
  assert(error instanceof EnvelopeError);
  assert.equal(spoke.state, "closed");
  assert.match(await peer.closed(), /1002/);
  const dispatch = () => spoke.dispatchEvent(createEvent("a", "", null));
  assert.throws(
    dispatch,
    (thrown) => thrown instanceof ClosedError && thrown.cause === error,
  );
});

testOnBindings(
  "a slow consumer is disconnected, nobody else",
  async (setting) => {
    const pressures = new Log<Backpressure>();
    const ended = new Log<number | undefined>();
    const hub = await setting.hub({
      backpressureLimit: 64 * 1024,
      onBackpressure: pressures.add,
      onDisconnection: (_connection, { code }) => ended.add(code),
    });
    const spoke = await setting.spoke(hub.on);
    const atSpoke = envelopesOn(spoke, "tick");
    const slow = await setting.rawPeer(hub.on);
    await slow.send(
      '{"type":"__subscribe","id":"","payload":{"topic":"tick"}}',
    );
    await Promise.all([slow.flush(), spoke.flush()]);

    // From here on `slow` reads nothing: QUIC's window fills, then the outbox.
    const payload = "x".repeat(16 * 1024);
    let sent = 0;
    while (pressures.all.length === 0) {
      assert(sent < 20_000, "the hub took all for a peer that does not read");
      hub.dispatchEvent(createEvent("tick", "", payload));
      sent++;
      await atSpoke.count(sent);
    }
    hub.dispatchEvent(createEvent("tick", "", payload));
    await atSpoke.count(++sent);
    assert.deepEqual(await ended.count(1), [1013]);
    assert.equal(pressures.all.length, 1, "told once");
    const { connection, bufferedBytes, limit, topic } = pressures.all[0]!;
    assert.equal(limit, 64 * 1024);
    assert.equal(topic, "tick");
    assert(bufferedBytes <= limit && bufferedBytes + payload.length > limit);
    assert(!hub.connections.has(connection));
    assert.equal(hub.connections.size, 1);
    assert.match(await slow.closed(), /slow consumer \(code 1013\)/);
    assert.equal(spoke.state, "open");
  },
);

testOnBindings("authorizeConnection refuses with 1008", async (setting) => {
  const faults = new Log<HubFault>();
  const admitted = await setting.endpoint();
  const came: string[] = [];
  const hub = await setting.hub({
    onError: faults.add,
    onConnection: ({ id }) => came.push(id),
    authorizeConnection: async ({ id, topics }) => {
      assert.equal(topics.size, 0);
      await Promise.resolve();
      if (id !== admitted.nodeId) throw new Error("unknown peer");
      return true;
    },
  });
  const spoke = await setting.spoke(hub.on, { on: admitted });
  const error = await refusal(setting, hub);
  assert(error instanceof ConnectError);
  assert.equal(error.closeCode, 1008);
  assert.match(error.message, /^Cannot connect to hub [0-9a-f]{64} /);
  assert.match(error.message, /connection refused$/);
  assert(error.cause);
  assert.match(String(faults.all[0]!.error), /authorizeConnection refused/);
  assert.match(String((faults.all[0]!.error as Error).cause), /unknown peer/);
  assert.deepEqual([...hub.connections].map(({ id }) => id), [admitted.nodeId]);
  assert.deepEqual(came, [admitted.nodeId]);
  await spoke.flush();
});

testOnBindings(
  "authorizeSubscribe and authorizePublish drop, in order",
  async (setting) => {
    const faults = new Log<string>();
    const hub = await setting.hub({
      onError: ({ error, topic }) => faults.add(`${topic}: ${error}`),
      authorizeSubscribe: async ({ topic }) => {
        await Promise.resolve();
        if (topic === "throws") throw new Error("oops");
        return topic !== "secret";
      },
      authorizePublish: async ({ envelope, connection }) => {
        assert(connection.id);
        if (envelope.id === "1") await new Promise((go) => setTimeout(go));
        return envelope.type !== "secret";
      },
    });
    const spoke = await setting.spoke(hub.on);
    const seen = new Log<string>();
    hub.addEventListener("n", ({ detail }) => seen.add(detail.id));
    hub.addEventListener("secret", () => seen.add("secret"));
    const secret = envelopesOn(spoke, "secret");
    const allowed = envelopesOn(spoke, "allowed");
    envelopesOn(spoke, "throws");
    for (const id of ["0", "1", "2"]) {
      spoke.dispatchEvent(createEvent("n", id, null));
    }
    spoke.dispatchEvent(createEvent("secret", "", null));
    await spoke.flush();
    assert.deepEqual(seen.all, ["0", "1", "2"]);
    hub.dispatchEvent(createEvent("secret", "", null));
    hub.dispatchEvent(createEvent("allowed", "", null));
    await hub.flush();
    assert.deepEqual([secret.all.length, allowed.all.length], [0, 1]);
    assert.deepEqual(faults.all.map((text) => text.split(": ")[0]), [
      "secret",
      "throws",
      "secret",
    ]);
    assert.equal(spoke.state, "open");
  },
);

testOnBindings("limits of a hub close with their codes", async (setting) => {
  const hub = await setting.hub({
    maxConnections: 1,
    maxTopicsPerConnection: 2,
    maxTopicLength: 10,
  });
  const spoke = await setting.spoke(hub.on);
  for (const topic of ["a", "b", "a"]) spoke.addEventListener(topic, () => {});
  await spoke.flush();
  const full = await refusal(setting, hub);
  assert(full instanceof ConnectError);
  assert.equal(full.closeCode, 1013);
  spoke.addEventListener("c", () => {});
  const error = await spoke.closed;
  assert(error instanceof ConnectionError);
  assert.equal(error.closeCode, 1008);
  assert.match(error.message, /over 2 topics/);

  const second = await setting.spoke(hub.on);
  second.addEventListener("ten bytes.", () => {});
  await second.flush();
  second.addEventListener("ünf bytes.", () => {});
  assert.match(String(await second.closed), /1008: a topic is over 10 bytes/);
});

testOnBindings(
  "a hub goes on accepting whatever a peer does",
  async (setting) => {
    const faults = new Log<HubFault>();
    const hub = await setting.hub({
      onError: faults.add,
      handshakeTimeout: 50,
    });
    const wrong = await setting.endpoint({ alpns: ["other/1"] });
    await assert.rejects(
      rawConnect(wrong.endpoint, hub.on.address, "other/1"),
      /known protocol|no_application_protocol|application protocol/i,
    );
    const { endpoint } = await setting.endpoint();
    const mute = await rawConnect(endpoint, hub.on.address);
    assert.match(await mute.closed(), /1002/);
    await faults.find(({ error }) =>
      /it was not ready in 50 ms/.test(String(error))
    );
    const spoke = await setting.spoke(hub.on);
    await spoke.flush();
    assert.equal(hub.connections.size, 1);
  },
);

testOnBindings("two hubs share an endpoint by ALPN", async (setting) => {
  const on = await setting.endpoint({ alpns: ["a/1", "b/1", "c/1"] });
  const a = await setting.hub({ on, alpn: "a/1" });
  const b = await setting.hub({ on, alpn: "b/1" });
  await assert.rejects(
    createIrohHubEventTarget({ endpoint: on.endpoint, alpn: "a/1" }),
    /TypeError: Cannot serve a\/1: another hub serves it/,
  );
  const toB = await setting.spoke(on, { alpn: "b/1" });
  await toB.flush();
  assert.deepEqual([a.connections.size, b.connections.size], [0, 1]);
  const error = await refusal(setting, { on }, "c/1");
  assert.match(error.message, /\(c\/1\): no hub of c\/1 here/);
  await a.close();
  const again = await setting.hub({ on, alpn: "a/1" });
  await setting.spoke(on, { alpn: "a/1" });
  assert.equal(again.connections.size, 1);
});

testOnBindings("close sends what is queued, and is final", async (setting) => {
  const hub = await setting.hub();
  const atHub = envelopesOn(hub, "n");
  const statuses: SpokeStatus[] = [];
  const on = await setting.endpoint();
  const spoke = await setting.spoke(hub.on, {
    on,
    onStatus: (status) => statuses.push(status),
  });
  for (let i = 0; i < 500; i++) {
    spoke.dispatchEvent(createEvent("n", String(i), "x".repeat(100)));
  }
  const closing = spoke.close();
  assert.equal(spoke.close(), closing, "closing twice is closing once");
  assert.throws(
    () => spoke.dispatchEvent(createEvent("n", "", null)),
    { name: "ClosedError", code: "CLOSED" },
  );
  await closing;
  assert.equal(atHub.all.length, 500);
  assert.equal(spoke.state, "closed");
  assert.equal(await spoke.closed, undefined);
  assert.equal((await rejection(spoke.flush())).code, "CLOSED");
  assert.equal((await rejection(spoke.reconnect())).code, "CLOSED");
  assert.deepEqual(statuses.map(({ type }) => type), [
    "connecting",
    "open",
    "closed",
  ]);

  { // The endpoint was left open, and `await using` closes.
    await using second = await setting.spoke(hub.on, { on });
    await second.flush();
    assert.equal(second.state, "open");
  }
  await hub.close();
  await hub.close();
  assert.equal(await hub.closed, undefined);
  assert.throws(
    () => hub.dispatchEvent(createEvent("n", "", null)),
    { name: "ClosedError" },
  );
});

testOnBindings(
  "a hub that closes is come back to, with every topic",
  async (setting) => {
    const on = await setting.endpoint();
    const hub = await setting.hub({ on });
    const statuses = new Log<SpokeStatus>();
    const spoke = await setting.spoke(on, {
      reconnect: { minDelay: 1, maxDelay: 20 },
      onStatus: statuses.add,
    });
    const topics = Array.from({ length: 100 }, (_, i) => `topic:${i}`);
    for (const topic of topics) spoke.addEventListener(topic, () => {});
    const shared = envelopesOn(spoke, "shared");
    await spoke.flush();
    await hub.close();
    const lost = await statuses.find(({ type }) => type === "reconnecting");
    assert(lost.type === "reconnecting");
    assert(lost.error instanceof ConnectionError);
    assert.equal(lost.error.closeCode, 1001);
    assert.equal(lost.attempt, 1);
    assert(lost.delay >= 0 && lost.delay <= 1);

    const first = spoke.dispatchEvent(createEvent("queued", "", 1));
    assert.equal(first, true);
    spoke.addEventListener("added.offline", () => {});
    spoke.removeEventListener("never.added", () => {});
    const again = await setting.hub({ on });
    const queued = envelopesOn(again, "queued");
    await spoke.flush();
    assert.equal(spoke.state, "open");
    const [connection] = again.connections;
    assert.deepEqual(
      [...connection!.topics].sort(),
      [...topics, "shared", "added.offline"].sort(),
    );
    assert.equal(queued.all.length, 1);
    again.dispatchEvent(createEvent("shared", "", null));
    await again.flush();
    assert.equal(shared.all.length, 1);
  },
);

testOnBindings("offline, events queue up to the limit", async (setting) => {
  const on = await setting.endpoint();
  const hub = await setting.hub({ on });
  const options = {
    backpressureLimit: 1000,
    reconnect: { minDelay: 1, maxDelay: 20 },
  };
  const gone = new Log<SpokeStatus>();
  const spoke = await setting.spoke(on, { ...options, onStatus: gone.add });
  const strict = await setting.spoke(on, {
    ...options,
    offline: "throw",
    onStatus: gone.add,
  });
  const once = await setting.spoke(on, { reconnect: false });
  await hub.close();
  const losses = () =>
    gone.all.filter((one) => one.type === "reconnecting" && one.attempt === 1);
  await gone.find(() => losses().length === 2);
  const lost = await once.closed;
  assert(lost instanceof ConnectionError && lost.closeCode === 1001);

  const event = createEvent("n", "", "x".repeat(100));
  const size = JSON.stringify(event.detail).length;
  const fits = Math.floor(1000 / size);
  for (let i = 0; i < fits; i++) spoke.dispatchEvent(event);
  assert.equal(spoke.bufferedBytes, fits * size);
  assert.throws(
    () => spoke.dispatchEvent(event),
    (error) =>
      error instanceof BufferFullError && error.code === "BUFFER_FULL" &&
      error.limit === 1000 && error.bufferedBytes === fits * size,
  );
  assert.throws(
    () => strict.dispatchEvent(event),
    (error) => error instanceof NotConnectedError,
  );
  const again = await setting.hub({ on });
  const queued = envelopesOn(again, "n");
  await spoke.flush();
  assert.equal(queued.all.length, fits);
  assert.equal(spoke.bufferedBytes, 0);
});

testOnBindings("reconnect() connects anew, at once", async (setting) => {
  const ended = new Log<number | undefined>();
  const hub = await setting.hub({
    onDisconnection: (_connection, { code }) => ended.add(code),
  });
  const spoke = await setting.spoke(hub.on, {
    reconnect: { minDelay: 1_000_000, maxDelay: 1_000_000 },
  });
  const log = envelopesOn(spoke, "a");
  await spoke.flush();
  const [before] = hub.connections;
  await spoke.reconnect();
  await spoke.flush();
  assert.deepEqual(await ended.count(1), [1001]);
  const [after] = hub.connections;
  assert.notEqual(after, before);
  hub.dispatchEvent(createEvent("a", "", null));
  await hub.flush();
  assert.equal(log.all.length, 1);
});

testOnBindings(
  "a connection that its hub closes normally ends",
  async (setting) => {
    const hub = await setting.hub();
    const spoke = await setting.spoke(hub.on);
    const [connection] = hub.connections;
    await connection!.close(1000, "thank you");
    assert.equal(await spoke.closed, undefined);
    const second = await setting.spoke(hub.on);
    const [next] = hub.connections;
    await next!.close(1008, "out");
    const error = await second.closed;
    assert(error instanceof ConnectionError);
    assert.equal(
      error.message,
      "Connection closed by peer with code 1008: out",
    );
  },
);

testOnBindings(
  "dialling says whom it could not reach and why",
  async (setting) => {
    const hub = await setting.hub();
    const on = await setting.endpoint();
    const nobody = await number0.createEndpoint();
    await nobody.close();
    const unknown = await rejection(
      setting.spoke({ address: nobody.nodeId }, { on, connectTimeout: 2000 }),
    );
    assert(unknown instanceof ConnectError);
    assert.match(
      unknown.message,
      new RegExp(`^Cannot connect to hub ${nobody.nodeId} `),
    );

    const alpn = await rejection(
      setting.spoke(hub.on, { on, alpn: "other/9" }),
    );
    assert(alpn instanceof ConnectError);
    assert.match(
      alpn.message,
      new RegExp(`^Cannot connect to hub ${hub.on.nodeId} \\(other/9\\): `),
    );
    assert.match(alpn.message, /known protocol/);
    assert(alpn.cause instanceof Error);
    assert(!alpn.message.includes("\n"));

    // Accepts the connection, and never answers on it.
    const silent = await setting.endpoint();
    const accepted = rawAccept(silent.endpoint);
    const doubtful = await setting.spoke(silent, { on, pingTimeout: 50 });
    assert.equal(doubtful.state, "open", "a hub may be too old to answer");
    const connection = await accepted;
    const closed = connection.closed();
    await doubtful.close();
    assert.match(await closed, /1000/);
  },
);

testOnBindings(
  "another hub than the one dialled is refused",
  async (setting) => {
    const hub = await setting.hub();
    const { endpoint } = await setting.endpoint();
    const liar = (await setting.endpoint()).nodeId;
    // TLS makes sure of the id; a binding that did not would be noticed.
    const lying = proxy(endpoint, {
      connect: async (...args: unknown[]) =>
        proxy(await Reflect.apply(endpoint.connect, endpoint, args), {
          remoteNodeId: () => liar,
          remoteId: () => ({ toString: () => liar }),
        }),
    });
    const error = await rejection(
      createIrohSpokeEventTarget({
        endpoint: lying,
        hubNodeId: hub.on.address,
      }),
    );
    assert(error instanceof ConnectError);
    assert.equal(
      error.message,
      `Cannot connect to hub ${hub.on.nodeId} (alkpubsub/1): ${liar} answered`,
    );
    assert.match(String(error.cause), new RegExp(`Expected node id`));
  },
);

/** An object of a binding with some of its methods replaced. */
function proxy<T extends object>(target: T, methods: object): T {
  return new Proxy(target, {
    get(_target, name) {
      if (name in methods) return Reflect.get(methods, name);
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

testOnBindings("an attempt to connect can be given up", async (setting) => {
  const on = await setting.endpoint();
  const deaf = await setting.endpoint(); // Nobody accepts on it.
  const late = await rejection(
    createIrohSpokeEventTarget({
      endpoint: on.endpoint,
      hubNodeId: deaf.address,
      connectTimeout: 30,
    }),
  );
  assert.match(late.message, /^Cannot connect to hub .*: no answer in 30 ms$/);
  assert.equal((late.cause as Error).name, "TimeoutError");

  const hub = await setting.hub();
  const controller = new AbortController();
  const status = new Log<SpokeStatus>();
  const dialling = setting.spoke(hub.on, {
    on,
    alpn: "other/1",
    waitOnFirstConnect: true,
    reconnect: { minDelay: 1, maxDelay: 5 },
    signal: controller.signal,
    onStatus: status.add,
  });
  await status.find((one) => one.type === "reconnecting" && one.attempt > 1);
  controller.abort();
  assert.equal((await rejection(dialling)).code, "CLOSED");
  await assert.rejects(
    setting.spoke(hub.on, { on, signal: AbortSignal.abort() }),
    { name: "AbortError" },
  );
});

testOnBindings(
  "waitOnFirstConnect waits, maxAttempts ends it",
  async (setting) => {
    const on = await setting.endpoint();
    const hub = await setting.hub({ maxConnections: 1 });
    const reconnect = { minDelay: 1, maxDelay: 20 };
    const error = await rejection(
      setting.spoke(hub.on, {
        on,
        alpn: "never/1",
        waitOnFirstConnect: true,
        reconnect: { ...reconnect, maxAttempts: 2 },
      }),
    );
    assert.match(error.message, /^Cannot connect to hub .*\(never\/1\)/);

    const first = await setting.spoke(hub.on);
    const status = new Log<SpokeStatus>();
    const waiting = setting.spoke(hub.on, {
      on,
      waitOnFirstConnect: true,
      reconnect,
      onStatus: status.add,
    });
    await status.find(({ type }) => type === "reconnecting");
    await first.close();
    const second = await waiting;
    await second.flush();
    assert.equal(second.state, "open");
    assert.equal(hub.connections.size, 1);
  },
);

testOnBindings("arguments out of range are refused", async (setting) => {
  const { endpoint, address } = await setting.endpoint();
  const spoke = (options: object) =>
    createIrohSpokeEventTarget({ endpoint, hubNodeId: address, ...options });
  const hub = (options: object) =>
    createIrohHubEventTarget({ endpoint, ...options });
  const cases: [() => Promise<unknown>, string, RegExp][] = [
    [() => spoke({ maxFrameBytes: 0 }), "RangeError", /maxFrameBytes: 0 /],
    [() => spoke({ pingInterval: -1 }), "RangeError", /pingInterval: -1 /],
    [() => spoke({ pingTimeout: NaN }), "RangeError", /pingTimeout: NaN /],
    [
      () => spoke({ backpressureLimit: 1.5 }),
      "RangeError",
      /backpressureLimit: 1.5/,
    ],
    [() => spoke({ connectTimeout: "5" }), "TypeError", /connectTimeout: "5"/],
    [
      () => spoke({ reconnect: { minDelay: -5 } }),
      "RangeError",
      /minDelay: -5 /,
    ],
    [
      () => spoke({ reconnect: { minDelay: 9, maxDelay: 5 } }),
      "RangeError",
      /maxDelay: 5 is not from 9/,
    ],
    [
      () => spoke({ reconnect: { maxAttempts: 0 } }),
      "RangeError",
      /maxAttempts: 0/,
    ],
    [
      () => spoke({ offline: "drop" }),
      "TypeError",
      /offline: "drop" is not one of/,
    ],
    [
      () => spoke({ onStatus: 1 }),
      "TypeError",
      /onStatus: 1 is not a function/,
    ],
    [() => spoke({ hubNodeId: "x" }), "TypeError", /x/],
    [() => spoke({ hubNodeId: 7 }), "TypeError", /hubNodeId: 7 is/],
    [
      () => spoke({ hubNodeId: undefined }),
      "TypeError",
      /hubNodeId: undefined/,
    ],
    [() => spoke({ endpoint: {} }), "TypeError", /Cannot use endpoint/],
    [() => spoke({ endpoint: null }), "TypeError", /Cannot use endpoint/],
    [() => spoke({ alpn: "" }), "TypeError", /Cannot use alpn/],
    [
      () => spoke({ compression: "gzip" }),
      "TypeError",
      /compression: "gzip" is not one of "deflate"/,
    ],
    [
      () => hub({ compression: "deflate", alpn: "x".repeat(250) }),
      "TypeError",
      /Cannot use alpn/,
    ],
    [() => hub({ compression: true }), "TypeError", /compression: true is/],
    [() => hub({ maxConnections: 0 }), "RangeError", /maxConnections: 0 /],
    [() => hub({ maxTopicLength: -1 }), "RangeError", /maxTopicLength: -1 /],
    [() => hub({ onError: "log" }), "TypeError", /onError: "log" is not/],
    [() => hub({ endpoint: undefined }), "TypeError", /Cannot use endpoint/],
  ];
  for (const [call, name, message] of cases) {
    await assert.rejects(call, { name, message });
  }
});

Deno.test({
  name: "@number0/iroh: hubNodeId may be an address, an id or a ticket",
  ignore: number0.unavailable !== undefined,
  async fn() {
    await using setting = new Setting(number0);
    const on = await number0.createEndpoint();
    const hub = await setting.hub({ on });
    const { endpoint } = await number0.createEndpoint();
    for (const hubNodeId of [on.address, on.endpoint.addr()]) {
      const spoke = await createIrohSpokeEventTarget({ endpoint, hubNodeId });
      assert.equal(spoke.remoteNodeId, on.nodeId);
      await spoke.close();
    }
    // An id alone needs discovery, which a closed network lacks.
    const stranger = await number0.createEndpoint();
    for (const hubNodeId of [on.nodeId, on.endpoint.id()]) {
      const error = await rejection(
        createIrohSpokeEventTarget({
          endpoint: stranger.endpoint,
          hubNodeId,
        }),
      );
      assert.match(
        error.message,
        new RegExp(`^Cannot connect to hub ${on.nodeId} .*No address`),
      );
    }
    await hub.close();
    await Promise.all([endpoint.close(), stranger.close(), on.close()]);
  },
});
