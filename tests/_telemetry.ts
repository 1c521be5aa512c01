// OpenTelemetry's own SDK, for one test at a time, and what it was told.

import * as api from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

export { api };

/** The SDK, set up as an application does it. */
export class Telemetry implements AsyncDisposable {
  readonly #spans = new InMemorySpanExporter();
  readonly #metrics = new InMemoryMetricExporter(
    AggregationTemporality.CUMULATIVE,
  );
  readonly #tracers = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(this.#spans)],
  });
  readonly #reader = new PeriodicExportingMetricReader({
    exporter: this.#metrics,
    exportIntervalMillis: 1_000_000,
  });
  readonly #meters = new MeterProvider({ readers: [this.#reader] });

  constructor(
    propagator: api.TextMapPropagator = new W3CTraceContextPropagator(),
  ) {
    api.context.setGlobalContextManager(
      new AsyncLocalStorageContextManager().enable(),
    );
    api.propagation.setGlobalPropagator(propagator);
    api.trace.setGlobalTracerProvider(this.#tracers);
    api.metrics.setGlobalMeterProvider(this.#meters);
  }

  /** The spans that have ended, in that order. */
  get spans() {
    return this.#spans.getFinishedSpans();
  }

  /** The values of all metrics now, by name. */
  async metrics() {
    this.#metrics.reset();
    await this.#reader.forceFlush();
    const byName = new Map<string, DataPoint<unknown>[]>();
    for (const { scopeMetrics } of this.#metrics.getMetrics()) {
      for (const { metrics } of scopeMetrics) {
        for (const { descriptor, dataPoints } of metrics) {
          byName.set(descriptor.name, dataPoints);
        }
      }
    }
    return byName;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tracers.shutdown();
    await this.#meters.shutdown();
    api.context.disable();
    api.propagation.disable();
    api.trace.disable();
    api.metrics.disable();
  }
}
