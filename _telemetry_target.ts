// A target that says what it does: the one that it wraps does it.

import type { EventEnvelope } from "./envelope.ts";
import { Operation, type Telemetry } from "./_telemetry_messaging.ts";
import { observeStats } from "./_telemetry_stats.ts";
import type {
  OpenTelemetryApi,
  OpenTelemetryContext,
} from "./_telemetry_types.ts";
import type {
  ClosableEventTarget,
  EventOf,
  TargetStats,
  TopicOf,
  TypedEvent,
  TypedEventListener,
} from "./typed_event_target.ts";

type AnyListener = TypedEventListener<TypedEvent>;

/** A target in front of another. */
export class TelemetryTarget<TEvent extends TypedEvent>
  implements ClosableEventTarget<TEvent> {
  readonly #target: ClosableEventTarget<TEvent>;
  readonly #telemetry: Telemetry;
  readonly #publish: Operation;
  readonly #process: Operation;
  /** One for each: a listener that is added twice counts once. */
  readonly #listeners = new WeakMap<object, AnyListener>();

  constructor(target: ClosableEventTarget<TEvent>, telemetry: Telemetry) {
    this.#target = target;
    this.#telemetry = telemetry;
    this.#publish = Operation.publish(telemetry);
    this.#process = Operation.process(telemetry);
    const { meter, attributes } = telemetry;
    if (!meter) return;
    observeStats(meter, () => target.stats(), attributes, target.closed);
  }

  get closed(): Promise<Error | undefined> {
    return this.#target.closed;
  }

  addEventListener<TTopic extends TopicOf<TEvent>>(
    topic: TTopic,
    listener: TypedEventListener<EventOf<TEvent, TTopic>> | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    this.#target.addEventListener(topic, this.#wrapped(listener), options);
  }

  removeEventListener<TTopic extends TopicOf<TEvent>>(
    topic: TTopic,
    listener: TypedEventListener<EventOf<TEvent, TTopic>> | null,
    options?: boolean | EventListenerOptions,
  ): void {
    this.#target.removeEventListener(topic, this.#wrapped(listener), options);
  }

  dispatchEvent(event: TEvent): boolean {
    const envelope: EventEnvelope | undefined = event?.detail;
    // What is no envelope is for the target to refuse.
    if (typeof envelope?.type !== "string" || typeof envelope.id !== "string") {
      return this.#target.dispatchEvent(event);
    }
    const { api, tracer } = this.#telemetry;
    const active = api.context.active();
    return this.#publish.run(envelope, active, (context) => {
      if (!tracer) return this.#target.dispatchEvent(event);
      const { propagation } = api;
      // What is passed on belongs to another operation.
      const rest: Record<string, unknown> = { ...envelope };
      for (const field of propagation.fields()) delete rest[field];
      const carrier = {};
      propagation.inject(context, carrier);
      const { type, id, payload } = envelope;
      const detail = { ...rest, ...carrier, type, id, payload };
      return this.#target.dispatchEvent(
        new CustomEvent(event.type, { detail }) as TEvent,
      );
    });
  }

  stats(): TargetStats {
    return this.#target.stats();
  }

  flush(): Promise<void> {
    return this.#target.flush();
  }

  close(): Promise<void> {
    return this.#target.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What is no listener is for the target to refuse. */
  #wrapped<TListener>(listener: TListener): TListener {
    const isListener = typeof listener === "function" ||
      typeof listener === "object" && listener !== null;
    if (!isListener) return listener;
    let wrapped = this.#listeners.get(listener);
    if (!wrapped) {
      wrapped = this.#wrap(listener as AnyListener);
      this.#listeners.set(listener, wrapped);
    }
    return wrapped as TListener;
  }

  #wrap(listener: AnyListener): AnyListener {
    const call = (event: TypedEvent, run: () => unknown) => {
      const { api, tracer } = this.#telemetry;
      const { detail } = event;
      const active = api.context.active();
      const sender = tracer ? senderOf(api, active, detail) : active;
      return this.#process.run(detail, sender, run);
    };
    return typeof listener === "function"
      ? function (this: unknown, event) {
        return call(event, () => listener.call(this, event));
      }
      : {
        handleEvent: (event) => call(event, () => listener.handleEvent(event)),
      };
  }
}

/** The context that an event brings along; a peer may send anything. */
function senderOf(
  api: OpenTelemetryApi,
  active: OpenTelemetryContext,
  envelope: EventEnvelope,
): OpenTelemetryContext {
  const { type: _type, id: _id, payload: _payload, ...rest } = envelope;
  const texts = Object.entries(rest).filter(([, value]) =>
    typeof value === "string"
  );
  try {
    return api.propagation.extract(active, Object.fromEntries(texts));
  } catch {
    return active;
  }
}
