/**
 * Traces and metrics by OpenTelemetry: a span for each publish and each delivery,
 * joined across the wire, and what a target counts as metrics.
 *
 * The names are those of the semantic conventions for messaging:
 *
 * | span | metrics |
 * |---|---|
 * | `publish job.done:{id}`, producer | `messaging.client.sent.messages`, `messaging.client.operation.duration` |
 * | `process job.done:{id}`, consumer, for each listener that is called | `messaging.client.consumed.messages`, `messaging.process.duration` |
 *
 * Spans have the topic as `messaging.destination.name`. Metrics have no ids, of
 * which there may be any number, but `messaging.destination.template`. What
 * `stats()` counts is there as `alkpubsub.*`.
 *
 * The context of the publisher travels in members of the envelope besides `type`,
 * `id` and `payload`, those of the propagator that is set up: `traceparent`,
 * `tracestate` and `baggage` as a rule. Peers that trace nothing pass over them;
 * who sends an event says what trace it belongs to, as with HTTP. A subscription
 * of `createPubSub` is called to queue the event, and its span is that of the
 * queueing: a loop that is to go on with the trace runs in
 * `api.propagation.extract(api.context.active(), envelope)`.
 *
 * @example Deno's own exporter picks it up: `OTEL_DENO=true deno run …`
 * ```ts
 * import * as api from "@opentelemetry/api";
 * import { createEvent, createInProcessEventTarget } from "@alkdev/pubsub";
 * import { instrument } from "@alkdev/pubsub/opentelemetry";
 *
 * await using jobs = instrument(createInProcessEventTarget(), { api });
 * jobs.addEventListener("job.done", () => {}); // span "process job.done:{id}"
 * jobs.dispatchEvent(createEvent("job.done", "7", "ok")); // "publish job.done:{id}"
 * ```
 *
 * @module
 */

import { boolean, show } from "./_options.ts";
import { TelemetryTarget } from "./_telemetry_target.ts";
import type { OpenTelemetryApi } from "./_telemetry_types.ts";
import type { ClosableEventTarget, TypedEvent } from "./typed_event_target.ts";

export type {
  OpenTelemetryApi,
  OpenTelemetryAttributes,
  OpenTelemetryContext,
  OpenTelemetryMeter,
  OpenTelemetryMetricOptions,
  OpenTelemetryObservable,
  OpenTelemetryResult,
  OpenTelemetrySpan,
  OpenTelemetryTracer,
} from "./_telemetry_types.ts";

/** Options of {@linkcode instrument}. */
export interface InstrumentOptions {
  /** `import * as api from "@opentelemetry/api"`, from version 1.3 on. */
  api: OpenTelemetryApi;
  /**
   * A span for each publish and each delivery, and the context in what is sent.
   *
   * @default {true}
   */
  traces?: boolean | undefined;
  /**
   * Counts and durations, and what `stats()` counts.
   *
   * @default {true}
   */
  metrics?: boolean | undefined;
  /**
   * `messaging.client.id`: tells targets apart, whose numbers would be taken for
   * each other's.
   *
   * @default {"1"} for the first target of the process, `"2"` for the next one
   */
  clientId?: string | undefined;
}

/**
 * Wraps a target so that OpenTelemetry sees what goes through it.
 *
 * The listeners that are added and the events that are dispatched by what comes
 * back are seen; the target itself goes on as it is, and what only it has (the
 * connections of a hub, the state of a spoke) is there alone. A span of a listener
 * that gives back a promise ends when that settles. With neither traces nor
 * metrics, what comes back is the target. It is to be called once the SDK is in
 * place: before that OpenTelemetry's API gives meters that measure nothing.
 *
 * @typeParam TEvent The union of events that travel.
 * @param target Any target of this library.
 * @param options The API, and what is wanted.
 * @returns A target in its place, for `createPubSub` or by itself.
 * @throws {TypeError} When an option is wrong.
 *
 * @example A spoke that is traced
 * ```ts
 * import * as api from "@opentelemetry/api";
 * import { createPubSub, createInProcessEventTarget } from "@alkdev/pubsub";
 * import { instrument } from "@alkdev/pubsub/opentelemetry";
 *
 * const target = createInProcessEventTarget(); // or any other transport
 * const pubsub = createPubSub({
 *   eventTarget: instrument(target, { api, clientId: "worker-7" }),
 * });
 * pubsub.publish("job.done", "7", "ok");
 * await target.close();
 * ```
 */
export function instrument<TEvent extends TypedEvent>(
  target: ClosableEventTarget<TEvent>,
  options: InstrumentOptions,
): ClosableEventTarget<TEvent> {
  const { api, clientId }: Partial<InstrumentOptions> = Object(options);
  const traces = boolean("traces", options?.traces ?? true);
  const metrics = boolean("metrics", options?.metrics ?? true);
  if (
    typeof api?.trace?.getTracer !== "function" ||
    typeof api.metrics?.getMeter !== "function"
  ) {
    throw new TypeError(
      `Cannot use api: ${
        show(api)
      } is not what import * as api from "@opentelemetry/api" gives`,
    );
  }
  if (clientId !== undefined && typeof clientId !== "string") {
    throw new TypeError(
      `Cannot use clientId: ${show(clientId)} is not a string`,
    );
  }
  if (
    typeof target?.dispatchEvent !== "function" ||
    typeof target.stats !== "function"
  ) {
    throw new TypeError(
      `Cannot use target: ${show(target)} is no target of this library`,
    );
  }
  if (!traces && !metrics) return target;
  return new TelemetryTarget(target, {
    api,
    tracer: traces ? api.trace.getTracer(SCOPE) : undefined,
    meter: metrics ? api.metrics.getMeter(SCOPE) : undefined,
    attributes: {
      "messaging.system": "alkpubsub", // Its name before version 1.45.
      "messaging.system.name": "alkpubsub",
      "messaging.client.id": clientId ?? String(++instrumented),
    },
  });
}

/** The instrumentation scope. */
const SCOPE = "@alkdev/pubsub";

/** Targets that were given a number. */
let instrumented = 0;
