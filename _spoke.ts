// The client end: one connection that comes back, listeners forwarded by
// reference count. What a spoke is on any transport; the transport dials.

import { backoffDelay } from "./_backoff.ts";
import { Channel, connectionErrorOf } from "./_channel.ts";
import { type Deferred, deferred, within } from "./_deferred.ts";
import type { Codec, Link, LinkClosed } from "./_link.ts";
import { reportUncaught } from "./_listeners.ts";
import { OfflineQueue } from "./_offline_queue.ts";
import {
  type SpokeEventTarget,
  type SpokeOptions,
  spokeOptions,
  type SpokeState,
  type SpokeStatus,
} from "./_spoke_options.ts";
import { isPublishableTopic } from "./_envelope_fault.ts";
import type { EventEnvelope } from "./envelope.ts";
import {
  CloseCode,
  ClosedError,
  ConnectError,
  ConnectionError,
  NotConnectedError,
} from "./errors.ts";
import { TopicTarget } from "./_topic_target.ts";
import { Traffic } from "./_traffic.ts";
import type { TargetStats, TypedEvent } from "./typed_event_target.ts";

/** How a spoke on some transport gets a link. */
export interface Dialer<TMessage> {
  /** What is dialled, for messages. */
  readonly name: string;
  readonly codec: Codec<TMessage>;
  /** What is under the link outlives the spoke, and the subscriptions with it. */
  readonly isBorrowed?: boolean;
  /**
   * @param signal Aborts when nobody waits for the link any more; a link that
   * comes all the same MUST be closed by the dialer.
   */
  dial(signal: AbortSignal): Promise<Link<TMessage>>;
}

const TERMINAL_CODES: ReadonlySet<number | undefined> = new Set([
  CloseCode.PROTOCOL_ERROR,
  CloseCode.NOT_ALLOWED,
  CloseCode.FRAME_TOO_LARGE,
]);

/** The implementation that every transport's spoke shares. */
export class Spoke<TEvent extends TypedEvent, TMessage>
  extends TopicTarget<TEvent>
  implements SpokeEventTarget<TEvent> {
  readonly #dialer: Dialer<TMessage>;
  readonly #options: ReturnType<typeof spokeOptions>;
  readonly #closed = deferred<Error | undefined>();
  /** The attempt to connect that is under way. */
  #attempt: AbortController | undefined;
  #state: SpokeState = "connecting";
  #channel: Channel<TMessage> | undefined;
  /** Events that wait for a connection. */
  readonly #offline: OfflineQueue<TMessage>;
  /** Settles when the spoke is open next. */
  #opened = gate();
  #skipDelay: (() => void) | undefined;
  /** `reconnect()` was called: no delay, whatever the options. */
  #forced = false;
  /** What the peer of the present link did wrong. */
  #fault: Error | undefined;
  #failure: Error | undefined;
  readonly #traffic = new Traffic();
  #reconnects = -1;
  #isClosing = false;
  #closing: Promise<void> | undefined;

  constructor(dialer: Dialer<TMessage>, options: SpokeOptions) {
    super();
    this.#dialer = dialer;
    this.#options = spokeOptions(options);
    this.#offline = new OfflineQueue(
      dialer.codec,
      this.#options.backpressureLimit,
    );
    const { signal } = options;
    if (signal) {
      const onAbort = () => void this.close();
      signal.addEventListener("abort", onAbort, { once: true });
      this.#closed.promise.then(() =>
        signal.removeEventListener("abort", onAbort)
      );
    }
  }

  /** Connects, and goes on connecting; resolves once open for the first time. */
  start(): Promise<void> {
    const opened = this.#opened.promise;
    this.#status({ type: "connecting" });
    void this.#run();
    return opened;
  }

  get state(): SpokeState {
    return this.#state;
  }

  get closed(): Promise<Error | undefined> {
    return this.#closed.promise;
  }

  get bufferedBytes(): number {
    return this.#offline.bytes + (this.#channel?.bufferedBytes ?? 0);
  }

  override stats(): TargetStats {
    return {
      ...this.#traffic,
      bufferedBytes: this.bufferedBytes,
      reconnects: this.#reconnects,
      rtt: this.#channel?.rtt,
    };
  }

  override send(envelope: EventEnvelope): void {
    this.#assertNotClosed("dispatch event");
    const { codec } = this.#dialer;
    const message = codec.encode(envelope);
    const size = codec.sizeOf(message);
    if (this.#state === "open" && this.#channel?.isClosed === false) {
      this.#channel.send(message, size);
    } else if (this.#options.offline === "throw") {
      throw new NotConnectedError("Cannot dispatch event: not connected");
    } else {
      this.#offline.push(message, size);
    }
    this.#traffic.sent(size);
  }

  async flush(): Promise<void> {
    for (;;) {
      this.#assertNotClosed("flush");
      const channel = this.#channel;
      if (this.#state !== "open") await this.#opened.promise;
      else if (!channel?.isClosed) return await channel?.ping();
      else await channel.closed; // Seen before the state follows.
    }
  }

  async reconnect(): Promise<void> {
    this.#assertNotClosed("reconnect");
    if (this.#state === "open") {
      this.#forced = true;
      this.#leaveOpen();
      this.#channel?.abort(CloseCode.GOING_AWAY, "reconnect");
    } else if (this.#attempt && !this.#attempt.signal.aborted) {
      this.#forced = true;
      this.#attempt.abort(
        new ConnectError(`Cannot wait for ${this.#dialer.name}: dialled anew`),
      );
    }
    this.#skipDelay?.();
    await this.#opened.promise;
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  override onFirstListener(topic: string): void {
    if (!isPublishableTopic(topic)) return;
    // Throws for a topic that is too long, connected or not. This is the longer
    // of the two.
    this.#dialer.codec.encode({
      type: "__unsubscribe",
      id: "",
      payload: { topic },
    });
    if (this.#channel?.isClosed === false) {
      this.#channel.control("__subscribe", { topic });
    }
  }

  override onLastListener(topic: string): void {
    if (isPublishableTopic(topic) && this.#channel?.isClosed === false) {
      this.#channel.control("__unsubscribe", { topic });
    }
  }

  override onListenerError(error: unknown, topic: string): void {
    if (this.#options.onStatus) this.#status({ type: "error", error, topic });
    else reportUncaught(error);
  }

  async #run(): Promise<void> {
    const { reconnect, waitOnFirstConnect } = this.#options;
    let mayRetry = waitOnFirstConnect;
    let attempt = 0;
    while (!this.#isClosing) {
      let error: Error;
      try {
        const channel = await this.#connect();
        mayRetry = true;
        attempt = 0;
        const closed = await channel.closed;
        if (this.#isClosing) return;
        this.#offline.unshift(channel.unsentEvents());
        if (isNormal(closed)) return this.#end(undefined);
        error = this.#fault ?? connectionErrorOf(closed);
        if (isTerminal(error)) return this.#end(error);
      } catch (cause) {
        if (this.#isClosing) return;
        error = cause as Error;
        if (!mayRetry || isTerminal(error)) return this.#end(error);
      }
      attempt++;
      const forced = this.#forced;
      this.#forced = false;
      if (attempt > reconnect.maxAttempts && !forced) return this.#end(error);
      const delay = forced ? 0 : backoffDelay(attempt, reconnect);
      this.#leaveOpen();
      const paused = this.#pause(delay);
      // Behind it: what is told may make the application close or reconnect.
      this.#status({ type: "reconnecting", attempt, delay, error });
      await paused;
    }
  }

  /** Makes a connection: open once the hub has answered. */
  async #connect(): Promise<Channel<TMessage>> {
    const dialer = this.#dialer;
    const { connectTimeout, pingTimeout } = this.#options;
    const cannot = `Cannot connect to ${dialer.name}`;
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    const link = await within(
      Promise.race([dialer.dial(signal), whenAborted(signal)]),
      connectTimeout,
      () => {
        this.#attempt?.abort();
        const why = `no answer in ${connectTimeout} ms`;
        throw new ConnectError(`${cannot}: ${why}`, {
          cause: new DOMException(why, "TimeoutError"),
        });
      },
    );
    if (signal.aborted) {
      link.close(CloseCode.NORMAL, "");
      throw signal.reason;
    }
    this.#fault = undefined;
    const channel = new Channel(link, dialer.codec, this.#options, {
      onEvent: (envelope, message) => {
        this.#traffic.received(dialer.codec.sizeOf(message));
        this.listeners.deliver(envelope);
      },
      onFault: (error) => {
        this.#fault = error;
        this.#status({ type: "error", error });
      },
    });
    this.#channel = channel;
    for (const topic of this.listeners.topics()) {
      if (isPublishableTopic(topic)) channel.control("__subscribe", { topic });
    }
    // The hub sees the stream, and says whether it takes us, once something is
    // sent on it. A hub that does not answer may be of another make: it is
    // given the benefit of the doubt, and liveness looks after it.
    try {
      await within(channel.ping(), pingTimeout, () => {});
    } catch (cause) {
      const { code, reason } = await channel.closed;
      throw new ConnectError(`${cannot}: ${reason}`, {
        cause: this.#fault ?? cause,
        closeCode: code,
      });
    }
    if (!channel.isClosed && !this.#isClosing) this.#open(channel);
    return channel;
  }

  #open(channel: Channel<TMessage>): void {
    for (const message of this.#offline.takeAll()) channel.send(message);
    this.#state = "open";
    this.#reconnects++;
    this.#opened.resolve();
    // Last: what is told may make the application close or reconnect.
    this.#status({ type: "open" });
  }

  #leaveOpen(): void {
    if (this.#state === "open") this.#opened = gate();
    this.#state = "reconnecting";
  }

  async #pause(delay: number): Promise<void> {
    const skipped = deferred<void>();
    this.#skipDelay = () => skipped.resolve();
    await within(skipped.promise, delay, () => {});
    this.#skipDelay = undefined;
  }

  async #close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#isClosing = true;
    if (this.#dialer.isBorrowed) {
      for (const topic of this.listeners.topics()) this.onLastListener(topic);
    }
    if (this.#state === "open" && this.#channel) {
      const isDone = await this.#channel.close(CloseCode.NORMAL, "");
      this.#offline.unshift(this.#channel.unsentEvents());
      if (!isDone) this.#status({ type: "error", error: unconfirmed() });
    }
    this.#channel?.abort(CloseCode.NORMAL, "");
    this.#skipDelay?.();
    this.#end(undefined);
  }

  #end(failure: Error | undefined): void {
    if (this.#state === "closed") return;
    this.#failure = failure;
    if (this.#offline.length > 0) {
      const error = this.#closedError(
        `send ${this.#offline.length} queued events`,
      );
      this.#status({ type: "error", error });
    }
    this.#offline.takeAll();
    this.#isClosing = true;
    if (this.#state === "open") this.#opened = gate();
    this.#state = "closed";
    this.#attempt?.abort(failure);
    this.listeners.clear();
    this.#opened.reject(failure ?? this.#closedError("connect"));
    this.#status({ type: "closed", error: failure });
    this.#closed.resolve(failure);
  }

  #assertNotClosed(action: string): void {
    if (this.#isClosing) throw this.#closedError(action);
  }

  #closedError(action: string): ClosedError {
    return new ClosedError(`Cannot ${action}: the target is closed`, {
      cause: this.#failure,
    });
  }

  #status(status: SpokeStatus): void {
    try {
      this.#options.onStatus?.(status);
    } catch (error) {
      reportUncaught(error);
    }
  }
}

/** A promise that may be rejected with nobody waiting. */
function gate(): Deferred<void> {
  const opened = deferred<void>();
  opened.promise.catch(() => {});
  return opened;
}

function unconfirmed(): ConnectionError {
  return new ConnectionError(
    "Cannot confirm what was sent last: the hub did not answer",
  );
}

/** Rejects when the signal aborts. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

function isNormal({ byPeer, code }: LinkClosed): boolean {
  return byPeer && code === CloseCode.NORMAL;
}

/** Whether trying again would end the same way. */
function isTerminal(error: Error): boolean {
  if (error instanceof ConnectError) return TERMINAL_CODES.has(error.closeCode);
  if (!(error instanceof ConnectionError)) return true;
  return TERMINAL_CODES.has(error.closeCode);
}
