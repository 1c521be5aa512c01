/**
 * The errors that callers catch. Each is a class with a stable `code`; the
 * message says what could not be done and with which value, `cause` holds what
 * was underneath.
 *
 * ```ts
 * import { PubSubError } from "@alkdev/pubsub";
 *
 * function isOverload(error: unknown): boolean {
 *   return error instanceof PubSubError && error.code === "BUFFER_FULL";
 * }
 * console.log(isOverload(new Error("something else"))); // false
 * ```
 *
 * @module
 */

/**
 * The codes a connection is closed with: QUIC application error codes on iroh,
 * close codes on WebSocket. The numbers are those of RFC 6455, section 7.4.1,
 * and of the IANA registry of WebSocket close codes.
 *
 * A spoke comes back after `GOING_AWAY`, `SLOW_CONSUMER` and every loss of the
 * transport; `PROTOCOL_ERROR`, `NOT_ALLOWED` and `FRAME_TOO_LARGE` end it.
 */
export const CloseCode: {
  /** The work is done. */
  readonly NORMAL: 1000;
  /** The hub shuts down or restarts: come back. */
  readonly GOING_AWAY: 1001;
  /** The peer sent what is not an envelope, or broke the framing. */
  readonly PROTOCOL_ERROR: 1002;
  /** An authorization hook or a limit of the hub refused the peer. */
  readonly NOT_ALLOWED: 1008;
  /** The peer announced a frame over `maxFrameBytes`. */
  readonly FRAME_TOO_LARGE: 1009;
  /** The peer did not read fast enough, or the hub is full: come back later. */
  readonly SLOW_CONSUMER: 1013;
} = {
  NORMAL: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  NOT_ALLOWED: 1008,
  FRAME_TOO_LARGE: 1009,
  SLOW_CONSUMER: 1013,
};

/**
 * What every error class of this library extends.
 *
 * @example Tell the errors of this library from others
 * ```ts
 * import { createEvent, createInProcessEventTarget, PubSubError } from "@alkdev/pubsub";
 *
 * const target = createInProcessEventTarget();
 * await target.close();
 * try {
 *   target.dispatchEvent(createEvent("job.done", "7", null));
 * } catch (error) {
 *   console.log(error instanceof PubSubError && error.code); // "CLOSED"
 * }
 * ```
 */
export abstract class PubSubError extends Error {
  /** Stable across releases, unlike the message. */
  abstract readonly code: string;
}

/**
 * A frame is longer than allowed, the input ended inside one, or a batch of them
 * cannot be inflated.
 *
 * @example
 * ```ts
 * import { FrameError } from "@alkdev/pubsub";
 * import { encodeFrame } from "@alkdev/pubsub/framing";
 *
 * try {
 *   encodeFrame(new Uint8Array(9), { maxFrameBytes: 8 });
 * } catch (error) {
 *   console.log(error instanceof FrameError && error.code); // "FRAME_TOO_LARGE"
 * }
 * ```
 */
export class FrameError extends PubSubError {
  /** The name of the class. */
  override readonly name = "FrameError";
  /** `FRAME_TOO_LARGE` is answered with 1009, the others with 1002. */
  readonly code: "FRAME_TOO_LARGE" | "FRAME_TRUNCATED" | "FRAME_INVALID";

  /**
   * Makes one.
   *
   * @param code Which of them it is.
   * @param message What could not be done.
   */
  constructor(code: FrameError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * What arrived is not UTF-8, not JSON or not an envelope.
 *
 * @example
 * ```ts
 * import { EnvelopeError, parseEnvelope } from "@alkdev/pubsub";
 *
 * try {
 *   parseEnvelope("[]");
 * } catch (error) {
 *   console.log(error instanceof EnvelopeError && error.code); // "INVALID_ENVELOPE"
 * }
 * ```
 */
export class EnvelopeError extends PubSubError {
  /** The name of the class. */
  override readonly name = "EnvelopeError";
  /** Always `INVALID_ENVELOPE`. */
  readonly code = "INVALID_ENVELOPE";
}

/**
 * The target was closed, by `close()` or by a terminal failure (`cause`).
 *
 * @example
 * ```ts
 * import { ClosedError, createEvent, createInProcessEventTarget } from "@alkdev/pubsub";
 *
 * const target = createInProcessEventTarget();
 * await target.close();
 * try {
 *   target.dispatchEvent(createEvent("job.done", "7", null));
 * } catch (error) {
 *   console.log(error instanceof ClosedError); // true
 * }
 * ```
 */
export class ClosedError extends PubSubError {
  /** The name of the class. */
  override readonly name = "ClosedError";
  /** Always `CLOSED`. */
  readonly code = "CLOSED";
}

/**
 * The target is not connected, and `offline` is `"throw"`.
 *
 * @example Drop what cannot be sent now
 * ```ts
 * import { createEvent, NotConnectedError, type TypedEventTarget } from "@alkdev/pubsub";
 *
 * function tick(spoke: TypedEventTarget): void {
 *   try {
 *     spoke.dispatchEvent(createEvent("clock.ticked", "", Date.now()));
 *   } catch (error) {
 *     if (!(error instanceof NotConnectedError)) throw error;
 *   }
 * }
 * console.log(typeof tick);
 * ```
 */
export class NotConnectedError extends PubSubError {
  /** The name of the class. */
  override readonly name = "NotConnectedError";
  /** Always `NOT_CONNECTED`. */
  readonly code = "NOT_CONNECTED";
}

/**
 * The events that wait for a connection to come back, or for an engine to confirm
 * them, fill their limit.
 *
 * @example Say how much waits
 * ```ts
 * import { BufferFullError } from "@alkdev/pubsub";
 *
 * function explain(error: unknown): string {
 *   return error instanceof BufferFullError
 *     ? `${error.bufferedBytes} of ${error.limit} bytes wait`
 *     : String(error);
 * }
 * console.log(explain(new BufferFullError(1000, 1024)));
 * ```
 */
export class BufferFullError extends PubSubError {
  /** The name of the class. */
  override readonly name = "BufferFullError";
  /** Always `BUFFER_FULL`. */
  readonly code = "BUFFER_FULL";
  /** Bytes that wait already. */
  readonly bufferedBytes: number;
  /** `backpressureLimit`, in bytes. */
  readonly limit: number;

  /**
   * Makes one.
   *
   * @param bufferedBytes Bytes that wait already.
   * @param limit The limit in force, in bytes.
   */
  constructor(bufferedBytes: number, limit: number) {
    super(
      `Cannot queue event: ${bufferedBytes} bytes wait already and backpressureLimit is ${limit}`,
    );
    this.bufferedBytes = bufferedBytes;
    this.limit = limit;
  }
}

/**
 * A subscriber does not keep up: more events wait for it than it allowed.
 *
 * @example
 * ```ts
 * import { createPubSub, OverflowError } from "@alkdev/pubsub";
 *
 * const pubsub = createPubSub();
 * const jobs = pubsub.subscribe("job.done", "", { bufferSize: 1 });
 * pubsub.publish("job.done", "1", null);
 * pubsub.publish("job.done", "2", null);
 * try {
 *   for await (const { id } of jobs) console.log(id); // "1"
 * } catch (error) {
 *   console.log(error instanceof OverflowError && error.bufferSize); // 1
 * }
 * ```
 */
export class OverflowError extends PubSubError {
  /** The name of the class. */
  override readonly name = "OverflowError";
  /** Always `OVERFLOW`. */
  readonly code = "OVERFLOW";
  /** Events that could wait. */
  readonly bufferSize: number;

  /**
   * Makes one.
   *
   * @param topic The topic that was subscribed to.
   * @param bufferSize Events that could wait.
   */
  constructor(topic: string, bufferSize: number) {
    super(
      `Cannot queue event of ${topic} for its subscriber: ${bufferSize} wait already, which is bufferSize`,
    );
    this.bufferSize = bufferSize;
  }
}

/** One thing that a schema found wrong with a payload. */
export interface PayloadIssue {
  /** What is wrong. */
  readonly message: string;
  /** Where in the payload, if not in the whole of it. */
  readonly path?:
    | ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>
    | undefined;
}

/**
 * A payload does not match the schema of its type.
 *
 * @example
 * ```ts
 * import { createPubSub, PayloadError } from "@alkdev/pubsub";
 * import { z } from "zod";
 *
 * const pubsub = createPubSub({ schemas: { "job.done": z.number() } });
 * try {
 *   pubsub.publish("job.done", "7", Number("none"));
 * } catch (error) {
 *   console.log(error instanceof PayloadError && error.issues.length); // 1
 * }
 * ```
 */
export class PayloadError extends PubSubError {
  /** The name of the class. */
  override readonly name = "PayloadError";
  /** Always `INVALID_PAYLOAD`. */
  readonly code = "INVALID_PAYLOAD";
  /** All that the schema found, as it said it. */
  readonly issues: readonly PayloadIssue[];

  /**
   * Makes one.
   *
   * @param message What could not be done, and why.
   * @param issues All that the schema found.
   */
  constructor(message: string, issues: readonly PayloadIssue[]) {
    super(message);
    this.issues = issues;
  }
}

/**
 * A connection could not be made; the message says to whom and why.
 *
 * @example
 * ```ts
 * import { ConnectError } from "@alkdev/pubsub";
 * import { createWebSocketClientEventTarget } from "@alkdev/pubsub/event-target-websocket-client";
 *
 * try {
 *   await createWebSocketClientEventTarget("ws://127.0.0.1:1");
 * } catch (error) {
 *   console.log(error instanceof ConnectError && error.message); // "Cannot connect to …"
 * }
 * ```
 */
export class ConnectError extends PubSubError {
  /** The name of the class. */
  override readonly name = "ConnectError";
  /** Always `CONNECT_FAILED`. */
  readonly code = "CONNECT_FAILED";
  /** The {@linkcode CloseCode} it was closed with while opening, if it was. */
  readonly closeCode: number | undefined;

  /**
   * Makes one.
   *
   * @param message What was dialled and why it failed.
   * @param options The error underneath, and the close code if there is one.
   */
  constructor(
    message: string,
    options?: { cause?: unknown; closeCode?: number | undefined },
  ) {
    super(message, options);
    this.closeCode = options?.closeCode;
  }
}

/**
 * A connection ended: lost, silent for too long, or closed by the peer.
 *
 * @example Tell why a target ended
 * ```ts
 * import { type ClosableEventTarget, ConnectionError } from "@alkdev/pubsub";
 *
 * async function watch(target: ClosableEventTarget): Promise<void> {
 *   const error = await target.closed;
 *   if (error instanceof ConnectionError) console.log(error.code, error.closeCode);
 * }
 * console.log(typeof watch);
 * ```
 */
export class ConnectionError extends PubSubError {
  /** The name of the class. */
  override readonly name = "ConnectionError";
  /** `PING_TIMEOUT` when no answer came in time, else `CONNECTION_LOST`. */
  readonly code: "CONNECTION_LOST" | "PING_TIMEOUT";
  /** The {@linkcode CloseCode} it was closed with, if the peer gave one. */
  readonly closeCode: number | undefined;

  /**
   * Makes one.
   *
   * @param message What happened.
   * @param options The error underneath, the close code, and the code.
   */
  constructor(
    message: string,
    options?: {
      cause?: unknown;
      closeCode?: number | undefined;
      code?: "CONNECTION_LOST" | "PING_TIMEOUT";
    },
  ) {
    super(message, options);
    this.closeCode = options?.closeCode;
    this.code = options?.code ?? "CONNECTION_LOST";
  }
}

/**
 * Events that are not known to have reached an engine; `cause` is why the last of
 * them did not.
 *
 * @example Count what other hubs have missed
 * ```ts
 * import { PublishError } from "@alkdev/pubsub";
 * import type { BridgeFault } from "@alkdev/pubsub/bridge";
 *
 * let missed = 0;
 * function onError({ error, lost = 0 }: BridgeFault): void {
 *   if (error instanceof PublishError) missed += lost;
 * }
 * console.log(typeof onError, missed);
 * ```
 */
export class PublishError extends PubSubError {
  /** The name of the class. */
  override readonly name = "PublishError";
  /** Always `PUBLISH_FAILED`. */
  readonly code = "PUBLISH_FAILED";
}

/**
 * A hub refused a connection, a subscription or an event.
 *
 * @example Log whom a hub has refused
 * ```ts
 * import { RefusedError } from "@alkdev/pubsub";
 * import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
 *
 * const hub = createWebSocketServerEventTarget({
 *   authorizeSubscribe: ({ topic }) => topic.startsWith("public."),
 *   onError({ error, connection }) {
 *     if (error instanceof RefusedError) console.log(connection?.id, error.message);
 *   },
 * });
 * await hub.close();
 * ```
 */
export class RefusedError extends PubSubError {
  /** The name of the class. */
  override readonly name = "RefusedError";
  /** Always `REFUSED`. */
  readonly code = "REFUSED";
}
