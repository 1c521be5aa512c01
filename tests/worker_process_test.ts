// What workers do to the process of their host: they neither hold nor end it.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { inDeno } from "./_line_process.ts";
import { outputOf } from "./_output.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Runs `_worker_process.ts` until it ends by itself. */
async function run(
  what: string,
): Promise<{ code: number; said: unknown[]; stderr: string }> {
  const { code, stdout, stderr } = await outputOf(
    [
      ...inDeno(),
      fileURLToPath(new URL("./_worker_process.ts", import.meta.url)),
      what,
    ],
    // Of no process that ends as it should.
    { signal: AbortSignal.timeout(30_000) },
  );
  const lines = stdout.trim().split("\n").filter(Boolean);
  return { code, said: lines.map((line) => JSON.parse(line)), stderr };
}

Deno.test("a process ends once its workers are terminated", async () => {
  const { code, said, stderr } = await run("close, then terminate");
  assert.deepEqual(said, ["hello", "hello"], stderr);
  assert.deepEqual([code, stderr], [0, ""]);
});

Deno.test("a process ends once its workers have ended, targets left open", async () => {
  const { code, said, stderr } = await run("exit, with the target left open");
  assert.deepEqual(said, ["ConnectionError", "ConnectionError"], stderr);
  assert.deepEqual([code, stderr], [0, ""]);
});

Deno.test("a worker that crashes does not take its host with it", async () => {
  const { code, said, stderr } = await run("crash, while the host is busy");
  assert.equal(code, 0, stderr);
  assert.equal(said.length, 2);
  for (const messages of said as string[][]) {
    assert.equal(messages.length, 1, messages.join());
    assert.match(messages[0]!, /my mistake/);
  }
});
