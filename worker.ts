/**
 * Between a worker and the thread that made it, and over any `MessagePort`. Both
 * ends are alike: what one dispatches reaches the listeners of the other.
 * Envelopes are carried by structured clone, so that payloads may hold what JSON
 * cannot: `Map`, `Date`, `BigInt`, typed arrays.
 *
 * @example Two ends of a channel; a worker and its host work the same
 * ```ts
 * import { createEvent } from "@alkdev/pubsub";
 * import { createWorkerHostEventTarget } from "@alkdev/pubsub/event-target-worker";
 *
 * const { port1, port2 } = new MessageChannel();
 * const here = createWorkerHostEventTarget(port1);
 * const there = createWorkerHostEventTarget(port2);
 *
 * there.addEventListener("job.done:7", (event) => {
 *   console.log(event.detail.payload); // Map(1) { "took" => 5n }
 * });
 * here.dispatchEvent(createEvent("job.done", "7", new Map([["took", 5n]])));
 * await here.flush(); // The other end has the event.
 *
 * await Promise.all([here.close(), there.close()]);
 * port1.close();
 * port2.close();
 * ```
 *
 * @module
 */

import { type Deferred, deferred } from "./_deferred.ts";
import { envelopeFault } from "./_envelope_fault.ts";
import { reportUncaught, tell } from "./_listeners.ts";
import { optionalFunction, optionalSignal } from "./_options.ts";
import { TopicTarget } from "./_topic_target.ts";
import { Traffic } from "./_traffic.ts";
import { giveLife, watchLife } from "./_worker_life.ts";
import type { WorkerLike } from "./_worker_types.ts";
import { parentOf, type Wire, wireOf } from "./_worker_wire.ts";
import { type EventEnvelope, isControlType } from "./envelope.ts";
import { ClosedError, ConnectionError, EnvelopeError } from "./errors.ts";
import type {
  ClosableEventTarget,
  TargetStats,
  TypedEvent,
} from "./typed_event_target.ts";

export type {
  EmittingWorkerLike,
  ListeningWorkerLike,
  WorkerLike,
} from "./_worker_types.ts";

/** Options of both ends. */
export interface WorkerEventTargetOptions {
  /**
   * A listener threw, what arrived is not an envelope, or the worker reported
   * an error. Without it what a listener throws is reported as on any
   * `EventTarget`.
   */
  onError?: ((fault: WorkerFault) => void) | undefined;
  /** Closes the target when it aborts. */
  signal?: AbortSignal | undefined;
}

/** What `onError` is told. */
export interface WorkerFault {
  /** What went wrong. */
  readonly error: unknown;
  /** The topic of the listener that threw. */
  readonly topic?: string | undefined;
}

/**
 * One end of a wire between two threads.
 *
 * `dispatchEvent` throws the `DataCloneError` of the platform when the payload
 * cannot be cloned. `closed` resolves with a `ConnectionError` when the worker
 * dies, as far as the platform says so. `close()` leaves the worker or the port
 * as it is; whoever is about to terminate it awaits `flush()` first.
 *
 * @typeParam TEvent The union of events that travel.
 */
export type WorkerEventTarget<TEvent extends TypedEvent = TypedEvent> =
  ClosableEventTarget<TEvent>;

/**
 * The host's end: talks to a worker that it made, or over a `MessagePort`.
 *
 * @typeParam TEvent The union of events that travel.
 * @param worker A `Worker` of the web platform or of `node:worker_threads`, or
 * a `MessagePort`. It stays the caller's.
 * @param options Whom to tell, and a signal.
 * @returns A target whose events go to the other end and come from it.
 * @throws {TypeError} When an argument is wrong.
 *
 * @example
 * ```ts
 * import { createEvent } from "@alkdev/pubsub";
 * import { createWorkerHostEventTarget } from "@alkdev/pubsub/event-target-worker";
 *
 * function upperCase(worker: Worker, text: string): Promise<unknown> {
 *   const target = createWorkerHostEventTarget(worker);
 *   return new Promise((resolve) => {
 *     target.addEventListener("job.done:1", (event) => {
 *       resolve(event.detail.payload);
 *       void target.close();
 *     });
 *     target.dispatchEvent(createEvent("job.sent", "1", text));
 *   });
 * }
 * console.log(typeof upperCase);
 * ```
 */
export function createWorkerHostEventTarget<
  TEvent extends TypedEvent = TypedEvent,
>(
  worker: WorkerLike,
  options: WorkerEventTargetOptions = {},
): WorkerEventTarget<TEvent> {
  return new WireTarget<TEvent>("host", wireOf(worker), options);
}

/**
 * The worker's end: talks to the thread that made this worker. Called at the
 * top of the worker's module it misses nothing.
 *
 * @typeParam TEvent The union of events that travel.
 * @param options Whom to tell, and a signal.
 * @returns A target whose events go to the other end and come from it.
 * @throws {TypeError} When this is no worker, or an option is wrong.
 *
 * @example At the top of a worker's module
 * ```ts
 * import { createEvent } from "@alkdev/pubsub";
 * import { createWorkerThreadEventTarget } from "@alkdev/pubsub/event-target-worker";
 *
 * if ("WorkerGlobalScope" in globalThis) {
 *   const host = createWorkerThreadEventTarget();
 *   host.addEventListener("job.sent", ({ detail: { id } }) => {
 *     host.dispatchEvent(createEvent("job.done", id, null));
 *   });
 * }
 * ```
 */
export function createWorkerThreadEventTarget<
  TEvent extends TypedEvent = TypedEvent,
>(options: WorkerEventTargetOptions = {}): WorkerEventTarget<TEvent> {
  return new WireTarget<TEvent>("thread", wireOf(parentOf(), true), options);
}

/**
 * Turns of the event loop without a message after which none is to come from a
 * worker that has gone. The news of its end can overtake what it sent before
 * (measured on Deno 2.9: most of it, when the host is busy).
 */
const QUIET_TURNS = 5;

class WireTarget<TEvent extends TypedEvent> extends TopicTarget<TEvent>
  implements ClosableEventTarget<TEvent> {
  readonly #role: "host" | "thread";
  readonly #wire: Wire;
  readonly #onError: WorkerEventTargetOptions["onError"];
  readonly #closed = deferred<Error | undefined>();
  readonly #pings = new Map<string, Deferred<void>>();
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => void this.close();
  /** Another target may ask over the same wire. */
  readonly #pingPrefix = Math.random().toString(36).slice(2);
  #lastPing = 0;
  readonly #traffic = new Traffic();
  /** Milliseconds that the last one took that was answered. */
  #rtt: number | undefined;
  /** Messages so far. */
  #received = 0;
  /** This worker's sign of life. */
  #life: Promise<string | undefined> | undefined;
  /** Stops watching the worker's. */
  #unwatch: (() => void) | undefined;
  /** How the worker went, until what it sent has arrived. */
  #gone: { readonly why: string; readonly cause: unknown } | undefined;
  #quietTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #failure: Error | undefined;

  constructor(
    role: "host" | "thread",
    wire: Wire,
    options: WorkerEventTargetOptions,
  ) {
    super();
    this.#role = role;
    this.#wire = wire;
    this.#onError = optionalFunction("onError", options.onError);
    this.#signal = optionalSignal(options.signal);
    this.#signal?.throwIfAborted();
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    wire.open({
      onMessage: (message) => this.#onMessage(message),
      onError: (error) => this.#report({ error }),
      onEnd: (why, cause) => this.#onGone(why, cause),
    });
    if (role === "host") this.#control("__watch", null);
    else this.#tellLife();
  }

  get closed(): Promise<Error | undefined> {
    return this.#closed.promise;
  }

  override send(envelope: EventEnvelope): void {
    this.#assertNotClosed("dispatch event");
    this.#wire.post(envelope);
    this.#traffic.sent(0);
  }

  stats(): TargetStats {
    const rtt = this.#rtt;
    return { ...this.#traffic, bufferedBytes: 0, reconnects: 0, rtt };
  }

  async flush(): Promise<void> {
    this.#assertNotClosed("flush");
    const id = `${this.#pingPrefix}/${++this.#lastPing}`;
    const pong = deferred<void>();
    this.#pings.set(id, pong);
    const from = performance.now();
    this.#control("__ping", null, id);
    await pong.promise;
    this.#rtt = performance.now() - from;
  }

  close(): Promise<void> {
    if (!this.#isClosed && this.#role === "thread") {
      this.#control("__close", null);
    }
    this.#end(undefined);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  override onListenerError(error: unknown, topic: string): void {
    if (this.#onError) this.#report({ error, topic });
    else reportUncaught(error);
  }

  #onMessage(message: unknown): void {
    this.#received++;
    const fault = envelopeFault(message);
    if (fault !== undefined) {
      // Other parts of the application may talk over the same wire.
      const error = new EnvelopeError(`Cannot decode envelope: ${fault}`);
      return this.#report({ error });
    }
    const envelope = message as EventEnvelope;
    if (isControlType(envelope.type)) this.#onControl(envelope);
    else {
      this.#traffic.received(0);
      this.listeners.deliver(envelope);
    }
  }

  #control(type: string, payload: unknown, id = ""): void {
    this.#wire.post({ type, id, payload });
  }

  #onControl({ type, id, payload }: EventEnvelope): void {
    switch (type) {
      case "__ping":
        return this.#pong(id);
      case "__pong":
        this.#pings.get(id)?.resolve();
        this.#pings.delete(id);
        return;
      case "__watch":
        return this.#tellLife();
      case "__life":
        return this.#watch(payload);
      case "__close":
        // The worker goes on without its target; a host's may come and go.
        if (this.#role === "host") this.#end(undefined);
    }
    // Any other one is of a newer peer, or of another transport.
  }

  /** A worker's host that has the pong can watch it, too. */
  #pong(id: string): void {
    if (!this.#life) return this.#control("__pong", null, id);
    void this.#life.then(() => {
      if (!this.#isClosed) this.#control("__pong", null, id);
    });
  }

  /** Tells the host how it can watch this worker. */
  #tellLife(): void {
    if (this.#role === "host") return;
    this.#life = giveLife();
    void this.#life?.then((name) => {
      if (name && !this.#isClosed) this.#control("__life", { name });
    });
  }

  #watch(payload: unknown): void {
    const name = (payload as { name?: unknown } | null)?.name;
    if (this.#role === "thread" || typeof name !== "string") return;
    this.#unwatch ??= watchLife(
      name,
      () => this.#onGone("the worker has ended"),
    );
  }

  /** The worker has gone; all that it sent may still be on its way. */
  #onGone(why: string, cause?: unknown): void {
    const isFirst = !this.#gone;
    // What it threw says more than that it has ended, whichever comes first.
    if (isFirst || cause !== undefined) this.#gone = { why, cause };
    if (isFirst) this.#awaitQuiet(QUIET_TURNS);
  }

  #awaitQuiet(turns: number): void {
    const before = this.#received;
    this.#quietTimer = setTimeout(() => {
      if (this.#received !== before) this.#awaitQuiet(QUIET_TURNS);
      else if (turns > 1) this.#awaitQuiet(turns - 1);
      else this.#lose();
    });
  }

  #lose(): void {
    const { why, cause } = this.#gone!;
    this.#end(new ConnectionError(`Connection lost: ${why}`, { cause }));
  }

  #end(failure: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#failure = failure;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#wire.release();
    this.#unwatch?.();
    clearTimeout(this.#quietTimer);
    this.listeners.clear();
    const error = failure ?? this.#closedError("flush");
    for (const pong of this.#pings.values()) pong.reject(error);
    this.#pings.clear();
    if (failure) this.#report({ error: failure });
    this.#closed.resolve(failure);
  }

  #assertNotClosed(action: string): void {
    if (this.#isClosed) throw this.#closedError(action);
  }

  #closedError(action: string): ClosedError {
    return new ClosedError(`Cannot ${action}: the target is closed`, {
      cause: this.#failure,
    });
  }

  #report(fault: WorkerFault): void {
    tell(this.#onError, fault);
  }
}
