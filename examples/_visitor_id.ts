// Who a browser is. An iroh spoke proves its node id by a secret key; a page has
// a key of its own too, and its id, which all may know, does not give it away.

/** The id of who holds a key. */
export async function visitorId(key: string): Promise<string> {
  const bytes = new TextEncoder().encode(key);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
