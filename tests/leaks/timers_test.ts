// No timer outlives what it is for. What leaves one fails by the sanitizer.

import assert from "node:assert/strict";
import { createWebSocketClientEventTarget } from "../../websocket_client.ts";
import { rejection } from "../_websocket.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** So long that a delay that goes on is seen, spread as it is. */
const reconnect = { minDelay: 3_600_000, maxDelay: 3_600_000 };

/** The first retry of a client of nobody; ends when `leave` made it. */
async function giveUp(
  leave: (abort: AbortController) => void,
): Promise<void> {
  const abort = new AbortController();
  const error = await rejection(createWebSocketClientEventTarget(
    "ws://127.0.0.1:9",
    {
      signal: abort.signal,
      waitOnFirstConnect: true,
      reconnect,
      onStatus: ({ type }) => {
        if (type === "reconnecting") leave(abort);
      },
    },
  ));
  assert.equal(error.code, "CLOSED");
}

Deno.test("a client that is closed as it waits leaves no timer", async () => {
  await giveUp((abort) => queueMicrotask(() => abort.abort()));
});

Deno.test("a client that is closed as it is told that it will wait leaves no timer", async () => {
  await giveUp((abort) => abort.abort());
});
