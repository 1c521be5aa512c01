// Which web pages may connect: any page that a browser shows can reach a port of
// its machine, and says where it is from (RFC 6454, section 7).

import { inLine } from "../_options.ts";
import { UsageError } from "./_failure.ts";

/** Says of an `Origin` header whether it may connect; programs send none. */
export type OriginPolicy = (origin: string | null) => boolean;

/**
 * Lets in programs, and the pages that are named.
 *
 * @param allowed `https://example.com`, or `*` for any page.
 * @throws {UsageError} For what is no origin.
 */
export function originPolicy(allowed: readonly string[]): OriginPolicy {
  const origins = new Set(allowed.map((one) => one === "*" ? one : read(one)));
  return (origin) =>
    origin === null || origins.has("*") || origins.has(origin.toLowerCase());
}

function read(text: string): string {
  if (text === "null") return text; // Of files, and of sandboxed frames.
  const { origin, pathname = "", protocol = "" } = URL.canParse(text)
    ? new URL(text)
    : {};
  if (/^https?:$/.test(protocol) && pathname === "/") return origin!;
  throw new UsageError(
    `option --origin is an origin such as https://example.com, or *, not ${
      inLine(text)
    }`,
  );
}
