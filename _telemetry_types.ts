// OpenTelemetry's API, by what is used of it: the npm package `@opentelemetry/api`
// from version 1.3 on.

/** Values by name. */
export type OpenTelemetryAttributes = Record<string, string | number | boolean>;

/** What belongs together: immutable, made by the API. */
export interface OpenTelemetryContext {
  /** A value in it. */
  getValue(key: symbol): unknown;
  /** A copy with another value. */
  setValue(key: symbol, value: unknown): OpenTelemetryContext;
  /** A copy without a value. */
  deleteValue(key: symbol): OpenTelemetryContext;
}

/** One operation in a trace. */
export interface OpenTelemetrySpan {
  /** Whether anybody is going to see it. */
  isRecording(): boolean;
  /** Sets a value. */
  setAttribute(key: string, value: string): unknown;
  /** Says whether it failed. */
  setStatus(status: { code: number; message?: string }): unknown;
  /** Takes an error down. */
  recordException(exception: Error | string): void;
  /** Ends it. */
  end(): void;
}

/** Makes spans. */
export interface OpenTelemetryTracer {
  /** Starts a span. */
  startSpan(
    name: string,
    options: { kind: number; attributes: OpenTelemetryAttributes },
    context: OpenTelemetryContext,
  ): OpenTelemetrySpan;
}

/** How a metric is described. */
export interface OpenTelemetryMetricOptions {
  /** What it counts. */
  description?: string;
  /** In UCUM. */
  unit?: string;
  /** The bounds of a histogram. */
  advice?: { explicitBucketBoundaries?: number[] };
}

/** A metric that asks for its value. */
export interface OpenTelemetryObservable {
  /** Has a callback asked at each collection. */
  addCallback(callback: () => void): void;
}

/** What takes the values of several metrics. */
export interface OpenTelemetryResult {
  /** One value. */
  observe(
    metric: OpenTelemetryObservable,
    value: number,
    attributes?: OpenTelemetryAttributes,
  ): void;
}

/** Makes metrics. */
export interface OpenTelemetryMeter {
  /** What is added up. */
  createCounter(
    name: string,
    options?: OpenTelemetryMetricOptions,
  ): { add(value: number, attributes?: OpenTelemetryAttributes): void };
  /** What is distributed. */
  createHistogram(
    name: string,
    options?: OpenTelemetryMetricOptions,
  ): { record(value: number, attributes?: OpenTelemetryAttributes): void };
  /** A sum that only grows. */
  createObservableCounter(
    name: string,
    options?: OpenTelemetryMetricOptions,
  ): OpenTelemetryObservable;
  /** A sum that goes up and down. */
  createObservableUpDownCounter(
    name: string,
    options?: OpenTelemetryMetricOptions,
  ): OpenTelemetryObservable;
  /** A value that cannot be added up. */
  createObservableGauge(
    name: string,
    options?: OpenTelemetryMetricOptions,
  ): OpenTelemetryObservable;
  /** Has a callback asked for several values at each collection. */
  addBatchObservableCallback(
    callback: (result: OpenTelemetryResult) => void,
    metrics: OpenTelemetryObservable[],
  ): void;
  /** Asks it no more. */
  removeBatchObservableCallback(
    callback: (result: OpenTelemetryResult) => void,
    metrics: OpenTelemetryObservable[],
  ): void;
}

/** The API: `import * as api from "@opentelemetry/api"`. */
export interface OpenTelemetryApi {
  /** What is going on here. */
  readonly context: {
    active(): OpenTelemetryContext;
    with<T>(context: OpenTelemetryContext, fn: () => T): T;
  };
  /** How a context travels. */
  readonly propagation: {
    inject(context: OpenTelemetryContext, carrier: object): void;
    extract(
      context: OpenTelemetryContext,
      carrier: object,
    ): OpenTelemetryContext;
    fields(): string[];
  };
  /** Spans. */
  readonly trace: {
    getTracer(name: string, version?: string): OpenTelemetryTracer;
    setSpan(
      context: OpenTelemetryContext,
      span: OpenTelemetrySpan,
    ): OpenTelemetryContext;
  };
  /** Metrics. */
  readonly metrics: {
    getMeter(name: string, version?: string): OpenTelemetryMeter;
  };
  /** The kinds of spans, as numbers. */
  readonly SpanKind: { readonly PRODUCER: number; readonly CONSUMER: number };
  /** How spans end, as numbers. */
  readonly SpanStatusCode: { readonly ERROR: number };
}
