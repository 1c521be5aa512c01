// What the examples show of what peers made up.

import assert from "node:assert/strict";
import { plainText } from "../examples/_plain_text.ts";

Deno.test.sanitizer({ ops: true, resources: true });

Deno.test("example: what a peer made up moves no cursor, and stays on its line", () => {
  assert.equal(plainText(new Error("no ü: room 1")), "Error: no ü: room 1");
  const made = ["\x1b[2J", "\r\n", "\x9b", "\u202e", "\u2028", "\x7f"];
  for (const text of made) {
    const shown = plainText(`a${text}b`);
    assert.doesNotMatch(shown, /[\p{C}\p{Zl}\p{Zp}]/u, JSON.stringify(text));
    assert.match(shown, /^a.*b$/);
  }
});
