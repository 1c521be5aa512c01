// The README's snippets that come as files, copied as they stand and run as
// processes. Of the hub and the spoke only the preset is replaced, so that
// nothing leaves this machine.

import assert from "node:assert/strict";
import { number0 } from "./_iroh.ts";

const root = new URL("../", import.meta.url);

async function snippet(file: string): Promise<string> {
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const match = readme.match(
    new RegExp("```ts ignore " + file + "\\n(.*?)```", "s"),
  );
  assert(match?.[1], `README.md has ${file}`);
  return match[1];
}

async function onLoopback(file: string): Promise<string> {
  const text = await snippet(file);
  const preset = /iroh\.presetN0\(builder\);.*/;
  assert.match(text, preset);
  assert(text.trim().split("\n").length <= 30);
  return text.replace(
    preset,
    `iroh.presetMinimal(builder);
     builder.relayMode(iroh.RelayMode.disabled());
     builder.bindAddr("127.0.0.1:0");`,
  );
}

Deno.test({
  name: "README's hub and spoke talk to each other",
  ignore: number0.unavailable !== undefined,
  async fn() {
    const folder = await Deno.makeTempDir({
      dir: new URL(".", import.meta.url).pathname,
      prefix: "_readme_",
    });
    try {
      for (const file of ["hub.ts", "spoke.ts"]) {
        await Deno.writeTextFile(`${folder}/${file}`, await onLoopback(file));
      }
      const run = (file: string, ...args: string[]) =>
        new Deno.Command(Deno.execPath(), {
          args: [
            "run",
            "--check",
            "-A",
            "--quiet",
            `${folder}/${file}`,
            ...args,
          ],
          stdout: "piped",
          stderr: "piped",
        }).spawn();
      const hub = run("hub.ts");
      const lines = hub.stdout.pipeThrough(new TextDecoderStream());
      const reader = lines.getReader();
      let printed = "";
      const readUntil = async (pattern: RegExp): Promise<string> => {
        for (;;) {
          const match = printed.match(pattern);
          if (match) return match[0];
          const { value, done } = await reader.read();
          if (done) {
            throw new Error(
              new TextDecoder().decode(
                (await hub.stderr.getReader().read()).value,
              ),
            );
          }
          printed += value;
        }
      };
      const ticket = await readUntil(/^endpoint\w+$/m);
      const spoke = await run("spoke.ts", ticket).output();
      const [out = "", err = ""] = [spoke.stdout, spoke.stderr].map((bytes) =>
        new TextDecoder().decode(bytes)
      );
      assert.equal(out, "connecting\nopen\nclosed\n", err);
      await readUntil(/^here is [0-9a-f]{64}$/m);
      await readUntil(/^alice in room-1: hello$/m);
      hub.kill("SIGKILL");
      await reader.cancel();
      await hub.stderr.cancel();
      await hub.status;
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("README's worker answers its host, and both end", async () => {
  const folder = await Deno.makeTempDir({
    dir: new URL(".", import.meta.url).pathname,
    prefix: "_readme_",
  });
  try {
    for (const file of ["worker.ts", "main.ts"]) {
      await Deno.writeTextFile(`${folder}/${file}`, await snippet(file));
    }
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--check", "-A", "--quiet", `${folder}/main.ts`],
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    );
    assert.deepEqual([code, out, err], [0, "hello!\n", ""]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
