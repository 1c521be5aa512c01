// Where an event came into being: a name that nobody else has, and a number that
// grows. Both together tell an event from all others, whatever way it comes.

/** Unique to an event. */
export interface Origin {
  readonly source: string;
  readonly number: number;
}

/** Bytes of chance in a name: two alike are not to be expected. */
const NAME_BYTES = 9;

/** Gives out origins. */
export class Source {
  readonly name = randomName();
  #last = 0;

  next(): Origin {
    return { source: this.name, number: ++this.#last };
  }
}

/** An origin as text: `<source>.<number>`, the number to base 36. */
export function originText({ source, number }: Origin): string {
  return `${source}.${number.toString(36)}`;
}

/** The origin in a text of any make. */
export function originIn(text: unknown): Origin | undefined {
  const match = typeof text === "string" && ORIGIN.exec(text);
  return match ? originOf(match) : undefined;
}

/** How our JSON ends. */
const AT_END = /,"from":"([\w-]{1,50})\.([0-9a-z]{1,10})"\}$/;

/** Characters that `AT_END` takes at the most. */
export const MAX_END = 72;

/**
 * The origin at the end of a JSON text, which is not parsed for it, and the text
 * without. Nothing else can end like it: a quote within a string has a backslash
 * before it, and what the last brace closes is the whole.
 */
export function originAtEnd(
  text: string,
): { readonly from: Origin; readonly bare: string } | undefined {
  const match = AT_END.exec(text.slice(-MAX_END));
  if (!match) return undefined;
  return {
    from: originOf(match),
    bare: `${text.slice(0, -match[0].length)}}`,
  };
}

/** Ten digits: below the greatest whole number that is exact. */
const ORIGIN = /^([\w-]{1,50})\.([0-9a-z]{1,10})$/;

/** @param match Of a name and a number. */
function originOf([, source, number]: RegExpExecArray): Origin {
  return { source: source!, number: parseInt(number!, 36) };
}

/** 12 characters of base64url (RFC 4648, section 5). */
function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(NAME_BYTES));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_");
}
