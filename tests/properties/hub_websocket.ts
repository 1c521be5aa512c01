// Bytes of anybody on real TCP connections into a live hub, behind the servers
// of Deno and of `ws`: frames of RFC 6455 to which something happened.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { randomOf } from "../_random.ts";
import {
  type ServerKind,
  serverKinds,
  type TestHub,
  WebSocketSetting,
} from "../_websocket.ts";
import { frameOf, Opcode } from "../_websocket_peer.ts";
import { cut, joined, mutated, type Random } from "./_bytes.ts";
import { END_PING, END_PONG, hostileMessage } from "./_hostile.ts";
import { assertTold, PeerModel } from "./_hub_model.ts";
import { HubStage } from "./_hub_stage.ts";
import { asyncProperty, type Property } from "./_property.ts";
import { TcpPeer } from "./_tcp_peer.ts";

/** A hub behind a server, and a healthy client. */
class WebSocketStage extends HubStage<TestHub> implements AsyncDisposable {
  readonly #setting: WebSocketSetting;

  constructor(kind: ServerKind) {
    super();
    this.#setting = new WebSocketSetting(kind);
  }

  async open(): Promise<this> {
    const hub = await this.#setting.hub(this.options);
    this.join(hub, await this.#setting.client(`${hub.url}/healthy`));
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#setting[Symbol.asyncDispose]();
  }
}

/** What one peer sends. */
interface Case {
  readonly messages: readonly (string | Uint8Array)[];
  readonly chunks: readonly Uint8Array[];
  /** Whether its frames are as the RFC has them. */
  readonly isSound: boolean;
}

const encoder = new TextEncoder();

/** A message in frames: one or more, with pings of the protocol in between. */
function frames(message: string | Uint8Array, random: Random): Uint8Array {
  const isText = typeof message === "string";
  const payload = isText ? encoder.encode(message) : message;
  const opcode = isText ? Opcode.TEXT : Opcode.BINARY;
  if (random(4) > 0) return frameOf(opcode, payload, true, true);
  const middle = random(payload.length + 1);
  return joined([
    frameOf(opcode, payload.subarray(0, middle), false, true),
    frameOf(Opcode.PING, payload.subarray(0, random(126)), true, true),
    frameOf(Opcode.CONTINUATION, payload.subarray(middle), true, true),
  ]);
}

const cases = fc.tuple(
  fc.noShrink(fc.noBias(fc.integer())),
  fc.array(hostileMessage, { minLength: 1, maxLength: 12 }),
  fc.noBias(fc.nat(5)),
  fc.noBias(fc.nat(6)),
).map(([seed, messages, mutations, cuts]): Case => {
  const random = randomOf(seed);
  // UTF-8 has no half of a surrogate pair.
  const wellFormed = messages.map((one) =>
    typeof one === "string" ? one.toWellFormed() : one
  );
  const bytes = joined(wellFormed.map((one) => frames(one, random)));
  // Half of them keep to the RFC.
  const times = Math.max(0, mutations - 2);
  const chunks = cut(mutated(bytes, random, times), random, cuts);
  return { messages: wellFormed, chunks, isSound: times === 0 };
});

/** What a server closes with: those of the hub, and of the RFC for its frames. */
const CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009];

async function check(
  { messages, chunks, isSound }: Case,
  stage: WebSocketStage,
): Promise<void> {
  const { hub, faults, admitted, ended } = stage;
  const model = new PeerModel("peer");
  for (const message of messages) model.take(message);
  faults.length = 0;
  const before = admitted.all.length;
  const peer = await TcpPeer.connect(`${hub.url}/peer`);
  try {
    await admitted.count(before + 1);
    await peer.write(chunks);
    if (isSound) {
      await peer.write([
        frameOf(Opcode.TEXT, encoder.encode(END_PING), true, true),
      ]);
      await peer.until((texts, code) =>
        texts.includes(END_PONG) || code !== undefined
      );
      assert.equal(peer.code, model.code);
      if (model.code === undefined) {
        assert.deepEqual(admitted.all[before]!.topics, model.topics);
        const pongs = peer.texts.map((text) => JSON.parse(text).id);
        assert.deepEqual(pongs.slice(0, -1), model.pongs);
      }
    }
    await peer.end();
  } finally {
    peer.destroy();
  }
  // Whatever it did: it has left, with nothing of it, and nobody else noticed.
  await ended.count(before);
  assert.equal(admitted.all[before]!.topics.size, 0, "no topics are left");
  await stage.round();
  assert.deepEqual([...hub.connections].map(({ id }) => id), ["healthy"]);
  for (const { connection } of faults) assert.equal(connection?.id, "peer");
  if (isSound) assertTold(faults, model);
  if (peer.code !== undefined) assert.ok(CODES.includes(peer.code), peer.why);
}

/** One property for each server. */
export const hubWebSocket: readonly Property[] = serverKinds.map((kind) =>
  asyncProperty({
    name: `hub-websocket-${kind.name.toLowerCase()}`,
    runs: 600,
    arbitrary: cases,
    open: () => new WebSocketStage(kind).open(),
    check,
  })
);
