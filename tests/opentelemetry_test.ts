// What OpenTelemetry is told of a target, by its own SDK and by Deno's.

import assert from "node:assert/strict";
import { W3CBaggagePropagator } from "@opentelemetry/core";
import * as names from "@opentelemetry/semantic-conventions/incubating";
import { decodeFromEngine, encodeForEngine } from "../_engine_codec.ts";
import { Source } from "../_origin.ts";
import {
  ClosedError,
  createEvent,
  createInProcessEventTarget,
  createPubSub,
  type EventEnvelope,
  type TypedEvent,
} from "../mod.ts";
import { instrument, type InstrumentOptions } from "../opentelemetry.ts";
import { testOnHubs } from "./_hubs.ts";
import { api, Telemetry } from "./_telemetry.ts";
import { Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** The second is its name before version 1.45 of the conventions. */
const SYSTEM = {
  [names.ATTR_MESSAGING_SYSTEM_NAME]: "alkpubsub",
  [names.ATTR_MESSAGING_SYSTEM]: "alkpubsub",
};

const event = () => createEvent("job.done", "7", "ok");

testOnHubs("a delivery belongs to its publish, across a hub", async (stage) => {
  await using telemetry = new Telemetry();
  await stage.hub({ relay: true });
  const ann = instrument(await stage.peer(), { api, clientId: "ann" });
  const bob = instrument(await stage.peer(), { api, clientId: "bob" });
  const seen = new Log<EventEnvelope>();
  bob.addEventListener("job.done:7", ({ detail }) => {
    // What a listener sends belongs to the same trace.
    bob.dispatchEvent(createEvent("job.seen", "", null));
    seen.add(detail);
  });
  await bob.flush();
  api.trace.getTracer("test").startActiveSpan("asked", (span) => {
    ann.dispatchEvent(event());
    span.end();
  });
  await seen.count(1);
  await bob.flush();

  const [publish, asked, answer, process] = telemetry.spans;
  assert.deepEqual(
    telemetry.spans.map(({ name }) => name),
    [
      "publish job.done:{id}",
      "asked",
      "publish job.seen",
      "process job.done:{id}",
    ],
  );
  const traces = telemetry.spans.map((span) => span.spanContext().traceId);
  assert.equal(new Set(traces).size, 1, "one trace");
  const parentOf = (span = publish) => span!.parentSpanContext?.spanId;
  const idOf = (span = publish) => span!.spanContext().spanId;
  assert.equal(parentOf(publish), idOf(asked));
  assert.equal(parentOf(process), idOf(publish));
  assert.equal(parentOf(answer), idOf(process));
  assert.deepEqual([publish!.kind, process!.kind], [
    api.SpanKind.PRODUCER,
    api.SpanKind.CONSUMER,
  ]);
  assert.deepEqual(publish!.attributes, {
    ...SYSTEM,
    [names.ATTR_MESSAGING_CLIENT_ID]: "ann",
    [names.ATTR_MESSAGING_OPERATION_NAME]: "publish",
    [names.ATTR_MESSAGING_OPERATION_TYPE]:
      names.MESSAGING_OPERATION_TYPE_VALUE_SEND,
    [names.ATTR_MESSAGING_DESTINATION_NAME]: "job.done:7",
    [names.ATTR_MESSAGING_DESTINATION_TEMPLATE]: "job.done:{id}",
  });
  assert.deepEqual(process!.attributes, {
    ...SYSTEM,
    [names.ATTR_MESSAGING_CLIENT_ID]: "bob",
    [names.ATTR_MESSAGING_OPERATION_NAME]: "process",
    [names.ATTR_MESSAGING_OPERATION_TYPE]:
      names.MESSAGING_OPERATION_TYPE_VALUE_PROCESS,
    [names.ATTR_MESSAGING_DESTINATION_NAME]: "job.done:7",
    [names.ATTR_MESSAGING_DESTINATION_TEMPLATE]: "job.done:{id}",
  });
  const [{ type, id, payload, ...rest }] = seen.all as [EventEnvelope];
  assert.deepEqual({ type, id, payload }, event().detail);
  assert.deepEqual(Object.keys(rest), ["traceparent"]);
  await Promise.all([ann.close(), bob.close()]);
});

Deno.test("an engine carries the context of a trace, too", () => {
  const envelope = { ...event().detail, traceparent: "00-a-b-01" };
  const from = new Source().next();
  for (
    const serializer of [JSON, {
      ...JSON,
      stringify: JSON.stringify,
      parse: JSON.parse,
    }]
  ) {
    const { text } = encodeForEngine(serializer, envelope, from, 1000);
    const decoded = decodeFromEngine(serializer, text, 1000, () => true);
    assert.deepEqual(decoded, { envelope, from });
  }
  // Whatever a peer has put there.
  const liar = { ...envelope, from: "somebody.1" };
  const { text } = encodeForEngine(JSON, liar, from, 1000);
  const decoded = decodeFromEngine(JSON, text, 1000, () => true);
  assert.deepEqual(decoded, { envelope, from });
});

Deno.test("spans say what failed, and end when a listener is done", async () => {
  await using telemetry = new Telemetry();
  const errors = new Log<unknown>();
  const inner = createInProcessEventTarget({
    onError: ({ error }) => errors.add(error),
  });
  const target = instrument(inner, { api });
  const spanOf = (type: string) =>
    telemetry.spans.find(({ name }) => name === `process ${type}`);
  const boom = new RangeError("boom");
  target.addEventListener("throws", () => {
    throw boom;
  });
  let finish = () => {};
  const done = new Promise<void>((resolve) => finish = resolve);
  target.addEventListener("async", () => done as unknown as void);
  const unhandled = new Log<unknown>();
  const onUnhandled = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.add(event.reason);
  };
  addEventListener("unhandledrejection", onUnhandled);
  target.addEventListener(
    "rejects",
    () => Promise.reject(boom) as unknown as void,
  );
  for (const type of ["throws", "async", "rejects"]) {
    target.dispatchEvent(createEvent(type, "", null));
  }
  assert.deepEqual(errors.all, [boom], "told as ever");
  const thrown = spanOf("throws")!;
  assert.deepEqual(thrown.status, {
    code: api.SpanStatusCode.ERROR,
    message: "boom",
  });
  assert.equal(thrown.attributes["error.type"], "RangeError");
  assert.equal(thrown.events[0]!.name, "exception");
  assert.equal(spanOf("async"), undefined, "under way");
  finish();
  await done;
  assert.deepEqual(await unhandled.count(1), [boom], "unhandled as ever");
  removeEventListener("unhandledrejection", onUnhandled);
  assert.equal(spanOf("async")!.status.code, api.SpanStatusCode.UNSET);
  assert.equal(spanOf("rejects")!.status.code, api.SpanStatusCode.ERROR);

  await target.close();
  assert.throws(() => target.dispatchEvent(event()), ClosedError);
  const last = telemetry.spans.at(-1)!;
  assert.equal(last.name, "publish job.done:{id}");
  assert.equal(last.attributes["error.type"], "CLOSED");
});

Deno.test("an instrumented target listens as any other", async () => {
  await using telemetry = new Telemetry();
  await using inner = createInProcessEventTarget();
  const target = instrument(inner, { api });
  const calls: string[] = [];
  const listener = ({ type, detail }: TypedEvent) =>
    calls.push(`${type} ${detail.payload}`);
  const object = {
    name: "object",
    handleEvent(this: { name: string }, { type }: TypedEvent) {
      calls.push(`${this.name} ${type}`);
    },
  };
  target.addEventListener("job.done", listener);
  target.addEventListener("job.done", listener);
  target.addEventListener("job.done:7", listener, { once: true });
  target.addEventListener("job.done", object);
  target.addEventListener("job.done", null);
  target.dispatchEvent(event());
  assert.deepEqual(calls, ["job.done:7 ok", "job.done ok", "object job.done"]);
  target.removeEventListener("job.done", listener);
  target.removeEventListener("job.done", object);
  target.removeEventListener("job.done", null);
  target.dispatchEvent(event());
  assert.equal(calls.length, 3);
  assert.throws(
    () => target.addEventListener("a", 7 as unknown as null),
    /TypeError: Cannot use listener: 7/,
  );
  const wrongs: unknown[] = [undefined, {}, { detail: 7 }];
  for (const wrong of wrongs) {
    assert.throws(() => target.dispatchEvent(wrong as TypedEvent), TypeError);
  }
  assert.equal(target.stats().sentEvents, 2);

  const pubsub = createPubSub({ eventTarget: target });
  await using subscription = pubsub.subscribe("job.done", "8");
  pubsub.publish("job.done", "8", "done");
  const { value } = await subscription.next();
  assert.equal(value?.payload, "done");
  assert.equal(telemetry.spans.length, (1 + 3) + 1 + (1 + 1));
});

Deno.test("metrics have the names of the conventions, by type", async () => {
  await using telemetry = new Telemetry();
  const inner = createInProcessEventTarget({ onError() {} });
  const target = instrument(inner, { api, traces: false, clientId: "7" });
  target.addEventListener("job.done", ({ detail }) => {
    if (detail.id === "9") throw new TypeError("boom");
    assert.deepEqual(Object.keys(detail), ["type", "id", "payload"]);
  });
  for (const id of ["7", "8", "9"]) {
    target.dispatchEvent(createEvent("job.done", id, null));
  }
  const metrics = await telemetry.metrics();
  const common = {
    ...SYSTEM,
    [names.ATTR_MESSAGING_CLIENT_ID]: "7",
    [names.ATTR_MESSAGING_DESTINATION_TEMPLATE]: "job.done:{id}",
  };
  const pointsOf = (name: string) =>
    metrics.get(name)!.map(({ attributes, value }) => [attributes, value]);
  const operation = (name: string, type: string) => ({
    ...common,
    [names.ATTR_MESSAGING_OPERATION_NAME]: name,
    [names.ATTR_MESSAGING_OPERATION_TYPE]: type,
  });
  const publish = operation("publish", "send");
  const process = operation("process", "process");
  assert.deepEqual(pointsOf(names.METRIC_MESSAGING_CLIENT_SENT_MESSAGES), [
    [publish, 3],
  ]);
  assert.deepEqual(pointsOf(names.METRIC_MESSAGING_CLIENT_CONSUMED_MESSAGES), [
    [process, 2],
    [{ ...process, "error.type": "TypeError" }, 1],
  ]);
  for (
    const [name, counts] of [
      [names.METRIC_MESSAGING_CLIENT_OPERATION_DURATION, [3]],
      [names.METRIC_MESSAGING_PROCESS_DURATION, [2, 1]],
    ] as const
  ) {
    const values = metrics.get(name)!.map(({ value }) =>
      value as { count: number; sum: number; buckets: { boundaries: number[] } }
    );
    assert.deepEqual(values.map(({ count }) => count), counts);
    for (const { sum, buckets } of values) {
      assert(sum > 0 && sum < 60, "seconds");
      assert.equal(buckets.boundaries[0], 0.005);
    }
  }
  assert.equal(metrics.get("alkpubsub.sent.events")![0]!.value, 3);
  assert.equal(metrics.has("alkpubsub.connection.count"), false, "of hubs");
  assert.equal(telemetry.spans.length, 0);

  target.dispatchEvent(createEvent("job.done", "7", null));
  let asked = 0;
  const stats = inner.stats.bind(inner);
  inner.stats = () => {
    asked++;
    return stats();
  };
  await target.close();
  const last = (await telemetry.metrics()).get("alkpubsub.sent.events")!;
  assert.equal(last[0]!.value, 4, "what was counted in the end is not lost");
  await telemetry.metrics();
  assert.equal(asked, 1, "once, and once more behind its end");
});

testOnHubs("a hub's own numbers are metrics", async (stage) => {
  await using telemetry = new Telemetry();
  const hub = await stage.hub();
  instrument(hub, { api, traces: false, clientId: "hub" });
  await stage.peer();
  const metrics = await telemetry.metrics();
  const { attributes, value } = metrics.get("alkpubsub.connection.count")![0]!;
  assert.equal(value, 1);
  assert.deepEqual(attributes, { ...SYSTEM, "messaging.client.id": "hub" });
});

Deno.test("targets without a clientId are told apart", async () => {
  await using telemetry = new Telemetry();
  await using one = instrument(createInProcessEventTarget(), { api });
  await using other = instrument(createInProcessEventTarget(), { api });
  one.dispatchEvent(event());
  one.dispatchEvent(event());
  other.dispatchEvent(event());
  const points = (await telemetry.metrics()).get("alkpubsub.sent.events")!;
  assert.deepEqual(points.map(({ value }) => value), [2, 1]);
});

Deno.test("a delivery takes whatever a peer has sent along", async () => {
  await using telemetry = new Telemetry(new W3CBaggagePropagator());
  await using inner = createInProcessEventTarget();
  const target = instrument(inner, { api });
  const seen: EventEnvelope[] = [];
  target.addEventListener("a", ({ detail }) => seen.push(detail));
  const strange: Record<string, unknown>[] = [
    { traceparent: 7, tracestate: {}, baggage: [] },
    { traceparent: "00-zz-1-01", baggage: "x=%E0%A4%A" },
    { traceparent: "", __proto__: null, toString: "x", constructor: "y" },
    JSON.parse('{"__proto__":{"traceparent":"x"}}'),
  ];
  for (const extra of strange) {
    const detail = { ...createEvent("a", "", null).detail, ...extra };
    inner.dispatchEvent(new CustomEvent("a", { detail }));
  }
  assert.equal(seen.length, strange.length);
  assert.equal(telemetry.spans.length, strange.length);

  const thrown = Object.create(null);
  await using quiet = instrument(createInProcessEventTarget({ onError() {} }), {
    api,
  });
  quiet.addEventListener("a", () => {
    throw thrown;
  });
  quiet.dispatchEvent(createEvent("a", "", null));
  const { status, attributes } = telemetry.spans.at(-2)!;
  assert.equal(status.message, "an object");
  assert.equal(attributes["error.type"], "_OTHER");
});

Deno.test("an event that is passed on belongs to who does that", async () => {
  await using telemetry = new Telemetry();
  await using target = instrument(createInProcessEventTarget(), { api });
  const seen: EventEnvelope[] = [];
  target.addEventListener("a", ({ detail }) => seen.push(detail));
  const { detail } = createEvent("a", "", null);
  target.dispatchEvent(
    new CustomEvent("a", {
      detail: { ...detail, tracestate: "old=1", note: "kept" },
    }),
  );
  assert.deepEqual(Object.keys(seen[0]!).sort(), [
    "id",
    "note",
    "payload",
    "traceparent",
    "type",
  ]);
  assert.equal(telemetry.spans.length, 2);
});

Deno.test("instrument that is switched off is the target", async () => {
  await using target = createInProcessEventTarget();
  const off = instrument(target, { api, traces: false, metrics: false });
  assert.equal(off, target);
});

Deno.test("instrument says what it cannot use", async () => {
  await using target = createInProcessEventTarget();
  const cases: [unknown, unknown, RegExp][] = [
    [target, undefined, /Cannot use api: undefined is not what import/],
    [target, { api: {} }, /Cannot use api: an object is not what import/],
    [target, { api, traces: 1 }, /Cannot use traces: 1 is not a boolean/],
    [target, { api, clientId: 7 }, /Cannot use clientId: 7 is not a string/],
    [{}, { api }, /Cannot use target: an object is no target of this library/],
  ];
  for (const [target, options, message] of cases) {
    assert.throws(
      () =>
        instrument(
          target as ReturnType<typeof createInProcessEventTarget>,
          options as InstrumentOptions,
        ),
      { name: "TypeError", message },
    );
  }
});

interface ExportedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly kind: number;
}

Deno.test("Deno's own exporter picks it up", async () => {
  const spans = new Log<ExportedSpan>();
  const metrics = new Log<string>();
  await using collector = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const body = await request.json();
      for (const { scopeSpans } of body.resourceSpans ?? []) {
        for (const scope of scopeSpans) scope.spans.forEach(spans.add);
      }
      for (const { scopeMetrics } of body.resourceMetrics ?? []) {
        for (const scope of scopeMetrics) {
          for (const { name } of scope.metrics) metrics.add(name);
        }
      }
      return Response.json({});
    },
  );
  const script = `
    import * as api from "@opentelemetry/api";
    import { createEvent, createInProcessEventTarget } from "@alkdev/pubsub";
    import { instrument } from "@alkdev/pubsub/opentelemetry";

    const jobs = instrument(createInProcessEventTarget(), { api });
    jobs.addEventListener("job.done", () => {});
    jobs.dispatchEvent(createEvent("job.done", "7", "ok"));
    await Deno.stdin.read(new Uint8Array(1)); // until it is told to end
  `;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    cwd: new URL(".", import.meta.url),
    stdin: "piped",
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
      OTEL_METRIC_EXPORT_INTERVAL: "100",
      OTEL_BSP_SCHEDULE_DELAY: "100",
    },
  }).spawn();
  const publish = await spans.find(({ name }) =>
    name === "publish job.done:{id}"
  );
  const process = await spans.find(({ name }) =>
    name === "process job.done:{id}"
  );
  assert.equal(process.traceId, publish.traceId);
  assert.deepEqual([publish.kind, process.kind], [4, 5], "as of OTLP");
  for (
    const expected of [
      names.METRIC_MESSAGING_CLIENT_SENT_MESSAGES,
      names.METRIC_MESSAGING_PROCESS_DURATION,
      "alkpubsub.sent.events",
    ]
  ) await metrics.find((name) => name === expected);
  await child.stdin.close();
  assert.equal((await child.status).code, 0);
});
