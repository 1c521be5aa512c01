// Bytes of anybody on real iroh streams into a live hub, on both bindings.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { CloseCode } from "../../errors.ts";
import type { RawEndpoint } from "../_iroh.ts";
import { type Binding, number0, rayhanadev } from "../_iroh.ts";
import { randomOf } from "../_random.ts";
import { RawPeer } from "../_raw_peer.ts";
import { Setting, type TestHub } from "../_setting.ts";
import { cut, framed, joined, mutated, unframed } from "./_bytes.ts";
import { END_PING, END_PONG, hostileMessage } from "./_hostile.ts";
import { assertTold, HUB_LIMITS, PeerModel } from "./_hub_model.ts";
import { HubStage } from "./_hub_stage.ts";
import { asyncProperty, type Property } from "./_property.ts";

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A hub, a healthy spoke, and an endpoint from which others dial. */
class IrohStage extends HubStage<TestHub> implements AsyncDisposable {
  readonly #setting: Setting;
  endpoint!: RawEndpoint;
  nodeId = "";

  constructor(binding: Binding) {
    super();
    this.#setting = new Setting(binding);
  }

  async open(): Promise<this> {
    const hub = await this.#setting.hub(this.options);
    const options = { waitOnFirstConnect: true };
    this.join(hub, await this.#setting.spoke(hub.on, options));
    const { endpoint, nodeId } = await this.#setting.endpoint();
    this.endpoint = endpoint;
    this.nodeId = nodeId;
    return this;
  }

  /** Dials; a look-up of a node id can fail where the machine is busy. */
  async dial(): Promise<RawPeer> {
    for (let failures = 0;; failures++) {
      try {
        return await RawPeer.connect(this.endpoint, this.hub.on.address);
      } catch (error) {
        if (failures === 3) throw error;
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#setting[Symbol.asyncDispose]();
  }
}

/** The model of one that sends bytes, then ends its stream. */
function modelOf(bytes: Uint8Array, id: string): PeerModel {
  const peer = new PeerModel(id);
  const { frames, fault } = unframed(bytes, HUB_LIMITS.maxFrameBytes);
  for (const frame of frames) peer.take(textOf(frame));
  if (fault === "FRAME_TOO_LARGE") peer.code ??= CloseCode.FRAME_TOO_LARGE;
  return peer;
}

/** What is no text is a fault as a binary message is. */
function textOf(frame: Uint8Array): string | Uint8Array {
  try {
    return strict.decode(frame);
  } catch {
    return frame;
  }
}

/** The code in what a binding says of the end of a connection. */
function codeIn(closed: string): number {
  const match = /^closed by peer: (?:.* \(code (\d+)\)|(\d+))$/s.exec(closed);
  return Number(match?.[1] ?? match?.[2]);
}

async function send(
  peer: RawPeer,
  chunks: readonly Uint8Array[],
): Promise<void> {
  try {
    for (const chunk of chunks) if (chunk.length > 0) await peer.write(chunk);
  } catch {
    // The hub has closed it meanwhile.
  }
}

async function check(
  chunks: readonly Uint8Array[],
  stage: IrohStage,
): Promise<void> {
  const { hub, faults, admitted, ended } = stage;
  const whole = joined(chunks);
  const isInside = unframed(whole, HUB_LIMITS.maxFrameBytes).fault ===
    "FRAME_TRUNCATED";
  const model = modelOf(whole, stage.nodeId);
  faults.length = 0;
  const before = admitted.all.length;
  const peer = await stage.dial();
  const closed = peer.closed();
  try {
    await send(peer, chunks);
    if (model.code === undefined && !isInside) {
      await peer.send(END_PING);
      const pongs: string[] = [];
      for (let text = ""; text !== END_PONG;) {
        text = await peer.next() ?? assert.fail("the stream ended");
        const { type, id } = JSON.parse(text);
        if (type === "__pong") pongs.push(id);
      }
      assert.deepEqual(pongs.slice(0, -1), model.pongs);
      assert.deepEqual(admitted.all[before]!.topics, model.topics);
    }
    if (model.code === undefined) {
      await peer.finish();
      model.code = isInside ? CloseCode.PROTOCOL_ERROR : CloseCode.NORMAL;
    }
    assert.equal(codeIn(await closed), model.code);
  } finally {
    peer.close();
  }
  await ended.count(before);
  await stage.round();
  const [healthy] = hub.connections;
  assert.equal(hub.connections.size, 1);
  assert.deepEqual(healthy?.topics, new Set(["round"]));
  assert.equal(admitted.all[before]!.topics.size, 0, "no topics are left");
  if (model.code === CloseCode.NORMAL) model.code = undefined;
  assertTold(faults, model);
  for (const { connection } of faults) {
    assert.equal(connection?.id, stage.nodeId);
  }
}

const chunks = fc.tuple(
  fc.noShrink(fc.noBias(fc.integer())),
  fc.array(hostileMessage, { minLength: 1, maxLength: 12 }),
  fc.noBias(fc.nat(4)),
  fc.noBias(fc.nat(6)),
).map(([seed, messages, mutations, cuts]) => {
  const random = randomOf(seed);
  const bytes = framed(
    messages.map((one) => typeof one === "string" ? encoder.encode(one) : one),
  );
  // Half of them keep to the framing.
  const times = Math.max(0, mutations - 2);
  return cut(mutated(bytes, random, times), random, cuts);
});

/** One property for each binding. */
export const hubIroh: readonly Property[] = [number0, rayhanadev].map(
  (binding) =>
    asyncProperty({
      name: `hub-iroh-${binding.name.slice(1).replace("/iroh", "")}`,
      runs: 250,
      unavailable: binding.unavailable,
      arbitrary: chunks,
      open: () => new IrohStage(binding).open(),
      check,
    }),
);
