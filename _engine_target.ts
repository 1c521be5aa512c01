// The target on an engine: what it dispatches goes to the engine, what comes from
// there goes to its listeners.

import { deferred } from "./_deferred.ts";
import type { EngineSerializer } from "./_engine_codec.ts";
import { Engine, type EngineMember } from "./_engine.ts";
import {
  type EngineEventTarget,
  type EngineFault,
  type EngineOptions,
  engineOptions,
} from "./_engine_options.ts";
import type { EngineWire, EngineWireHandlers } from "./_engine_wire.ts";
import { isPublishableTopic } from "./_envelope_fault.ts";
import { reportUncaught, tell } from "./_listeners.ts";
import { Losses } from "./_losses.ts";
import { show } from "./_options.ts";
import { Source } from "./_origin.ts";
import { TopicTarget } from "./_topic_target.ts";
import type { EventEnvelope } from "./envelope.ts";
import type { TargetStats, TypedEvent } from "./typed_event_target.ts";

/** The implementation that every engine's target shares. */
export class EngineTarget<TEvent extends TypedEvent> extends TopicTarget<TEvent>
  implements EngineEventTarget<TEvent>, EngineMember {
  readonly losses: Losses = new Losses((loss) => this.onFault(loss));
  readonly #options: ReturnType<typeof engineOptions>;
  readonly #engine: Engine;
  readonly #source = new Source();
  readonly #closed = deferred<Error | undefined>();
  readonly #onAbort = () => void this.close();
  #closing: Promise<void> | undefined;

  constructor(
    connect: (handlers: EngineWireHandlers) => EngineWire,
    serializer: EngineSerializer,
    options: EngineOptions,
  ) {
    super();
    this.#options = engineOptions(options);
    const { maxFrameBytes, backpressureLimit, signal } = this.#options;
    signal?.throwIfAborted();
    const settings = { serializer, maxFrameBytes, backpressureLimit };
    this.#engine = new Engine(connect, settings);
    this.#engine.join(this);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** @throws {TypeError} When the target is on no engine. */
  static engineOf(target: unknown): Engine {
    if (target instanceof EngineTarget) return target.#engine;
    throw new TypeError(
      `Cannot use engine: ${
        show(target)
      } was made neither by createRedisEventTarget nor by createNatsEventTarget`,
    );
  }

  get closed(): Promise<Error | undefined> {
    return this.#closed.promise;
  }

  override send(envelope: EventEnvelope): void {
    this.#engine.publish(envelope, this.#source.next(), this.losses);
  }

  stats(): TargetStats {
    return this.#engine.stats();
  }

  flush(): Promise<void> {
    return this.#engine.flush();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#engine.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get takesErrors(): boolean {
    return this.#options.onError !== undefined;
  }

  isOwn(source: string): boolean {
    return !this.#options.echo && source === this.#source.name;
  }

  onEvent(envelope: EventEnvelope): void {
    this.listeners.deliver(envelope);
  }

  onFault(fault: EngineFault): void {
    tell(this.#options.onError, fault);
  }

  onUp(): Promise<void> {
    return Promise.resolve();
  }

  onEnded(error: Error | undefined): void {
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.listeners.clear();
    if (error) this.onFault({ error });
    this.#closed.resolve(error);
  }

  override onFirstListener(topic: string): void {
    if (isPublishableTopic(topic) && !this.#closing) {
      this.#engine.listen(this, topic);
    }
  }

  override onLastListener(topic: string): void {
    this.#engine.unlisten(this, topic);
  }

  override onListenerError(error: unknown, topic: string): void {
    if (this.#options.onError) this.onFault({ error, topic });
    else reportUncaught(error);
  }
}
