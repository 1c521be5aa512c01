// How many bytes of UTF-8 a text takes, without keeping them.

const encoder = new TextEncoder();
const scratch = new Uint8Array(4096);

/** Bytes of UTF-8 in a text. */
export function utf8Length(text: string): number {
  // One UTF-16 code unit takes one to three bytes.
  return text.length * 3 <= scratch.length
    ? encoder.encodeInto(text, scratch).written
    : encoder.encode(text).length;
}

/** Whether a text takes more than `limit` bytes of UTF-8. */
export function isLongerThan(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && utf8Length(text) > limit;
}
