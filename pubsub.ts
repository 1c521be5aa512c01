/**
 * Publish by type, subscribe with `for await`, over any transport.
 *
 * ```ts
 * import { createPubSub } from "@alkdev/pubsub";
 *
 * const pubsub = createPubSub<{ "message.sent": { text: string } }>();
 *
 * const messages = pubsub.subscribe("message.sent", "room-1");
 * pubsub.publish("message.sent", "room-1", { text: "hello" });
 * for await (const { payload } of messages) {
 *   console.log(payload.text); // "hello"
 *   break;
 * }
 * ```
 *
 * @module
 */

import { publishFault } from "./_envelope_fault.ts";
import { tell } from "./_listeners.ts";
import { inLine, optionalFunction, show } from "./_options.ts";
import {
  type SubscribeOptions,
  type Subscription,
  SubscriptionQueue,
} from "./_subscription.ts";
import { isPlain } from "./_topic_target.ts";
import {
  assertPublishable,
  createEvent,
  type EventEnvelope,
  topicOf,
} from "./envelope.ts";
import { PayloadError, type PayloadIssue } from "./errors.ts";
import { createInProcessEventTarget } from "./in_process.ts";
import type {
  EventsOf,
  PubSubEventMap,
  TypedEvent,
  TypedEventTarget,
} from "./typed_event_target.ts";

export type { SubscribeOptions, Subscription } from "./_subscription.ts";

/**
 * A validator that keeps Standard Schema 1 (https://standardschema.dev), such
 * as those of Zod, Valibot and ArkType.
 *
 * @typeParam TOutput What it gives out.
 * @typeParam TInput What it takes.
 */
export interface PayloadSchema<TOutput = unknown, TInput = unknown> {
  /** The part that the standard names. */
  readonly "~standard": {
    /** The version of the standard. */
    readonly version: 1;
    /** Who made the validator. */
    readonly vendor: string;
    /** Checks a value. It MUST NOT give a promise here. */
    readonly validate: (
      value: unknown,
    ) => SchemaResult<TOutput> | Promise<SchemaResult<TOutput>>;
    /** Its types, for the compiler alone. */
    readonly types?:
      | { readonly input: TInput; readonly output: TOutput }
      | undefined;
  };
}

/** What a validator gives: a value, or what is wrong. */
export type SchemaResult<TPayload> =
  | { readonly value: TPayload; readonly issues?: undefined }
  | { readonly issues: readonly PayloadIssue[] };

/** What a schema gives out, and subscribers get. */
export type OutputOf<TSchema> = TSchema extends PayloadSchema<infer TOutput>
  ? TOutput
  : never;

/** What a schema takes, and `publish` with it. */
export type InputOf<TSchema> = TSchema extends {
  readonly "~standard": {
    readonly types?: { readonly input: infer TInput } | undefined;
  };
} ? unknown extends TInput ? OutputOf<TSchema> : TInput
  : OutputOf<TSchema>;

/** Options of {@linkcode createPubSub}. */
export interface PubSubOptions<TMap extends PubSubEventMap> {
  /**
   * What carries the events.
   *
   * @default {createInProcessEventTarget()}
   */
  eventTarget?: PubSubEventTarget<EventsOf<TMap>> | undefined;
  /**
   * What payloads have to be, by event type. What is published goes out as it
   * was given; subscribers get what the schema gives out.
   */
  schemas?:
    | { readonly [TType in keyof TMap]?: PayloadSchema<TMap[TType]> }
    | undefined;
  /**
   * An event arrived that does not match its schema, and is not delivered.
   *
   * @default {console.error}
   */
  onError?: ((fault: PubSubFault) => void) | undefined;
}

/** Options of {@linkcode createPubSub} that is typed by its schemas. */
export interface SchemaPubSubOptions<
  TSchemas extends { readonly [type: string]: PayloadSchema },
> extends
  Omit<
    PubSubOptions<
      { [TType in keyof TSchemas]: OutputOf<TSchemas[TType]> }
    >,
    "schemas"
  > {
  /** What payloads have to be, by event type; synchronous. */
  schemas: TSchemas;
}

/** A target of any make; the end of one that tells it ends what subscribes. */
export type PubSubEventTarget<TEvent extends TypedEvent> =
  & TypedEventTarget<TEvent>
  & {
    /** As a property, so that every type of the map has to be carried. */
    readonly dispatchEvent: (event: TEvent) => boolean;
    readonly closed?: Promise<Error | undefined>;
  };

/** What `onError` is told. */
export interface PubSubFault {
  /** A {@linkcode PayloadError}, or what the schema threw. */
  readonly error: unknown;
  /** The event that arrived. */
  readonly envelope: EventEnvelope;
}

/** The envelope of an event type. */
export type EnvelopeOf<
  TMap extends PubSubEventMap,
  TType extends keyof TMap & string,
> = TType extends string ? EventEnvelope<TType, TMap[TType]> : never;

/**
 * Publishes and subscribes, typed by an event map.
 *
 * @typeParam TMap Event types and the payload of each.
 * @typeParam TInputMap What `publish` takes, where a schema changes the type.
 */
export interface PubSub<
  TMap extends PubSubEventMap,
  TInputMap extends { readonly [TType in keyof TMap]: unknown } = TMap,
> {
  /**
   * Publishes an event.
   *
   * @param type Event type.
   * @param id What scopes the event within its type, or `""`.
   * @param payload What the event says.
   * @throws {PayloadError} When the payload does not match its schema.
   * @throws {TypeError} When the type is none that may be published, or its
   * schema gives a promise.
   * @throws What the target throws: a `ClosedError`, a `FrameError` and so on.
   */
  publish<TType extends keyof TMap & string>(
    type: TType,
    id: string,
    payload: TInputMap[TType],
  ): void;
  /**
   * Subscribes, from this call on.
   *
   * @param type Event type.
   * @param id Events of this id only; every event of the type when it is left
   * out or `""`.
   * @param options The queue, and a signal that ends the subscription.
   * @returns The envelopes, to iterate over.
   * @throws {TypeError | RangeError} When the type is none that may be
   * published, or an option is wrong.
   */
  subscribe<TType extends keyof TMap & string>(
    type: TType,
    id?: string,
    options?: SubscribeOptions,
  ): Subscription<EnvelopeOf<TMap, TType>>;
}

/**
 * Creates a pub/sub over a target: in process unless given another.
 *
 * @typeParam TSchemas The schema of each event type, which types it.
 * @param options The target, schemas, and whom to tell.
 * @returns The pub/sub.
 * @throws {TypeError} When an option is wrong.
 *
 * @example Payloads are checked where they are published and where they arrive
 * ```ts
 * import { createPubSub, PayloadError } from "@alkdev/pubsub";
 * import { z } from "zod";
 *
 * const pubsub = createPubSub({
 *   schemas: { "message.sent": z.object({ text: z.string().min(1) }) },
 * });
 * try {
 *   pubsub.publish("message.sent", "room-1", { text: "" });
 * } catch (error) {
 *   console.log(error instanceof PayloadError && error.issues[0]!.path); // ["text"]
 * }
 * ```
 */
export function createPubSub<
  TSchemas extends { readonly [type: string]: PayloadSchema },
>(
  options: SchemaPubSubOptions<TSchemas>,
): PubSub<
  { [TType in keyof TSchemas]: OutputOf<TSchemas[TType]> },
  { [TType in keyof TSchemas]: InputOf<TSchemas[TType]> }
>;
/**
 * Creates a pub/sub over a target: in process unless given another.
 *
 * @typeParam TMap Event types and the payload of each.
 * @param options The target, schemas, and whom to tell.
 * @returns The pub/sub.
 * @throws {TypeError} When an option is wrong.
 *
 * @example Typed by a map
 * ```ts
 * import { createPubSub } from "@alkdev/pubsub";
 *
 * const pubsub = createPubSub<{ "job.done": number }>();
 * pubsub.publish("job.done", "7", 1.5);
 * ```
 */
export function createPubSub<TMap extends PubSubEventMap = PubSubEventMap>(
  options?: PubSubOptions<TMap>,
): PubSub<TMap>;
export function createPubSub(
  options: PubSubOptions<PubSubEventMap> = {},
): PubSub<PubSubEventMap> {
  return new TargetPubSub<PubSubEventMap>(options);
}

class TargetPubSub<TMap extends PubSubEventMap> implements PubSub<TMap> {
  // By topics that are checked here; their types are for those who call.
  readonly #target: PubSubEventTarget<TypedEvent>;
  readonly #schemas: Record<string, PayloadSchema | undefined>;
  readonly #onError: (fault: PubSubFault) => void;
  readonly #life: TargetLife;
  /** What arrived, checked: one event may have several subscribers. */
  readonly #checked = new WeakMap<EventEnvelope, EventEnvelope | undefined>();

  constructor(options: PubSubOptions<TMap>) {
    const { eventTarget, schemas, onError } = options;
    this.#target = checkedTarget(eventTarget ?? createInProcessEventTarget());
    this.#schemas = checkedSchemas(schemas ?? {});
    this.#onError = optionalFunction("onError", onError) ?? console.error;
    this.#life = lifeOf(this.#target);
  }

  publish<TType extends keyof TMap & string>(
    type: TType,
    id: string,
    payload: TMap[TType],
  ): void {
    const envelope: EventEnvelope = { type, id, payload };
    assertPublishable(envelope);
    const schema = this.#schemas[type];
    if (schema) {
      validate(schema, payload, `Cannot publish ${inLine(topicOf(envelope))}`);
    }
    const target = this.#target;
    if (isPlain(target)) target.send(envelope);
    else target.dispatchEvent(createEvent<string, unknown>(type, id, payload));
  }

  subscribe<TType extends keyof TMap & string>(
    type: TType,
    id = "",
    options: SubscribeOptions = {},
  ): Subscription<EnvelopeOf<TMap, TType>> {
    const fault = publishFault({ type, id });
    if (fault !== undefined) throw new TypeError(`Cannot subscribe: ${fault}`);
    const topic = topicOf({ type, id });
    const listener = ({ detail }: TypedEvent) => {
      const envelope = this.#arrived(detail);
      if (envelope) queue.push(envelope);
    };
    const { queues, end } = this.#life;
    const queue = new SubscriptionQueue<EventEnvelope>(topic, options, () => {
      queues.delete(queue);
      this.#target.removeEventListener(topic, listener);
    });
    if (end) {
      queue.end(end.error);
    } else if (!queue.isEnded) {
      queues.add(queue);
      try {
        this.#target.addEventListener(topic, listener);
      } catch (error) {
        queue.end();
        throw error;
      }
    }
    return queue as Subscription<EventEnvelope> as Subscription<
      EnvelopeOf<TMap, TType>
    >;
  }

  /** An envelope as subscribers get it; `undefined` when it is not valid. */
  #arrived(envelope: EventEnvelope): EventEnvelope | undefined {
    const schema = this.#schemas[envelope.type];
    if (!schema) return envelope;
    if (!this.#checked.has(envelope)) {
      this.#checked.set(envelope, this.#checkArrived(schema, envelope));
    }
    return this.#checked.get(envelope);
  }

  #checkArrived(
    schema: PayloadSchema,
    envelope: EventEnvelope,
  ): EventEnvelope | undefined {
    const { type, id, payload } = envelope;
    const cannot = `Cannot deliver ${inLine(topicOf(envelope))}`;
    try {
      return { type, id, payload: validate(schema, payload, cannot) };
    } catch (error) {
      tell(this.#onError, { error, envelope });
      return undefined;
    }
  }
}

/** What ends when a target does. */
interface TargetLife {
  readonly queues: Set<SubscriptionQueue<EventEnvelope>>;
  end?: { readonly error: Error | undefined };
}

/**
 * One for all pub/subs of a target: what waits for a promise to settle cannot be
 * taken back, and would keep each of them for as long as the target lives.
 */
const lives = new WeakMap<object, TargetLife>();

function lifeOf(target: PubSubEventTarget<TypedEvent>): TargetLife {
  const known = lives.get(target);
  if (known) return known;
  const life: TargetLife = { queues: new Set() };
  lives.set(target, life);
  const onEnd = (error: Error | undefined) => {
    life.end = { error };
    for (const queue of life.queues) queue.end(error);
  };
  target.closed?.then(onEnd, onEnd);
  return life;
}

function checkedTarget(value: object): PubSubEventTarget<TypedEvent> {
  const target = value as PubSubEventTarget<TypedEvent>;
  if (
    typeof target?.dispatchEvent !== "function" ||
    typeof target.addEventListener !== "function"
  ) {
    throw new TypeError(
      `Cannot use eventTarget: ${show(value)} is not an event target`,
    );
  }
  return target;
}

/** Without a prototype: `constructor` is a type like any other. */
function checkedSchemas(
  schemas: { readonly [type: string]: PayloadSchema | undefined },
): Record<string, PayloadSchema | undefined> {
  if (Object.prototype.toString.call(schemas) !== "[object Object]") {
    throw new TypeError(
      `Cannot use schemas: ${show(schemas)} does not hold a schema per type`,
    );
  }
  for (const [type, schema] of Object.entries(schemas)) {
    const fault = publishFault({ type, id: "" });
    if (fault !== undefined) {
      throw new TypeError(`Cannot use schema of ${type}: ${fault}`);
    }
    if (schema === undefined) continue;
    if (typeof schema?.["~standard"]?.validate !== "function") {
      throw new TypeError(
        `Cannot use schema of ${type}: ${
          show(schema)
        } has no "~standard".validate`,
      );
    }
  }
  return Object.assign(Object.create(null), schemas);
}

/**
 * The value that a schema gives out.
 *
 * @throws {PayloadError} When the payload does not match it.
 */
function validate(
  schema: PayloadSchema,
  payload: unknown,
  cannot: string,
): unknown {
  const result = schema["~standard"].validate(payload);
  if (typeof (result as Promise<unknown>).then === "function") {
    (result as Promise<unknown>).then(null, () => {});
    throw new TypeError(
      `${cannot}: its schema gives a promise, and has to be synchronous`,
    );
  }
  const { issues, value } = result as Exclude<
    SchemaResult<unknown> & { value?: unknown },
    Promise<unknown>
  >;
  if (!issues) return value;
  throw new PayloadError(
    `${cannot}: ${issuesInWords(issues)}`,
    issues,
  );
}

/** The first issues: a payload of a peer may have any number. */
function issuesInWords(issues: readonly PayloadIssue[]): string {
  const words = issues.slice(0, 3).map(({ message, path }) => {
    const keys = path?.map((part) =>
      String(typeof part === "object" ? part.key : part)
    );
    const at = keys?.length ? `payload.${keys.join(".")}: ` : "";
    return inLine(at + message, 200);
  });
  const others = issues.length - words.length;
  if (others > 0) words.push(`and ${others} more`);
  return words.join("; ");
}
