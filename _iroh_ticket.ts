/**
 * Private. Reads the two strings that name an iroh node: a node id and a ticket
 * of `@number0/iroh`, whose own reader no endpoint leads to.
 *
 * A ticket is the word `endpoint` and, in base32 (RFC 4648, no padding), bytes
 * in {@link https://postcard.jamesmunns.com/wire-format | postcard} encoding:
 * a version (0), the 32 bytes of the node id, a count of addresses, and for
 * each its kind, then a relay's length and URL (kind 0) or an IP family (0 is
 * v4, 1 is v6), its 4 or 16 bytes and a port (kind 1). Numbers are varints.
 */

const PREFIX = "endpoint";
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** Who a node is and where it may be found. */
export interface IrohTicket {
  /** Node id, 64 lower-case hexadecimal digits. */
  id: string;
  /** URL of the home relay; the first, should the ticket name several. */
  relayUrl: string | undefined;
  /** Socket addresses, `1.2.3.4:5` or `[::1]:5`. */
  addresses: string[];
}

/**
 * Decodes a ticket of `@number0/iroh`.
 *
 * @param ticket What `EndpointTicket.toString()` gave.
 * @returns The node id and the addresses in it.
 * @throws {TypeError} If the string is anything else.
 */
export function decodeIrohTicket(ticket: string): IrohTicket {
  const fault = (why: string) =>
    new TypeError(`Cannot read iroh ticket: ${why}`);
  if (!ticket.startsWith(PREFIX)) throw fault(`it must start "${PREFIX}"`);
  const bytes = decodeBase32(ticket.slice(PREFIX.length));
  if (!bytes) throw fault("what follows its prefix is not base32");
  let offset = 0;
  const take = (length: number): Uint8Array => {
    const end = offset + length;
    if (end > bytes.length) {
      throw fault(`it ends at byte ${bytes.length}, ${end} are needed`);
    }
    return bytes.subarray(offset, offset = end);
  };
  const number = (): number => {
    let value = 0;
    for (let factor = 1; factor < 2 ** 35; factor *= 128) {
      const byte = take(1)[0]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw fault(`the number before byte ${offset} is too long`);
  };

  if (number() !== 0) throw fault("its version is not 0");
  const id = toHex(take(32));
  let relayUrl: string | undefined;
  const addresses: string[] = [];
  for (let left = number(); left > 0; left--) {
    const kind = number();
    if (kind > 1) throw fault(`address kind ${kind} is unknown, not 0 or 1`);
    if (kind === 0) {
      const url = new TextDecoder().decode(take(number()));
      if (!URL.canParse(url)) throw fault(`its relay "${url}" is not a URL`);
      relayUrl ??= url;
      continue;
    }
    const family = number();
    if (family > 1) throw fault(`IP family ${family} is unknown, not 0 or 1`);
    const ip = take(family === 0 ? 4 : 16);
    const port = number();
    if (port > 65535) throw fault(`port ${port} is over 65535`);
    const groups = toHex(ip).match(/.{4}/g)!.join(":");
    const host = family === 0 ? ip.join(".") : `[${groups}]`;
    // URL writes an IPv6 address as RFC 5952 wants it.
    addresses.push(`${new URL(`http://${host}`).hostname}:${port}`);
  }
  if (offset < bytes.length) throw fault(`it goes on after byte ${offset}`);
  return { id, relayUrl, addresses };
}

/**
 * Brings a node id into the one form in which ids can be compared.
 *
 * @param id 64 hexadecimal digits or 52 base32 characters, in any case.
 * @returns 64 lower-case hexadecimal digits.
 * @throws {TypeError} If the string is anything else.
 */
export function normalizeNodeId(id: string): string {
  if (/^[0-9a-f]{64}$/i.test(id)) return id.toLowerCase();
  const bytes = id.length === 52 && decodeBase32(id);
  if (bytes) return toHex(bytes);
  throw new TypeError(
    `Cannot read iroh node id: "${id}" is not 64 hex or 52 base32 characters`,
  );
}

/** `undefined` for a wrong character, length or rest of bits at the end. */
function decodeBase32(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  let bits = 0;
  let pending = 0;
  for (const character of text.toLowerCase()) {
    if (!ALPHABET.includes(character)) return undefined;
    bits = bits << 5 | ALPHABET.indexOf(character);
    pending += 5;
    if (pending < 8) continue;
    pending -= 8;
    bytes.push(bits >> pending);
    bits &= (1 << pending) - 1;
  }
  return pending < 5 && bits === 0 ? Uint8Array.from(bytes) : undefined;
}

function toHex(bytes: Uint8Array): string {
  const digits = (byte: number) => byte.toString(16).padStart(2, "0");
  return Array.from(bytes, digits).join("");
}
