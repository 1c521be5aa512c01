// What the shared code knows of a transport: a link carries encoded envelopes,
// a codec makes them. An iroh stream and a WebSocket differ only in these two.

import type { Traffic } from "./_traffic.ts";
import type { EventEnvelope } from "./envelope.ts";
import { inLine } from "./_options.ts";

/** How a link ended. */
export interface LinkClosed {
  /** The close code, when the side that closed gave one. */
  readonly code: number | undefined;
  /** What goes with the code, or what broke. */
  readonly reason: string;
  /** Whether the peer closed, with a code. */
  readonly byPeer: boolean;
  /** What broke, when nobody closed. */
  readonly error?: unknown;
}

/** What a link calls. */
export interface LinkHandlers<TMessage> {
  /** Something arrived, be it part of a message. */
  onBytes(): void;
  /**
   * A message arrived. The link MUST NOT deliver the next one before a returned
   * promise settles.
   *
   * @param text The message's text, where the link has it: decoding many at
   * once is cheaper.
   */
  onMessage(message: TMessage, text?: string): void | Promise<void>;
  /** The peer broke the framing; the link leaves the closing to the handler. */
  onFault(error: Error): void;
}

/**
 * One live connection, as the shared code sees it.
 *
 * @typeParam TMessage An encoded envelope: bytes on iroh, text on WebSocket.
 */
export interface Link<TMessage> {
  /** Bytes accepted by `send` that the transport has not taken yet. */
  readonly bufferedBytes: number;
  /** Bytes that the transport has taken so far: it grows while data moves. */
  readonly takenBytes: number;
  /** Whether the link has ended; set before `closed` settles. */
  readonly isClosed: boolean;
  /** Settles once when the link has ended; never rejects. */
  readonly closed: Promise<LinkClosed>;
  /** Starts to receive. MUST NOT call a handler before it returns. */
  open(handlers: LinkHandlers<TMessage>): void;
  /**
   * Queues a message. MUST have copied it on return, MUST NOT throw.
   *
   * @param bytes Its bytes on the wire, the framing not counted.
   */
  send(message: TMessage, bytes: number): void;
  /** Ends the link at once; what is queued is not sent. */
  close(code: number, reason: string): void;
  /** The messages that were never handed to the transport. */
  unsent(): TMessage[];
}

/** A link of a hub, which sends as long as there is room. */
export interface HubLink<TMessage> extends Link<TMessage> {
  /** The peer's identity, as this side knows it for sure. */
  readonly remoteId: string;
  /** The events that went through it: a loop over many links looks at no more. */
  readonly traffic: Traffic;
  /** Whether that many bytes more would keep within a limit. */
  hasRoom(bytes: number, limit: number): boolean;
}

/** A reason that fits a WebSocket close frame: 123 bytes (RFC 6455, 5.5). */
export function closeReason(reason: string): string {
  return inLine(reason, 40);
}

/** Encodes and decodes what a link carries. */
export interface Codec<TMessage> {
  /**
   * @returns The encoded envelope, good until the next call.
   * @throws {FrameError} When it is over `maxFrameBytes`.
   * @throws {TypeError} When it cannot be written as JSON.
   */
  encode(envelope: EventEnvelope): TMessage;
  /**
   * @param text The message's text, when it is known already.
   * @throws {EnvelopeError} When it is no envelope.
   */
  decode(message: TMessage, text?: string): EventEnvelope;
  /** Bytes on the wire, the framing not counted. */
  sizeOf(message: TMessage): number;
  /** A message that stays good. */
  keep(message: TMessage): TMessage;
}
