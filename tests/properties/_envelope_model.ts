// What an envelope is, written anew.

export interface Envelope {
  readonly type: string;
  readonly id: string;
  readonly payload: unknown;
}

/** Whether an application may publish events of a type. */
export function isPublishable(type: unknown): boolean {
  return typeof type === "string" && /^(?!__)[^:]+$/s.test(type);
}

/** The envelope in a value; what transports tell each other included. */
export function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== "object" || value === null) return false;
  const { type, id } = value as Partial<Envelope>;
  return typeof id === "string" &&
    (isPublishable(type) || typeof type === "string" && type.startsWith("__"));
}

/** The envelope in a text. */
export function envelopeInText(text: string): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isEnvelope(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The envelope in bytes, as JSON text. */
export function envelopeInBytes(bytes: Uint8Array): string | undefined {
  try {
    const envelope = envelopeInText(strict.decode(bytes));
    return envelope && JSON.stringify(envelope);
  } catch {
    return undefined;
  }
}
