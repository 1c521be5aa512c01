// JSON as text for a terminal: nothing in it controls the terminal, and colours
// set texts and numbers off from names.

import type { Style } from "./_style.ts";

/**
 * Controls that JSON allows in texts, and characters that turn the direction of
 * what follows. All of them can stand in texts alone.
 */
const UNSAFE =
  /[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** A value as JSON on one line, or indented; the same value whoever parses it. */
export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent) ?? "null";
  return text.replace(
    UNSAFE,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A text with its quotes, and a colon when it is a name; else a word. */
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|[\w.+-]+/g;

/** Colours a JSON text. */
export function colouredJson(text: string, style: Style): string {
  if (!style.isOn) return text;
  return text.replace(TOKEN, (word, quoted?: string, colon?: string) => {
    if (quoted === undefined) return style.paint(word, "cyan");
    if (colon === undefined) return style.paint(word, "green");
    return word;
  });
}
