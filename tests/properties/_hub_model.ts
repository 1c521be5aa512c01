// What a hub makes of the messages of one peer: a model of a few lines.

import assert from "node:assert/strict";
import {
  CloseCode,
  EnvelopeError,
  FrameError,
  RefusedError,
} from "../../errors.ts";
import type { HubFault } from "../../websocket_server.ts";
import { type Envelope, envelopeInText } from "./_envelope_model.ts";

/** The limits of the hubs in these tests: low, so that they are met. */
export const HUB_LIMITS = {
  maxFrameBytes: 256,
  maxTopicsPerConnection: 5,
  maxTopicLength: 24,
};

const bytesIn = (text: string) => new TextEncoder().encode(text).length;

/** One peer, as the hub should see it. */
export class PeerModel {
  readonly topics = new Set<string>();
  /** What the hub's listeners hear of it. */
  readonly events: Envelope[] = [];
  /** Ids of the pongs it gets. */
  readonly pongs: string[] = [];
  /** Subscriptions that were refused, the connection kept. */
  refused = 0;
  /** What it is closed with. */
  code: number | undefined;
  /** Messages up to the one that closed it. */
  taken = 0;
  readonly #id: string;

  constructor(id: string) {
    this.#id = id;
  }

  /** A message arrives, as bytes when it is not text. */
  take(message: string | Uint8Array): void {
    if (this.code !== undefined) return;
    this.taken++;
    if (typeof message !== "string") {
      this.code = CloseCode.PROTOCOL_ERROR;
    } else if (bytesIn(message) > HUB_LIMITS.maxFrameBytes) {
      this.code = CloseCode.FRAME_TOO_LARGE;
    } else {
      const envelope = envelopeInText(message);
      if (envelope === undefined) this.code = CloseCode.PROTOCOL_ERROR;
      else if (envelope.type.startsWith("__")) this.#control(envelope);
      else this.events.push(envelope);
    }
  }

  #control({ type, id, payload }: Envelope): void {
    if (type === "__ping") {
      // The answer may be longer than the question.
      const pong = JSON.stringify({ type: "__pong", id, payload: null });
      if (bytesIn(pong) <= HUB_LIMITS.maxFrameBytes) this.pongs.push(id);
      else this.code = CloseCode.FRAME_TOO_LARGE;
    }
    if (type !== "__subscribe" && type !== "__unsubscribe") return;
    const { topic } = (payload ?? {}) as { topic?: unknown };
    if (typeof topic !== "string" || topic === "") {
      this.code = CloseCode.PROTOCOL_ERROR;
    } else if (type === "__unsubscribe") {
      this.topics.delete(topic);
    } else if (!this.topics.has(topic)) {
      this.#subscribe(topic);
    }
  }

  #subscribe(topic: string): void {
    if (
      bytesIn(topic) > HUB_LIMITS.maxTopicLength ||
      this.topics.size >= HUB_LIMITS.maxTopicsPerConnection
    ) {
      this.code = CloseCode.NOT_ALLOWED;
    } else if (
      topic.startsWith(":") || topic.startsWith("__") ||
      /^direct(:|$)/.test(topic) && topic !== `direct:${this.#id}`
    ) {
      this.refused++;
    } else {
      this.topics.add(topic);
    }
  }
}

/** What `onError` was told is what the peer did wrong, and no more. */
export function assertTold(faults: readonly HubFault[], peer: PeerModel): void {
  const refusals = faults.filter(({ error }) => error instanceof RefusedError);
  const others = faults.filter(({ error }) =>
    error instanceof EnvelopeError || error instanceof FrameError
  );
  const wasExpelled = peer.code === CloseCode.NOT_ALLOWED;
  const isFault = peer.code !== undefined && !wasExpelled;
  assert.equal(refusals.length, peer.refused + Number(wasExpelled), "refused");
  assert.equal(others.length, Number(isFault), "faults");
  assert.equal(refusals.length + others.length, faults.length, "and no more");
}
