// The README's snippets that come as files, run as processes. Of what is on iroh
// only the preset is replaced, so that nothing leaves this machine.

import assert from "node:assert/strict";

const root = new URL("../", import.meta.url);

/** A snippet as it stands. */
export async function snippet(file: string): Promise<string> {
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const match = readme.match(
    new RegExp("```ts ignore " + file + "\\n(.*?)```", "s"),
  );
  assert(match?.[1], `README.md has ${file}`);
  return match[1];
}

/** A snippet on loopback. */
export async function onLoopback(file: string): Promise<string> {
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

/** Runs with files of these names and texts in a folder that finds the library. */
export async function withFiles(
  files: Record<string, string>,
  fn: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({
    dir: new URL(".", import.meta.url).pathname,
    prefix: "_readme_",
  });
  try {
    for (const [file, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${file}`, text);
    }
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A snippet in a process of its own, type-checked. */
export class Snippet implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #errors: Promise<string>;
  #printed = "";

  constructor(path: string, ...args: string[]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--check", "-A", "--quiet", path, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reader = this.#child.stdout
      .pipeThrough(new TextDecoderStream()).getReader();
    this.#errors = new Response(this.#child.stderr).text();
  }

  /** Resolves with the first match in what it prints. */
  async printed(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = this.#printed.match(pattern);
      if (match) return match[0];
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`It ended: ${await this.#errors}`);
      this.#printed += value;
    }
  }

  /** Ends it; resolves with what it wrote of errors. */
  async kill(): Promise<string> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#reader.cancel();
    await this.#child.status;
    return await this.#errors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
