// Publishing and processing, as the semantic conventions for messaging have it
// (https://opentelemetry.io/docs/specs/semconv/messaging/): spans and metrics of
// one operation.

import type {
  OpenTelemetryApi,
  OpenTelemetryAttributes,
  OpenTelemetryContext,
  OpenTelemetryMeter,
  OpenTelemetryTracer,
} from "./_telemetry_types.ts";
import { show } from "./_options.ts";
import { type EventEnvelope, topicOf } from "./envelope.ts";

/** The buckets that the conventions give to durations, in seconds. */
const BOUNDARIES = [
  0.005,
  0.01,
  0.025,
  0.05,
  0.075,
  0.1,
  0.25,
  0.5,
  0.75,
  1,
  2.5,
  5,
  7.5,
  10,
];

/** What is done with an event. */
interface OperationKind {
  /** `messaging.operation.name`, and the beginning of the span's name. */
  readonly name: "publish" | "process";
  /** `messaging.operation.type`. */
  readonly type: "send" | "process";
  readonly kind: "PRODUCER" | "CONSUMER";
  readonly count: string;
  readonly duration: string;
}

const PUBLISH: OperationKind = {
  name: "publish",
  type: "send",
  kind: "PRODUCER",
  count: "messaging.client.sent.messages",
  duration: "messaging.client.operation.duration",
};

const PROCESS: OperationKind = {
  name: "process",
  type: "process",
  kind: "CONSUMER",
  count: "messaging.client.consumed.messages",
  duration: "messaging.process.duration",
};

/** Who takes part. */
export interface Telemetry {
  readonly api: OpenTelemetryApi;
  /** None when nothing is to be traced. */
  readonly tracer: OpenTelemetryTracer | undefined;
  /** None when nothing is to be measured. */
  readonly meter: OpenTelemetryMeter | undefined;
  /** Of the target, in all that it does. */
  readonly attributes: OpenTelemetryAttributes;
}

/** One kind of operation of one target. */
export class Operation {
  readonly #kind: OperationKind;
  readonly #telemetry: Telemetry;
  readonly #count: ReturnType<OpenTelemetryMeter["createCounter"]> | undefined;
  readonly #duration:
    | ReturnType<OpenTelemetryMeter["createHistogram"]>
    | undefined;

  private constructor(kind: OperationKind, telemetry: Telemetry) {
    this.#kind = kind;
    this.#telemetry = telemetry;
    const { meter } = telemetry;
    this.#count = meter?.createCounter(kind.count, {
      unit: "{message}",
      description: `Events that were given to ${kind.name}`,
    });
    this.#duration = meter?.createHistogram(kind.duration, {
      unit: "s",
      description: `How long it takes to ${kind.name} an event`,
      advice: { explicitBucketBoundaries: BOUNDARIES },
    });
  }

  static publish(telemetry: Telemetry): Operation {
    return new Operation(PUBLISH, telemetry);
  }

  static process(telemetry: Telemetry): Operation {
    return new Operation(PROCESS, telemetry);
  }

  /**
   * Runs it, be it asynchronous.
   *
   * @param parent The context that it belongs to.
   * @param run Gets the context that is its own, in which it runs.
   */
  run<T>(
    envelope: EventEnvelope,
    parent: OpenTelemetryContext,
    run: (context: OpenTelemetryContext) => T,
  ): T {
    const { api, tracer, attributes } = this.#telemetry;
    const { name, type, kind } = this.#kind;
    const destination = destinationOf(envelope);
    const span = tracer?.startSpan(`${name} ${destination.template}`, {
      kind: api.SpanKind[kind],
      attributes: {
        ...attributes,
        "messaging.operation.name": name,
        "messaging.operation.type": type,
        ...destination.attributes,
        "messaging.destination.name": topicOf(envelope),
      },
    }, parent);
    const context = span ? api.trace.setSpan(parent, span) : parent;
    const from = performance.now();
    const end = (error?: unknown, isError = false) => {
      const errorType = isError ? kindOf(error) : undefined;
      this.#measure(destination.attributes, from, errorType);
      if (isError && span) {
        span.setAttribute("error.type", kindOf(error));
        const message = error instanceof Error ? error.message : show(error);
        span.recordException(error instanceof Error ? error : message);
        span.setStatus({ code: api.SpanStatusCode.ERROR, message });
      }
      span?.end();
    };
    let result: T;
    try {
      result = api.context.with(context, () => run(context));
    } catch (error) {
      end(error, true);
      throw error;
    }
    if (result instanceof Promise) {
      // Unhandled it stays unhandled.
      void result.then(() => end(), (error) => {
        end(error, true);
        throw error;
      });
    } else end();
    return result;
  }

  #measure(
    destination: OpenTelemetryAttributes,
    from: number,
    errorType: string | undefined,
  ): void {
    if (!this.#count) return;
    const attributes: OpenTelemetryAttributes = {
      ...this.#telemetry.attributes,
      ...destination,
      "messaging.operation.name": this.#kind.name,
      "messaging.operation.type": this.#kind.type,
    };
    if (errorType !== undefined) attributes["error.type"] = errorType;
    this.#count.add(1, attributes);
    this.#duration!.record((performance.now() - from) / 1000, attributes);
  }
}

/** Where an event goes, by the few values that there are of that. */
function destinationOf({ type, id }: EventEnvelope): {
  readonly template: string;
  readonly attributes: OpenTelemetryAttributes;
} {
  if (id === "") {
    return {
      template: type,
      attributes: { "messaging.destination.name": type },
    };
  }
  const template = `${type}:{id}`;
  return {
    template,
    attributes: { "messaging.destination.template": template },
  };
}

/** `error.type`: the code where there is one, which is stable. */
function kindOf(error: unknown): string {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  if (typeof code === "string") return code;
  return typeof name === "string" ? name : "_OTHER";
}
