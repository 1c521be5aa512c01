// Files of secret keys: made whole or not at all, and one for all.

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readSecretKey } from "../cli/_secret_key.ts";
import { endOf, inDenoCli } from "./_command_line.ts";
import { outputOf } from "./_output.ts";
import { temporaryFolder } from "./_temporary_folder.ts";

Deno.test.sanitizer({ ops: true, resources: true });

Deno.test("readSecretKey gives all that begin at once the same key", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "a.key");
  const keys = await Promise.all(
    Array.from({ length: 20 }, () => readSecretKey(file)),
  );
  assert.equal(new Set(keys.map(String)).size, 1);
  assert.deepEqual(await readdir(folder.path), ["a.key"]);
});

Deno.test("readSecretKey refuses folders and pipes, by what they are", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using folder = await temporaryFolder();
  const pipe = join(folder.path, "pipe");
  await outputOf(["mkfifo", "-m", "600", pipe]);
  await assert.rejects(readSecretKey(pipe), /pipe: it is no file$/);
  await assert.rejects(readSecretKey(folder.path), /: it is a folder$/);
});

Deno.test("key leaves nothing behind on a disk that is full", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "a.key");
  // As a full disk, no file may have a single byte.
  const runtime = [
    ...["sh", "-c", `trap "" XFSZ; ulimit -f 0; exec "$@"`, "sh"],
    ...inDenoCli,
  ];
  const { code, stderr } = await endOf(["key", file], { runtime });
  assert.equal(code, 1);
  assert.match(stderr, /alkpubsub: cannot use secret key /);
  assert.deepEqual(await readdir(folder.path), []);
});
