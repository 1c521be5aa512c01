// Where an event came into being: a name that nobody else has, and a number.
// Both together tell an event from all others, on whatever way it comes.

/** Bytes of chance in a name: two alike are not to be expected. */
const NAME_BYTES = 9;

/** Gives out keys: `<name>.<number>`. */
export class Source {
  readonly name = randomName();
  #last = 0;

  /** A key that no other event has. */
  next(): string {
    return `${this.name}.${(++this.#last).toString(36)}`;
  }
}

/** The name in a key. */
export function sourceIn(key: string): string {
  const dot = key.indexOf(".");
  return dot < 0 ? key : key.slice(0, dot);
}

/** 12 characters of base64url (RFC 4648, section 5). */
function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(NAME_BYTES));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_");
}
