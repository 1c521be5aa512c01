// Compression over iroh, on both bindings: who agrees to it, what travels, and
// what a peer cannot do with it.

import assert from "node:assert/strict";
import zlib from "node:zlib";
import { ConnectError, ConnectionError, createEvent } from "../mod.ts";
import type { HubFault } from "../iroh_hub.ts";
import type { SpokeStatus } from "../iroh_spoke.ts";
import { bytesOf, framed } from "./properties/_bytes.ts";
import { assertFault } from "./_faulty_peers.ts";
import { randomOf } from "./_random.ts";
import { frameOf, RawPeer } from "./_raw_peer.ts";
import { type Setting, testOnBindings } from "./_setting.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const PLAIN = "alkpubsub/1";
const DEFLATED = "alkpubsub/1+deflate";
const BOTH = { alpns: [PLAIN, DEFLATED] };
const on = { compression: "deflate" } as const;
const encoder = new TextEncoder();

/** A batch of these texts as it travels. */
function batchOf(...texts: string[]): Uint8Array {
  const batch = framed(texts.map((text) => encoder.encode(text)));
  return frameOf(new Uint8Array(zlib.deflateRawSync(batch)));
}

/** The texts of the next batch that a peer is sent. */
async function nextBatch(peer: RawPeer): Promise<string[]> {
  const batch = zlib.inflateRawSync((await peer.nextFrame())!);
  const texts: string[] = [];
  for (let at = 0; at < batch.length;) {
    const length = batch.readUInt32BE(at);
    texts.push(batch.toString("utf8", at + 4, at += 4 + length));
  }
  return texts;
}

/** A hub that compresses. */
const hubOn = async (setting: Setting, options = {}) =>
  await setting.hub({ on: await setting.endpoint(BOTH), ...on, ...options });

testOnBindings("events go compressed, both ways", async (setting) => {
  const hub = await hubOn(setting);
  const spoke = await setting.spoke(hub.on, on);
  assert.equal(spoke.alpn, DEFLATED);
  assert.equal(hub.alpn, PLAIN);
  const [atHub, atSpoke] = [
    envelopesOn(hub, "n"),
    envelopesOn(spoke, "n:room"),
  ];
  await spoke.flush();
  const events = Array.from(
    { length: 3000 },
    (_, i) =>
      createEvent("n", "room", { i, text: "again and again ".repeat(i % 9) }),
  );
  for (const event of events) spoke.dispatchEvent(event);
  for (const event of events) hub.dispatchEvent(event);
  await Promise.all([spoke.flush(), hub.flush()]);
  const sent = events.map(({ detail }) => detail);
  assert.deepEqual(atHub.all, sent);
  assert.deepEqual(atSpoke.all, sent);
});

testOnBindings("frames as long as allowed go compressed", async (setting) => {
  const maxFrameBytes = 300_000;
  const hub = await hubOn(setting, { maxFrameBytes });
  const spoke = await setting.spoke(hub.on, { ...on, maxFrameBytes });
  const log = envelopesOn(hub, "n");
  const noise = String.fromCharCode(
    ...bytesOf(randomOf(3), 60_000).map((byte) => 35 + byte % 57),
  );
  for (const text of [noise, "short", noise.repeat(4), "x".repeat(299_000)]) {
    spoke.dispatchEvent(createEvent("n", "", text));
  }
  const fits = createEvent("n", "", "");
  const room = maxFrameBytes - JSON.stringify(fits.detail).length;
  spoke.dispatchEvent(createEvent("n", "", "y".repeat(room)));
  assert.throws(
    () => spoke.dispatchEvent(createEvent("n", "", "y".repeat(room + 1))),
    { code: "FRAME_TOO_LARGE" },
  );
  await spoke.flush();
  assert.deepEqual(log.all.map(({ payload }) => (payload as string).length), [
    60_000,
    5,
    240_000,
    299_000,
    room,
  ]);
  assert.equal(spoke.bufferedBytes, 0);
});

testOnBindings("compression is agreed on, or left", async (setting) => {
  const hub = await hubOn(setting, { relay: true });
  const plainHub = await setting.hub();
  const [packed, plain, refused] = [
    await setting.spoke(hub.on, on),
    await setting.spoke(hub.on),
    await setting.spoke(plainHub.on, on),
  ];
  assert.equal(packed.alpn, DEFLATED);
  assert.equal(plain.alpn, PLAIN);
  assert.equal(refused.alpn, PLAIN);
  const atPlain = envelopesOn(plain, "n");
  const atPacked = envelopesOn(packed, "n");
  const atPlainHub = envelopesOn(plainHub, "n");
  await Promise.all([plain.flush(), packed.flush()]);

  // What one sends is relayed to the other as it came in.
  const long = "back and forth ".repeat(100);
  packed.dispatchEvent(createEvent("n", "", `packed ${long}`));
  plain.dispatchEvent(createEvent("n", "", `plain ${long}`));
  refused.dispatchEvent(createEvent("n", "", "refused"));
  await Promise.all([atPlain.count(1), atPacked.count(1), refused.flush()]);
  assert.equal(atPlain.all[0]!.payload, `packed ${long}`);
  assert.equal(atPacked.all[0]!.payload, `plain ${long}`);
  assert.equal(atPlainHub.all.length, 1);
});

testOnBindings("a hub that speaks neither is not reached", async (setting) => {
  const other = await setting.endpoint({ alpns: ["other/1"] });
  await setting.hub({ on: other, alpn: "other/1" });
  await assert.rejects(
    setting.spoke(other, on),
    (error) =>
      error instanceof ConnectError && /known protocol/.test(error.message),
  );
});

testOnBindings("a spoke dials as the hub was met last", async (setting) => {
  const faults = new Log<HubFault>();
  const hub = await setting.hub({ onError: faults.add });
  const here = await setting.endpoint();
  const dialled: string[] = [];
  let isCut = false;
  const endpoint = new Proxy(here.endpoint, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "connect") return value.bind(target);
      return (address: unknown, alpn: string | number[]) => {
        dialled.push(
          typeof alpn === "string" ? alpn : String.fromCharCode(...alpn),
        );
        if (isCut) return Promise.reject(new Error("cable cut"));
        return value.call(target, address, alpn);
      };
    },
  });
  const spoke = await setting.spoke(hub.on, {
    ...on,
    endpoint,
    on: here,
    reconnect: { minDelay: 1, maxDelay: 1 },
    onStatus(status) {
      if (status.type === "reconnecting" && status.attempt === 2) isCut = false;
    },
  });
  assert.equal(spoke.alpn, PLAIN);
  assert.deepEqual(dialled.splice(0), [DEFLATED, PLAIN]);
  await faults.count(1); // The hub tells of the handshake that failed.

  await spoke.reconnect();
  assert.deepEqual(dialled.splice(0), [PLAIN], "not tried again");
  isCut = true;
  await spoke.reconnect();
  assert.deepEqual(dialled, [PLAIN, DEFLATED, PLAIN], "until a dial fails");
  assert.equal(spoke.alpn, PLAIN);
  await spoke.flush();
});

testOnBindings(
  "a spoke comes back compressed, with what waited",
  async (setting) => {
    const statuses = new Log<SpokeStatus>();
    const there = await setting.endpoint(BOTH);
    const hub = await setting.hub({ on: there, ...on });
    const spoke = await setting.spoke(there, {
      ...on,
      reconnect: { minDelay: 1, maxDelay: 20 },
      onStatus: statuses.add,
    });
    const atSpoke = envelopesOn(spoke, "back");
    await spoke.flush();
    await hub.close();
    await statuses.find(({ type }) => type === "reconnecting");
    for (let i = 0; i < 50; i++) {
      spoke.dispatchEvent(createEvent("n", "", `number ${i}`));
    }
    assert(spoke.bufferedBytes > 0);
    const again = await setting.hub({ on: there, ...on });
    const atHub = envelopesOn(again, "n");
    await atHub.count(50);
    await spoke.flush();
    assert.equal(spoke.alpn, DEFLATED);
    assert.equal(atHub.all.length, 50);
    again.dispatchEvent(createEvent("back", "", null));
    await atSpoke.count(1);
  },
);

testOnBindings(
  "a slow consumer is measured before compression",
  async (setting) => {
    const slow = new Log<{ bufferedBytes: number; limit: number }>();
    const hub = await hubOn(setting, {
      backpressureLimit: 100_000,
      onBackpressure: slow.add,
    });
    const spoke = await setting.spoke(hub.on, on);
    spoke.addEventListener("n", () => {});
    await spoke.flush();
    // 1 KB of it, deflated.
    for (let i = 0; i < 101; i++) {
      hub.dispatchEvent(createEvent("n", "", "x".repeat(1000)));
    }
    assert.equal(slow.all.length, 1);
    assert(slow.all[0]!.bufferedBytes > 95_000);
  },
);

testOnBindings(
  "bad batches close their own connection alone",
  async (setting) => {
    const faults = new Log<HubFault>();
    const hub = await hubOn(setting, {
      maxFrameBytes: 1000,
      onError: faults.add,
    });
    const spoke = await setting.spoke(hub.on, { ...on, maxFrameBytes: 1000 });
    const atHub = envelopesOn(hub, "still.here");
    const deflated = (bytes: Uint8Array) =>
      frameOf(new Uint8Array(zlib.deflateRawSync(bytes)));
    const event = '{"type":"a","id":"","payload":1}';
    const whole = framed([encoder.encode(event)]);
    const cases: [string, Uint8Array, number, RegExp][] = [
      ["an empty frame", frameOf(new Uint8Array(0)), 1002, /unexpected end/],
      ["no deflate", frameOf(Uint8Array.of(7, 7)), 1002, /invalid block type/],
      ["not compressed", whole, 1002, /Cannot inflate batch/],
      [
        "deflate that ends early",
        frameOf(new Uint8Array(zlib.deflateRawSync(whole)).subarray(0, -3)),
        1002,
        /unexpected end/,
      ],
      ["an empty batch", deflated(new Uint8Array(0)), 1002, /it is empty/],
      [
        "a batch that ends inside a frame",
        deflated(whole.subarray(0, -1)),
        1002,
        /its batch ended inside/,
      ],
      ["no JSON", batchOf(event, "{nope"), 1002, /invalid JSON/],
      [
        "a bomb",
        deflated(new Uint8Array(100_000_000)),
        1009,
        /length is over 131072|length 97\d+ is over/,
      ],
      [
        "a smaller bomb",
        deflated(new Uint8Array(10_000_000)),
        1009,
        /length is over 131072/,
      ],
      [
        "a frame over the limit",
        batchOf(event, "x".repeat(1001)),
        1009,
        /length 1001 is over maxFrameBytes 1000/,
      ],
      [
        "a batch over the limit",
        frameOf(new Uint8Array(0), 0xFFFFFFFF),
        1009,
        /length 4294967295 is over/,
      ],
    ];
    for (const [name, bytes, code, message] of cases) {
      const peer = await setting.rawPeer(hub.on, DEFLATED);
      const send = () => peer.write(bytes).catch(() => {}); // Refused already.
      await assertFault(peer, faults, send, code, message, name);
    }
    const cut = await setting.rawPeer(hub.on, DEFLATED);
    const sendPart = async () => {
      await cut.write(batchOf(event).subarray(0, -1));
      await cut.finish();
    };
    await assertFault(
      cut,
      faults,
      sendPart,
      1002,
      /input ended after/,
      "part of a batch",
    );

    const polite = await setting.rawPeer(hub.on, DEFLATED);
    await polite.write(batchOf(event, event));
    await polite.finish();
    assert.match(await polite.closed(), /1000/, "a clean end is no fault");

    spoke.dispatchEvent(createEvent("still.here", "", null));
    await spoke.flush();
    assert.equal(atHub.all.length, 1);
    assert.equal(spoke.state, "open");
  },
);

testOnBindings("what comes before a bad batch counts", async (setting) => {
  const hub = await hubOn(setting);
  const log = envelopesOn(hub, "a");
  const peer = await setting.rawPeer(hub.on, DEFLATED);
  const event = (payload: number) =>
    JSON.stringify({ type: "a", id: "", payload });
  const [first, second] = [batchOf(event(1), event(2)), batchOf(event(3))];
  await peer.write(
    Uint8Array.from([...first, ...second, ...frameOf(Uint8Array.of(7))]),
  );
  assert.match(await peer.closed(), /1002/);
  assert.deepEqual(log.all.map(({ payload }) => payload), [1, 2, 3]);
});

testOnBindings("a hub that sends rubbish ends the spoke", async (setting) => {
  const there = await setting.endpoint(BOTH);
  const accepting = RawPeer.accept(there.endpoint);
  const dialling = setting.spoke(there, on);
  const peer = await accepting;
  const [ping] = await nextBatch(peer);
  const { type, id } = JSON.parse(ping!);
  assert.equal(type, "__ping");
  await peer.write(
    batchOf(JSON.stringify({ type: "__pong", id, payload: null })),
  );
  const spoke = await dialling;
  await peer.write(frameOf(Uint8Array.of(7)));
  const error = await spoke.closed;
  assert(!(error instanceof ConnectionError));
  assert.match(String(error), /FrameError: Cannot inflate batch: /);
  assert.match(await peer.closed(), /1002/);
});
