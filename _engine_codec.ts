// Envelopes as an engine carries them: their JSON, with where they are from, so
// that a receiver can tell its own and those that it has had.

import { envelopeFault } from "./_envelope_fault.ts";
import { tooLarge } from "./_frames.ts";
import {
  MAX_END,
  type Origin,
  originAtEnd,
  originIn,
  originText,
} from "./_origin.ts";
import { isLongerThan, utf8Length } from "./_utf8_length.ts";
import type { EventEnvelope } from "./envelope.ts";
import { EnvelopeError } from "./errors.ts";

/** An envelope as an engine carries it. */
export interface EngineEnvelope extends EventEnvelope {
  /**
   * Unique to the event: a name of who published it, 1 to 50 of `A-Z`, `a-z`,
   * `0-9`, `_` and `-`, a dot, and a number that grows, to base 36 in 1 to 10
   * digits. Receivers pass over what they had. May be left out; what is of
   * another form counts as left out.
   */
  readonly from?: string | undefined;
}

/** Writes envelopes as text, and reads them. */
export interface EngineSerializer {
  /** The text of an envelope, its `from` included. */
  stringify(envelope: EngineEnvelope): string;
  /** What a text holds; that it is an envelope is checked behind it. */
  parse(text: string): unknown;
}

/**
 * The text of an envelope, and its bytes.
 *
 * @throws {FrameError} When the envelope is over `maxFrameBytes` without `from`.
 */
export function encodeForEngine(
  serializer: EngineSerializer,
  envelope: EventEnvelope,
  from: Origin,
  maxFrameBytes: number,
): { readonly text: string; readonly bytes: number } {
  // With whatever else it carries: what it belongs to in a trace, say.
  const text = serializer.stringify({ ...envelope, from: originText(from) });
  const bytes = utf8Length(text);
  if (bytes > maxFrameBytes) {
    const bare = utf8Length(
      serializer.stringify({ ...envelope, from: undefined }),
    );
    if (bare > maxFrameBytes) throw tooLarge("encode", bare, maxFrameBytes);
  }
  return { text, bytes };
}

/**
 * The envelope in a text, and where it is from.
 *
 * @param isWanted Asked, for a text of our make, before it is parsed.
 * @returns `undefined` for what is not wanted.
 * @throws {FrameError} When it is over `maxFrameBytes`.
 * @throws {EnvelopeError} When it is no envelope.
 */
export function decodeFromEngine(
  serializer: EngineSerializer,
  text: string,
  maxFrameBytes: number,
  isWanted: (from: Origin | undefined) => boolean,
):
  | { readonly envelope: EventEnvelope; readonly from: Origin | undefined }
  | undefined {
  // An event that fits a hub fits the engine.
  if (isLongerThan(text, maxFrameBytes + MAX_END)) {
    throw tooLarge("decode", utf8Length(text), maxFrameBytes);
  }
  const ended = serializer === JSON ? originAtEnd(text) : undefined;
  if (ended) {
    if (!isWanted(ended.from)) return undefined;
    const envelope = parseWith(serializer, ended.bare);
    return { envelope, from: ended.from };
  }
  const { from: origin, ...envelope } = parseWith(serializer, text);
  const from = originIn(origin);
  return isWanted(from) ? { envelope, from } : undefined;
}

function parseWith(serializer: EngineSerializer, text: string): EngineEnvelope {
  let value: unknown;
  try {
    value = serializer.parse(text);
  } catch (cause) {
    const what = serializer === JSON ? "invalid JSON" : "it cannot be parsed";
    throw new EnvelopeError(`Cannot decode envelope: ${what}`, { cause });
  }
  const fault = envelopeFault(value);
  if (fault !== undefined) {
    throw new EnvelopeError(`Cannot decode envelope: ${fault}`);
  }
  return value as EngineEnvelope;
}
