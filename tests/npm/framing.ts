// Frames and envelopes, as streams.

import { createEvent, type EventEnvelope } from "@alkdev/pubsub";
import {
  encodeFrame,
  EnvelopeDecoderStream,
  EnvelopeEncoderStream,
  FrameDecoder,
  LengthPrefixDecoderStream,
  LengthPrefixEncoderStream,
} from "@alkdev/pubsub/framing";
import assert from "node:assert/strict";
import { check, done } from "../runtimes/_check.ts";

const sent = ["one", "ä€𝄞"].map((text) =>
  createEvent("message.sent", "room-1", { text }).detail
);

await check("envelopes go through streams of bytes", async () => {
  const received: EventEnvelope[] = [];
  const envelopes = new ReadableStream<EventEnvelope>({
    start(controller) {
      for (const envelope of sent) controller.enqueue(envelope);
      controller.close();
    },
  });
  await envelopes
    .pipeThrough(new EnvelopeEncoderStream())
    .pipeThrough(new LengthPrefixEncoderStream())
    .pipeThrough(new LengthPrefixDecoderStream())
    .pipeThrough(new EnvelopeDecoderStream())
    .pipeTo(
      new WritableStream({ write: (envelope) => void received.push(envelope) }),
    );
  assert.deepEqual(received, sent);
});

await check("frames come out of bytes cut anywhere", () => {
  const decoder = new FrameDecoder();
  const bytes = encodeFrame(new Uint8Array([7, 8, 9]));
  const frames = [...bytes].flatMap((byte) => [
    ...decoder.push(new Uint8Array([byte])),
  ]);
  assert.deepEqual(frames.map((frame) => [...frame]), [[7, 8, 9]]);
});

done();
