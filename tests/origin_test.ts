// Where events are from, in texts.

import assert from "node:assert/strict";
import { originAtEnd } from "../_origin.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const START = '{"type":"a","id":"","payload":1';

Deno.test("an origin is not found where a text is no JSON because of it", () => {
  for (const character of ["\n", "\t", "\0", "\x1f"]) {
    const text = `${START},"from":"x${character}.1"}`;
    assert.throws(() => JSON.parse(text), SyntaxError);
    assert.equal(originAtEnd(text), undefined, JSON.stringify(text));
  }
});
