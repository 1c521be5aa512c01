/**
 * What telemetry costs.
 *
 * Method: one iteration publishes 1 000 events of 171 bytes in process, to one
 * listener, which is where next to nothing else is done. The baseline is a target
 * that nobody instrumented; `off` is `instrument` with neither traces nor metrics;
 * `no SDK` has both, with the API alone, which takes nothing down; `SDK` makes two
 * spans and four measurements of each event, and keeps none.
 */

import * as api from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import {
  AlwaysOnSampler,
  BasicTracerProvider,
} from "@opentelemetry/sdk-trace-base";
import { createInProcessEventTarget } from "../mod.ts";
import { metricsText } from "../metrics.ts";
import { instrument, type OpenTelemetryApi } from "../opentelemetry.ts";
import { messageEvent } from "./_events.ts";

const EVENTS = 1000;
const events = Array.from({ length: EVENTS }, (_, n) => messageEvent(n));
const group = `${EVENTS} events to a listener`;

let received = 0;

/** Publishes the events. */
function publisher(target: ReturnType<typeof createInProcessEventTarget>) {
  target.addEventListener("message.sent", () => received++);
  return () => {
    for (const event of events) target.dispatchEvent(event);
  };
}

Deno.bench(
  "not instrumented",
  { group, baseline: true },
  publisher(
    createInProcessEventTarget(),
  ),
);
Deno.bench(
  "off",
  { group },
  publisher(
    instrument(createInProcessEventTarget(), {
      api,
      traces: false,
      metrics: false,
    }),
  ),
);
Deno.bench(
  "no SDK",
  { group },
  publisher(
    instrument(createInProcessEventTarget(), { api }),
  ),
);

class Reader extends MetricReader {
  protected override onForceFlush = () => Promise.resolve();
  protected override onShutdown = () => Promise.resolve();
}

/** The SDK as the API gives it, without taking the place of the global one. */
function sdk(): OpenTelemetryApi {
  const tracers = new BasicTracerProvider({ sampler: new AlwaysOnSampler() });
  const meters = new MeterProvider({ readers: [new Reader()] });
  const context = new AsyncLocalStorageContextManager().enable();
  const propagator = new W3CTraceContextPropagator();
  return {
    ...api,
    trace: {
      getTracer: (name) => tracers.getTracer(name),
      setSpan: (context, span) => api.trace.setSpan(context, span as api.Span),
    },
    metrics: { getMeter: (name) => meters.getMeter(name) },
    context: {
      active: () => context.active(),
      with: (active, run) => context.with(active, run),
    },
    propagation: {
      inject: (context, carrier) =>
        propagator.inject(context, carrier, api.defaultTextMapSetter),
      extract: (context, carrier) =>
        propagator.extract(context, carrier, api.defaultTextMapGetter),
      fields: () => propagator.fields(),
    },
  };
}

const traced = instrument(createInProcessEventTarget(), { api: sdk() });
Deno.bench("SDK", { group }, publisher(traced));

const hubs = Object.fromEntries(
  Array.from({ length: 10 }, (_, n) => [`hub-${n}`, traced]),
);
Deno.bench("the metrics of 10 targets, as text", () => {
  received += metricsText(hubs).length;
});

globalThis.addEventListener("unload", () => console.assert(received > 0));
