// The client is as small as the README says.

import assert from "node:assert/strict";
import { MAX_CLIENT_BYTES, sizeOf } from "./_size.ts";

// Off by default in Deno 2.9; without them a process left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

Deno.test("websocket_client.ts takes no more than 6 KiB", async () => {
  const { brotli } = await sizeOf("websocket_client.ts");
  assert(brotli <= MAX_CLIENT_BYTES, `${brotli} bytes`);
});
