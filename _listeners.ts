// The listeners of a target, by topic: the semantics of a web `EventTarget`
// (https://dom.spec.whatwg.org/#interface-eventtarget), plus the two facts that
// a transport needs: when a topic gets its first listener, when it loses its
// last.

import { optionalSignal, show } from "./_options.ts";
import { type EventEnvelope, topicOf } from "./envelope.ts";

type Callback =
  | ((event: Event) => unknown)
  | { handleEvent(event: Event): unknown };

interface Listener {
  readonly callback: Callback;
  readonly capture: boolean;
  readonly once: boolean;
  removed: boolean;
  /** Stops listening to the signal. */
  release: (() => void) | undefined;
}

/** What the owner of the listeners is told. */
export interface ListenersOwner {
  /** A topic gets its first listener; throwing refuses it. */
  onFirstListener?(topic: string): void;
  /** A topic lost its last listener. */
  onLastListener?(topic: string): void;
  /** A listener threw. */
  onListenerError(error: unknown, topic: string): void;
}

/** Listeners by topic. */
export class TopicListeners {
  readonly #owner: ListenersOwner;
  readonly #target: object;
  /** The arrays are replaced, never changed: a dispatch walks a snapshot. */
  readonly #byTopic = new Map<string, readonly Listener[]>();

  /** Whether any of the topics had an id so far. */
  #hasIds = false;

  /** @param target `event.target` of what is delivered. */
  constructor(owner: ListenersOwner, target: object = owner) {
    this.#owner = owner;
    this.#target = target;
  }

  /** The topics that have a listener. */
  topics(): Iterable<string> {
    return this.#byTopic.keys();
  }

  /** `EventTarget.addEventListener`. */
  add(
    topic: string,
    callback: Callback | null | undefined,
    options: boolean | AddEventListenerOptions | null | undefined,
  ): void {
    const { capture, once, signal } = flatten(options);
    assertCallback(callback);
    if (!callback || signal?.aborted) return;
    topic = String(topic);
    const listeners = this.#byTopic.get(topic);
    if (listeners?.some((one) => isSame(one, callback, capture))) return;
    // First, so that nothing is added when it throws.
    if (!listeners) this.#owner.onFirstListener?.(topic);
    const listener: Listener = {
      callback,
      capture,
      once,
      removed: false,
      release: undefined,
    };
    if (signal) {
      const onAbort = () => this.#drop(topic, listener);
      signal.addEventListener("abort", onAbort, { once: true });
      listener.release = () => signal.removeEventListener("abort", onAbort);
    }
    this.#hasIds ||= topic.includes(":");
    this.#byTopic.set(topic, listeners ? [...listeners, listener] : [listener]);
  }

  /** `EventTarget.removeEventListener`. */
  remove(
    topic: string,
    callback: Callback | null | undefined,
    options: boolean | EventListenerOptions | null | undefined,
  ): void {
    const { capture } = flatten(options);
    assertCallback(callback);
    topic = String(topic);
    const listener = this.#byTopic.get(topic)
      ?.find((one) => isSame(one, callback, capture));
    if (listener) this.#drop(topic, listener);
  }

  /** Removes every listener, and says nothing of it. */
  clear(): void {
    for (const listeners of this.#byTopic.values()) {
      for (const listener of listeners) {
        listener.removed = true;
        listener.release?.();
      }
    }
    this.#byTopic.clear();
  }

  /** Calls the listeners of the envelope's topic, then those of its type. */
  deliver(envelope: EventEnvelope): void {
    // Putting a topic together and hashing it takes as long as all the rest.
    if (this.#hasIds && envelope.id) {
      this.#dispatch(topicOf(envelope), envelope);
    }
    this.#dispatch(envelope.type, envelope);
  }

  #drop(topic: string, listener: Listener): void {
    if (listener.removed) return;
    listener.removed = true;
    listener.release?.();
    const left = this.#byTopic.get(topic)!.filter((one) => one !== listener);
    if (left.length > 0) {
      this.#byTopic.set(topic, left);
    } else {
      this.#byTopic.delete(topic);
      this.#owner.onLastListener?.(topic);
    }
  }

  #dispatch(topic: string, envelope: EventEnvelope): void {
    if (!this.#byTopic.has(topic)) return;
    const event = new TopicEvent(topic, envelope, this.#target);
    // At the target, capturing listeners come first (DOM, "dispatch").
    for (const capture of [true, false]) {
      for (const listener of this.#byTopic.get(topic) ?? []) {
        if (listener.capture !== capture || listener.removed) continue;
        if (listener.once) this.#drop(topic, listener);
        this.#call(listener.callback, event);
        if (event.stopped) return event.leave();
      }
      if (event.cancelBubble) break;
    }
    event.leave();
  }

  #call(callback: Callback, event: TopicEvent): void {
    try {
      if (typeof callback === "function") callback.call(this.#target, event);
      // What has no such method throws the TypeError that it is to throw.
      else callback.handleEvent(event);
    } catch (error) {
      this.#owner.onListenerError(error, event.type);
    }
  }
}

/** The event that listeners get: as dispatched at a target by the platform. */
class TopicEvent extends CustomEvent<EventEnvelope> {
  /** Whether `stopImmediatePropagation` was called. */
  stopped = false;
  #stopsPropagation = false;
  readonly #target: object;
  #inDispatch = true;

  static {
    // The platform's own target, currentTarget and so on are set by its own
    // dispatch alone; TypeScript has them as properties, hence not as getters.
    const target = {
      get(this: TopicEvent) {
        return this.#target;
      },
    };
    Object.defineProperties(TopicEvent.prototype, {
      target,
      srcElement: target,
      currentTarget: {
        get(this: TopicEvent) {
          return this.#inDispatch ? this.#target : null;
        },
      },
      cancelBubble: {
        get(this: TopicEvent) {
          return this.#stopsPropagation;
        },
        set(this: TopicEvent, value: unknown) {
          if (value) this.stopPropagation();
        },
      },
      eventPhase: {
        get(this: TopicEvent) {
          return this.#inDispatch ? this.AT_TARGET : this.NONE;
        },
      },
    });
  }

  constructor(topic: string, detail: EventEnvelope, target: object) {
    super(topic, { detail });
    this.#target = target;
  }

  override composedPath(): EventTarget[] {
    return this.#inDispatch ? [this.#target as EventTarget] : [];
  }

  override stopPropagation(): void {
    this.#stopsPropagation = true;
  }

  override stopImmediatePropagation(): void {
    this.#stopsPropagation = true;
    this.stopped = true;
  }

  leave(): void {
    this.#inDispatch = false;
    this.#stopsPropagation = false;
  }
}

function isSame(
  listener: Listener,
  callback: unknown,
  capture: boolean,
): boolean {
  return listener.callback === callback && listener.capture === capture;
}

function assertCallback(
  callback: unknown,
): asserts callback is Callback | null | undefined {
  if (
    callback !== null && callback !== undefined &&
    typeof callback !== "function" && typeof callback !== "object"
  ) {
    throw new TypeError(
      `Cannot use listener: ${
        show(callback)
      } is neither a function, an object nor null`,
    );
  }
}

function flatten(
  options: boolean | AddEventListenerOptions | null | undefined,
): { capture: boolean; once: boolean; signal: AbortSignal | undefined } {
  if (typeof options !== "object" || options === null) {
    return { capture: Boolean(options), once: false, signal: undefined };
  }
  return {
    capture: Boolean(options.capture),
    once: Boolean(options.once),
    signal: optionalSignal(options.signal),
  };
}

/**
 * Reports an error that no callback of the application took, as the web
 * platform reports what a listener throws.
 */
export function reportUncaught(error: unknown): void {
  if (typeof reportError === "function") reportError(error);
  // Node has no reportError.
  else {queueMicrotask(() => {
      throw error;
    });}
}

/** Calls a callback of the application, if there is one. */
export function attempt<TArgs extends unknown[]>(
  onThrown: (error: unknown) => void,
  callback: ((...args: TArgs) => void) | undefined,
  ...args: TArgs
): void {
  try {
    callback?.(...args);
  } catch (error) {
    onThrown(error);
  }
}

/** Calls a callback of the application; what it throws is its own. */
export function tell<TArgs extends unknown[]>(
  callback: ((...args: TArgs) => void) | undefined,
  ...args: TArgs
): void {
  attempt(reportUncaught, callback, ...args);
}
