/**
 * What a peer may have made up, for a terminal: on one line, and with nothing in
 * it that moves the cursor or turns the text around.
 */
export function plainText(value: unknown): string {
  return String(value).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}
