// The streams of `framing.ts` around the streams of the bindings, with nothing
// of the library's connections between: what an application of its own would do.

import assert from "node:assert/strict";
import {
  EnvelopeDecoderStream,
  EnvelopeEncoderStream,
  type EventEnvelope,
  LengthPrefixDecoderStream,
  LengthPrefixEncoderStream,
} from "../framing.ts";
import { adaptEndpoint, type QuicStream } from "../_iroh_binding.ts";
import { bindings } from "./_iroh.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const ENVELOPES: EventEnvelope[] = Array.from({ length: 500 }, (_, n) => ({
  type: "job.done",
  id: String(n),
  payload: "ü".repeat(n),
}));

function envelopesFrom(stream: QuicStream): ReadableStream<EventEnvelope> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = await stream.read();
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
  })
    .pipeThrough(new LengthPrefixDecoderStream())
    .pipeThrough(new EnvelopeDecoderStream());
}

async function send(stream: QuicStream, envelopes: EventEnvelope[]) {
  await ReadableStream.from(envelopes)
    .pipeThrough(new EnvelopeEncoderStream())
    .pipeThrough(new LengthPrefixEncoderStream())
    .pipeTo(new WritableStream({ write: (bytes) => stream.write(bytes) }));
}

async function take(
  stream: QuicStream,
  count: number,
): Promise<EventEnvelope[]> {
  const envelopes = [];
  for await (const envelope of envelopesFrom(stream)) {
    envelopes.push(envelope);
    if (envelopes.length === count) break;
  }
  return envelopes;
}

for (const binding of bindings) {
  Deno.test({
    name: `The framing streams fit the streams of ${binding.name}, both ways`,
    ignore: binding.unavailable !== undefined,
    async fn() {
      await using here = await binding.createEndpoint();
      await using there = await binding.createEndpoint();
      const accepted = adaptEndpoint(there.endpoint).accept()
        .then((finish) => finish!());
      const connection = await adaptEndpoint(here.endpoint)
        .dialer(there.address).connect("alkpubsub/1");
      const other = await accepted;
      const [local, remote] = await Promise.all([
        connection.openStream().then(async (stream) => {
          await send(stream, ENVELOPES);
          return stream;
        }),
        other.acceptStream(),
      ]);
      assert.deepEqual(await take(remote, ENVELOPES.length), ENVELOPES);
      const answered = send(remote, ENVELOPES.toReversed());
      assert.deepEqual(
        await take(local, ENVELOPES.length),
        ENVELOPES.toReversed(),
      );
      await answered;
      connection.close(1000, "");
      await other.closed();
    },
  });
}
