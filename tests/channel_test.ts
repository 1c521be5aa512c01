import assert from "node:assert/strict";
import { HubChannel, type HubChannelHandlers } from "../_hub_channel.ts";
import { deferred } from "../_deferred.ts";
import { jsonCodec } from "../_json_codec.ts";
import type { HubLink, LinkClosed, LinkHandlers } from "../_link.ts";
import { Traffic } from "../_traffic.ts";
import type { EventEnvelope } from "../envelope.ts";
import { FrameError } from "../errors.ts";
import { Log } from "./_waiting.ts";

// Off by default in Deno 2.9; without them a timer left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

const codec = jsonCodec(1024 * 1024);
const encode = (envelope: unknown) =>
  codec.encode(envelope as EventEnvelope).slice();
const eventOf = (id: string): EventEnvelope => ({
  type: "job.done",
  id,
  payload: null,
});
const pingOf = (id: string) => ({ type: "__ping", id, payload: null });
const pongOf = (id: string) => ({ type: "__pong", id, payload: null });

/** One turn of the event loop: what is in memory moves on microtasks alone. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/**
 * A link whose other end is the test, to do what real transports do only when
 * something breaks.
 */
class FaultyLink implements HubLink<Uint8Array> {
  readonly remoteId = "peer";
  readonly traffic = new Traffic();
  /** What the channel sent and the test's end has got. */
  readonly got = new Log<EventEnvelope>();
  readonly #closed = deferred<LinkClosed>();
  readonly #inbox: Uint8Array[] = [];
  readonly #outbox: Uint8Array[] = [];
  #isClosed = false;
  #receiving = false;
  #handlers: LinkHandlers<Uint8Array> | undefined;
  /** Nothing that is sent leaves any more. */
  stalled = false;
  takenBytes = 0;

  get bufferedBytes(): number {
    return this.#outbox.reduce((sum, { length }) => sum + length, 0);
  }

  hasRoom(bytes: number, limit: number): boolean {
    return this.bufferedBytes + bytes <= limit;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get closed(): Promise<LinkClosed> {
    return this.#closed.promise;
  }

  open(handlers: LinkHandlers<Uint8Array>): void {
    this.#handlers = handlers;
    void this.#receive();
  }

  send(message: Uint8Array): void {
    if (this.#isClosed) return;
    this.#outbox.push(message.slice());
    if (this.stalled) return;
    for (const sent of this.#outbox.splice(0)) {
      this.takenBytes += sent.length;
      this.got.add(codec.decode(sent));
    }
  }

  close(code: number, reason: string): void {
    this.end({ code, reason, byPeer: false });
  }

  unsent(): Uint8Array[] {
    return [...this.#outbox];
  }

  end(closed: LinkClosed): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closed.resolve(closed);
  }

  /** The peer sends these. */
  say(...envelopes: unknown[]): void {
    this.sayBytes(...envelopes.map(encode));
  }

  sayBytes(...messages: Uint8Array[]): void {
    this.#inbox.push(...messages);
    void this.#receive();
  }

  /** The peer sends a part of a message. */
  sayPart(): void {
    this.#handlers!.onBytes();
  }

  /** The framing breaks. */
  breakFraming(error: Error): void {
    this.#handlers!.onFault(error);
  }

  async #receive(): Promise<void> {
    if (this.#receiving || !this.#handlers) return;
    this.#receiving = true;
    while (this.#inbox.length > 0) {
      this.#handlers.onBytes();
      const pending = this.#handlers.onMessage(this.#inbox.shift()!);
      if (pending) await pending;
    }
    this.#receiving = false;
  }
}

const OPTIONS = {
  pingInterval: 0,
  pingTimeout: 10_000,
  backpressureLimit: 1024 * 1024,
  maxMessagesPerSecond: Infinity,
  maxTopicsPerConnection: 10_000,
};
const IMPATIENT = { pingInterval: 20, pingTimeout: 20 };

/** A channel, its link, and what its owner is told. */
class Scene {
  readonly link = new FaultyLink();
  readonly told = new Log<string>();
  readonly faults = new Log<Error>();
  readonly channel: HubChannel<Uint8Array>;

  constructor(
    options?: Partial<typeof OPTIONS>,
    handlers?: Partial<HubChannelHandlers<Uint8Array>>,
  ) {
    this.channel = new HubChannel(
      this.link,
      codec,
      { ...OPTIONS, ...options },
      {
        onEvent: ({ type, id }) => this.told.add(`event ${type} ${id}`),
        onSubscribe: (topic) => this.told.add(`+${topic}`),
        onUnsubscribe: (topic) => this.told.add(`-${topic}`),
        onPing() {},
        onOverflow: (bufferedBytes, topic) =>
          this.told.add(`overflow ${bufferedBytes} ${topic}`),
        onFlood: () => this.told.add("flood"),
        onFault: (error) => this.faults.add(error),
        onClosed() {},
        ...handlers,
      },
    );
  }

  get got(): string[] {
    return this.link.got.all.map(({ type, id }) => `${type} ${id}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.channel.abort(1000, "test over");
    await this.channel.closed;
  }
}

/** Answers every ping for as long as the link lives. */
async function answerPings(link: FaultyLink, count: number): Promise<void> {
  const isPing = ({ type }: EventEnvelope) => type === "__ping";
  for (let answered = 0; answered < count; answered++) {
    await link.got.find(() => link.got.all.filter(isPing).length > answered);
    link.say(pongOf(link.got.all.filter(isPing)[answered]!.id));
  }
}

Deno.test("Channel hands events over with the message as it came in", async () => {
  const seen: [EventEnvelope, Uint8Array][] = [];
  await using scene = new Scene({}, {
    onEvent: (envelope, message) => void seen.push([envelope, message]),
  });
  const message = encode(eventOf("1"));
  scene.link.sayBytes(message);
  await settled();
  assert.equal(seen.length, 1);
  assert.deepEqual(seen[0]![0], eventOf("1"));
  assert.equal(seen[0]![1], message);
});

Deno.test("Channel tells of subscribing and unsubscribing", async () => {
  await using scene = new Scene();
  scene.link.say(
    { type: "__subscribe", id: "", payload: { topic: "a:1" } },
    { type: "__subscribe", id: "", payload: { topic: "a:1", later: 1 } },
    { type: "__unsubscribe", id: "", payload: { topic: "a:1" } },
  );
  await settled();
  assert.deepEqual(scene.told.all, ["+a:1", "+a:1", "-a:1"]);
  assert.deepEqual(scene.faults.all, []);
});

Deno.test("Channel answers a ping with its id", async () => {
  await using scene = new Scene();
  for (const id of ["1", "", "é:😀", "x".repeat(1000)]) {
    scene.link.say(pingOf(id));
  }
  await settled();
  assert.deepEqual(
    scene.link.got.all,
    ["1", "", "é:😀", "x".repeat(1000)].map(pongOf),
  );
});

Deno.test("Channel answers a ping after the events before it, however long they take", async () => {
  const gates = [deferred<void>(), deferred<void>()];
  await using scene = new Scene({}, {
    async onEvent({ id }) {
      await gates[Number(id)]!.promise;
      scene.channel.send(encode(eventOf(`answer ${id}`)));
    },
  });
  scene.link.say(eventOf("0"), eventOf("1"), pingOf("42"));
  await settled();
  assert.deepEqual(scene.got, []);
  gates[1]!.resolve();
  await settled();
  assert.deepEqual(scene.got, [], "the first one still takes its time");
  gates[0]!.resolve();
  await scene.link.got.count(3);
  assert.deepEqual(scene.got, [
    "job.done answer 0",
    "job.done answer 1",
    "__pong 42",
  ]);
});

Deno.test("Channel answers a ping after the subscription before it, however long it takes", async () => {
  const gate = deferred<void>();
  await using scene = new Scene({}, { onSubscribe: () => gate.promise });
  scene.link.say(
    { type: "__subscribe", id: "", payload: { topic: "a" } },
    pingOf("1"),
  );
  await settled();
  assert.deepEqual(scene.got, []);
  gate.resolve();
  await scene.link.got.count(1);
  assert.deepEqual(scene.got, ["__pong 1"]);
});

Deno.test("Channel ignores control types that it does not know", async () => {
  await using scene = new Scene();
  scene.link.say(
    { type: "__future", id: "1", payload: { topic: 5 } },
    { type: "__", id: "", payload: null },
    { type: "__subscribe2", id: "" },
    { type: "__v2:ping", id: "" },
    pongOf("never asked"),
    eventOf("1"),
  );
  await settled();
  assert.deepEqual(scene.told.all, ["event job.done 1"]);
  assert.deepEqual([scene.got, scene.faults.all], [[], []]);
  assert.equal(scene.channel.isClosed, false);
});

for (const type of ["__subscribe", "__unsubscribe"]) {
  Deno.test(`Channel closes with 1002 on ${type} without a topic`, async () => {
    const payloads = [
      undefined,
      null,
      5,
      "a",
      [],
      {},
      { topic: 5 },
      {
        topic: "",
      },
      { topic: null },
      { topic: ["a"] },
    ];
    for (const payload of payloads) {
      await using scene = new Scene();
      scene.link.say({ type, id: "", payload }, eventOf("too late"));
      assert.deepEqual(await scene.channel.closed, {
        code: 1002,
        reason: `Cannot decode envelope: the payload of ${type} holds no topic`,
        byPeer: false,
      });
      await settled();
      assert.deepEqual(scene.told.all, []);
      assert.deepEqual(scene.faults.all.map(({ name }) => name), [
        "EnvelopeError",
      ]);
    }
  });
}

Deno.test("Channel closes with 1002 on what is no envelope, and hears nothing more", async () => {
  const bad = ["", "{", "7", "{}", '{"type":"a:b","id":""}', "\uFEFF{}"]
    .map((text) => new TextEncoder().encode(text));
  for (const message of [...bad, new Uint8Array([0xFF])]) {
    await using scene = new Scene();
    scene.link.sayBytes(
      encode(eventOf("1")),
      message,
      encode(eventOf("2")),
      encode(pingOf("3")),
    );
    const { code, byPeer } = await scene.channel.closed;
    await settled();
    assert.deepEqual([code, byPeer], [1002, false]);
    assert.deepEqual(scene.told.all, ["event job.done 1"]);
    assert.deepEqual(scene.got, []);
    assert.equal(scene.faults.all.length, 1);
    assert.equal(scene.faults.all[0]!.name, "EnvelopeError");
  }
});

Deno.test("Channel closes with 1009 on a frame too large and with 1002 on one cut short", async () => {
  for (
    const [fault, expected] of [
      ["FRAME_TOO_LARGE", 1009],
      ["FRAME_TRUNCATED", 1002],
    ] as const
  ) {
    await using scene = new Scene();
    const error = new FrameError(fault, "Cannot decode frame: so it is");
    scene.link.breakFraming(error);
    const { code, reason } = await scene.channel.closed;
    assert.deepEqual([code, reason], [expected, error.message]);
    assert.deepEqual(scene.faults.all, [error]);
    scene.link.breakFraming(error);
    assert.deepEqual(scene.faults.all, [error], "told once");
  }
});

Deno.test("Channel takes a handler that rejects for a fault", async () => {
  const error = new RangeError("not allowed");
  await using scene = new Scene({}, { onEvent: () => Promise.reject(error) });
  scene.link.say(eventOf("1"));
  const { code } = await scene.channel.closed;
  assert.equal(code, 1002);
  assert.deepEqual(scene.faults.all, [error]);
});

// Liveness

Deno.test("Channel pings an idle peer and gives up on one that stays silent", async () => {
  await using scene = new Scene(IMPATIENT);
  const started = performance.now();
  const error = await scene.faults.find(() => true);
  assert.equal(error.name, "ConnectionError");
  assert.equal((error as { code?: string }).code, "PING_TIMEOUT");
  assert.match(
    error.message,
    /^Cannot reach peer: it has been silent for \d+ ms$/,
  );
  assert.deepEqual(scene.got, ["__ping "], "asked once, before it gave up");
  // A timer may fire a millisecond early, never more.
  assert.ok(performance.now() - started >= 38);
  assert.deepEqual(await scene.channel.closed, {
    code: 1001,
    reason: "ping timeout",
    byPeer: false,
  });
});

Deno.test("Channel keeps a peer that answers", async () => {
  await using scene = new Scene(IMPATIENT);
  await answerPings(scene.link, 5);
  assert.deepEqual(scene.faults.all, []);
  assert.equal(scene.channel.isClosed, false);
});

Deno.test("Channel keeps a peer that answers where the clock is coarse", async () => {
  // As in browsers that resist fingerprinting: the answer comes in the same
  // tick of the clock as the ping.
  const { now } = performance;
  performance.now = () => Math.floor(now.call(performance) / 100) * 100;
  try {
    await using scene = new Scene(IMPATIENT);
    const answers = answerPings(scene.link, 5);
    const outcome = await Promise.race([
      answers.then(() => "alive"),
      scene.faults.find(() => true).then(String),
    ]);
    assert.equal(outcome, "alive");
  } finally {
    performance.now = now;
  }
});

Deno.test("Channel takes any inbound byte for life", async () => {
  await using scene = new Scene(IMPATIENT);
  for (let pings = 1; pings <= 4; pings++) {
    await scene.link.got.count(pings);
    scene.link.sayPart();
  }
  assert.deepEqual(scene.faults.all, []);
  assert.equal(scene.channel.isClosed, false);
});

Deno.test("Channel times a peer that sends by itself, and waits for no answer", async () => {
  await using scene = new Scene({ pingInterval: 60, pingTimeout: 20 });
  const done = deferred<void>();
  let parts = 0;
  const timer = setInterval(() => {
    scene.link.sayPart();
    if (++parts === 60) done.resolve();
  }, 3);
  await done.promise;
  clearInterval(timer);
  assert.deepEqual(scene.faults.all, []);
  const pings = scene.link.got.all;
  assert(pings.length > 0 && pings.length <= parts / 10, `${pings.length}`);
  assert(pings.every(({ type }) => type === "__ping"));
});

Deno.test("Channel does not take its own handler's time for silence of the peer", async () => {
  const gate = deferred<void>();
  await using scene = new Scene(IMPATIENT, { onEvent: () => gate.promise });
  scene.link.say(eventOf("1"));
  await scene.link.got.count(4);
  assert.deepEqual(scene.faults.all, []);
  gate.resolve();
  const { code } = await scene.faults.find(() => true) as { code?: string };
  assert.equal(code, "PING_TIMEOUT", "silent when there is no handler");
});

Deno.test("Channel does not take a blocked event loop for silence of the peer", async () => {
  await using scene = new Scene(IMPATIENT);
  await scene.link.got.count(1);
  const until = performance.now() + 100;
  while (performance.now() < until);
  await scene.link.got.count(2);
  assert.deepEqual(scene.faults.all, [], "asked once more first");
  scene.link.sayPart();
});

Deno.test("Channel leaves no timer behind when its link ends", async () => {
  const scene = new Scene(IMPATIENT);
  scene.link.end({ code: 1000, reason: "", byPeer: true });
  await scene.channel.closed;
  await settled();
  assert.deepEqual(scene.faults.all, []);
});

// Sending

Deno.test("HubChannel.giveUp tells of the overflow once and closes with 1013", async () => {
  const message = encode(eventOf("1"));
  const order: string[] = [];
  await using scene = new Scene({}, {
    onOverflow: (bufferedBytes, topic) =>
      void order.push(`${bufferedBytes} ${topic} ${scene.channel.isClosed}`),
  });
  scene.link.stalled = true;
  for (let i = 0; i < 2; i++) scene.channel.send(message);
  for (let i = 0; i < 3; i++) scene.channel.giveUp("job.done:1");
  assert.deepEqual(order, [`${message.length * 2} job.done:1 false`]);
  const { code, reason } = await scene.channel.closed;
  assert.deepEqual([code, reason], [1013, "slow consumer"]);
});

Deno.test("Channel ends a flood of pings that reads no pong with 1013", async () => {
  const backpressureLimit = 1000;
  await using scene = new Scene({ backpressureLimit });
  scene.link.stalled = true;
  let pings = 0;
  let most = 0;
  while (!scene.channel.isClosed && pings < 1000) {
    scene.link.say(pingOf(`${++pings}`));
    await settled();
    most = Math.max(most, scene.link.bufferedBytes);
  }
  assert.equal((await scene.channel.closed).code, 1013);
  assert.ok(most > 900 && most <= backpressureLimit, `${most} bytes`);
  assert.match(scene.told.all.join(), /^overflow \d+ __pong$/);
});

Deno.test("Channel.control sends an envelope without id unless given one", async () => {
  await using scene = new Scene();
  scene.channel.control("__subscribe", { topic: "a" });
  scene.channel.control("__ping", null, "7");
  assert.deepEqual(scene.link.got.all, [
    { type: "__subscribe", id: "", payload: { topic: "a" } },
    pingOf("7"),
  ]);
});

Deno.test("Channel.unsentEvents leaves control events out", async () => {
  await using scene = new Scene();
  scene.link.stalled = true;
  scene.channel.send(encode(eventOf("1")));
  scene.channel.control("__subscribe", { topic: "a" });
  scene.channel.send(encode(eventOf("2")));
  assert.deepEqual(
    scene.channel.unsentEvents().map((message) => codec.decode(message)),
    [eventOf("1"), eventOf("2")],
  );
});

// ping

Deno.test("Channel.ping resolves with its own pong alone", async () => {
  await using scene = new Scene();
  const order: string[] = [];
  const first = scene.channel.ping().then(() => order.push("first"));
  const second = scene.channel.ping().then(() => order.push("second"));
  const [one, two] = scene.link.got.all;
  assert.deepEqual(scene.link.got.all, [pingOf(one!.id), pingOf(two!.id)]);
  assert.notEqual(one!.id, two!.id);
  scene.link.say(pongOf("other"), pongOf(two!.id), pongOf(two!.id));
  await second;
  await settled();
  assert.deepEqual(order, ["second"]);
  scene.link.say(pongOf(one!.id));
  await first;
});

Deno.test("Channel.ping is not answered by the pong of a watch for silence", async () => {
  await using scene = new Scene(IMPATIENT);
  const watch = await scene.link.got.find(({ type }) => type === "__ping");
  let done = false;
  const ping = scene.channel.ping().then(() => done = true);
  scene.link.say(pongOf(watch.id));
  await settled();
  assert.equal(done, false);
  scene.link.say(pongOf(scene.link.got.all.at(-1)!.id));
  await ping;
});

Deno.test("Channel.ping rejects when the link ends", async () => {
  const cause = new Error("cable cut");
  for (
    const [closed, expected] of [
      [
        { code: 1008, reason: "not you", byPeer: true },
        {
          closeCode: 1008,
          message: "Connection closed by peer with code 1008: not you",
        },
      ],
      [
        { code: undefined, reason: "cable cut", byPeer: false, error: cause },
        {
          closeCode: undefined,
          message: "Connection lost: cable cut",
          cause,
        },
      ],
    ] as const
  ) {
    const scene = new Scene();
    const pings = [scene.channel.ping(), scene.channel.ping()];
    const outcomes = Promise.allSettled(pings);
    scene.link.end(closed);
    for (const ping of pings) {
      await assert.rejects(ping, {
        name: "ConnectionError",
        code: "CONNECTION_LOST",
        ...expected,
      });
    }
    await outcomes;
  }
});

Deno.test("Channel.ping rejects on a link that has ended", async () => {
  const scene = new Scene();
  scene.channel.abort(1000, "over");
  await assert.rejects(scene.channel.ping(), {
    name: "ConnectionError",
    message: "Cannot ping: not connected",
  });
});

// close

Deno.test("Channel.close waits until the peer has worked off what was sent", async () => {
  const scene = new Scene();
  scene.channel.send(encode(eventOf("1")));
  let done = false;
  const closing = scene.channel.close(1001, "restart").then(() => done = true);
  await settled();
  assert.deepEqual(scene.got.map((one) => one.split(" ")[0]), [
    "job.done",
    "__ping",
  ]);
  assert.deepEqual([done, scene.channel.isClosed], [false, false]);
  scene.link.say(eventOf("meanwhile"), pongOf(scene.link.got.all[1]!.id));
  await closing;
  assert.deepEqual(scene.told.all, ["event job.done meanwhile"]);
  assert.deepEqual(await scene.channel.closed, {
    code: 1001,
    reason: "restart",
    byPeer: false,
  });
});

Deno.test("Channel.close gives up on a silent peer after pingTimeout", async () => {
  const scene = new Scene({ pingTimeout: 20 });
  await scene.channel.close(1000, "done");
  assert.deepEqual(await scene.channel.closed, {
    code: 1000,
    reason: "done",
    byPeer: false,
  });
  assert.deepEqual(scene.faults.all, []);
});

Deno.test("Channel.close gives up on a link that takes nothing after pingTimeout", async () => {
  const scene = new Scene({ pingTimeout: 20 });
  scene.link.stalled = true;
  await scene.channel.close(1000, "done");
  assert.equal((await scene.channel.closed).code, 1000);
});

Deno.test("Channel.close may be called again and ends for all", async () => {
  const scene = new Scene();
  const closing = [
    scene.channel.close(1000, "first"),
    scene.channel.close(1001, "second"),
  ];
  assert.equal(scene.link.got.all.length, 1, "one ping for both");
  scene.link.say(pongOf(scene.link.got.all[0]!.id));
  await Promise.all(closing);
  await scene.channel.close(1001, "third");
  assert.equal((await scene.channel.closed).code, 1000);
  assert.equal(scene.link.got.all.length, 1);
});

Deno.test("Channel.close resolves when the link ends first", async () => {
  const scene = new Scene();
  const closing = scene.channel.close(1000, "done");
  scene.link.end({ code: 1001, reason: "going", byPeer: true });
  await closing;
  assert.deepEqual(await scene.channel.closed, {
    code: 1001,
    reason: "going",
    byPeer: true,
  });
});

Deno.test("Channel.abort ends at once", async () => {
  const scene = new Scene();
  scene.channel.abort(1013, "full");
  assert.equal(scene.channel.isClosed, true);
  assert.equal((await scene.channel.closed).code, 1013);
  scene.link.say(eventOf("too late"));
  await settled();
  assert.deepEqual([scene.told.all, scene.got], [[], []]);
});

// The codec

Deno.test("jsonCodec keeps envelopes apart when a toJSON encodes another", () => {
  const own = jsonCodec(1024);
  const inner = eventOf("inner");
  let seen: EventEnvelope | undefined;
  const outer = {
    type: "outer",
    id: "1",
    payload: {
      toJSON() {
        // As a toJSON, a getter or a proxy does that dispatches an event.
        seen = own.decode(own.encode(inner));
        return "payload";
      },
    },
  };
  assert.deepEqual(own.decode(own.encode(outer)), {
    type: "outer",
    id: "1",
    payload: "payload",
  });
  assert.deepEqual(seen, inner);
});

Deno.test("jsonCodec is of use after a message that it refused", () => {
  const own = jsonCodec(100);
  assert.throws(() => own.encode(eventOf("x".repeat(100))), {
    code: "FRAME_TOO_LARGE",
  });
  assert.throws(() => own.encode({ ...eventOf("1"), payload: 1n }), TypeError);
  assert.deepEqual(own.decode(own.encode(eventOf("1"))), eventOf("1"));
  const message = own.encode(eventOf("é"));
  assert.equal(own.sizeOf(message), message.length);
  const kept = own.keep(message);
  own.encode(eventOf("overwrites"));
  assert.deepEqual(own.decode(kept), eventOf("é"));
});
