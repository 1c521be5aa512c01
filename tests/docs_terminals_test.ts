// What README.md and the page of the command line have people type, typed: in
// their order, in processes, over iroh on this machine.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { CLI, cliWordsOf, commandsIn, wordsOf } from "./_docs_commands.ts";
import { number0 } from "./_iroh.ts";
import { inDeno } from "./_line_process.ts";
import { type Block, blocksOf, ROOT } from "./_markdown.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const cli = fileURLToPath(new URL("cli.ts", ROOT));
const NO_COLOR = { NO_COLOR: "1" };

/** A command line in a process of its own. */
class Terminal implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #done: Promise<unknown>;
  #text = "";
  #heard: () => void = () => {};

  constructor(words: readonly string[], env: Record<string, string> = {}) {
    const [command = "", ...flags] = inDeno();
    this.#child = new Deno.Command(command, {
      args: [...flags, cli, ...words],
      env: { ...NO_COLOR, ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#done = Promise.all([
      this.#read(this.#child.stdout),
      this.#read(this.#child.stderr),
      this.#child.status,
    ]);
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#text += text;
      this.#heard();
    }
  }

  /** Resolves with the first match in what it says. */
  async says(pattern: RegExp): Promise<string> {
    let isOver = false;
    const over = this.#done.then(() => isOver = true);
    for (;;) {
      const match = this.#text.match(pattern);
      if (match) return match[1] ?? match[0];
      if (isOver) throw new Error(`It ended: ${this.#text}`);
      const heard = new Promise<void>((resolve) => this.#heard = resolve);
      await Promise.race([heard, over]);
    }
  }

  /** Resolves when it has ended by itself, as it should. */
  async ends(): Promise<string> {
    await this.#done;
    const { code } = await this.#child.status;
    assert.equal(code, 0, this.#text);
    return this.#text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended.
    }
    await this.#done;
  }
}

/** Matches what a block shows, numbers and `…` being of that day. */
function pictureOf({ text }: Block): RegExp {
  const lines = text.trim().split("\n").map((line) =>
    line.split(/[\da-z]*…|ws:\S+|\d\d:\d\d:\d\d\.\d+/).map((part) =>
      part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")
    ).join("\\S+")
  );
  return new RegExp(lines.join("\n"));
}

const readme = await blocksOf(["README.md"]);
const shown = (word: "hub" | "sub") =>
  readme.find(({ language, words }) =>
    language === "text" && words[0] === word
  )!;

/** The command lines of README.md that stand behind this name. */
const typedBy = (name: string) =>
  readme.filter(({ language }) => language === "sh").flatMap(commandsIn)
    .filter((command) => command.startsWith(name));

for (const name of [CLI[0]!, CLI[2]!]) {
  Deno.test({
    name: `README.md's terminals talk, by ${name}`,
    ignore: number0.unavailable !== undefined,
    async fn() {
      const words = typedBy(name).map((command) => cliWordsOf(command)!);
      assert.deepEqual(words.map(([command]) => command), [
        "hub",
        "sub",
        "pub",
      ]);
      const [hubWords = [], subWords = [], pubWords = []] = words;
      // Only this is added, so that nothing leaves this machine.
      await using hub = new Terminal([...hubWords, "--local", "--port", "0"]);
      const ticket = await hub.says(/^ticket +(\S+)\n/m);
      await hub.says(pictureOf(shown("hub")));

      const here = (words: readonly string[]) =>
        words.map((word) => word === "endpoint…" ? ticket : word);
      const isNamed = subWords.includes("--hub");
      const env: Record<string, string> = isNamed
        ? {}
        : { ALKPUBSUB_HUB: ticket };
      await using sub = new Terminal(here(subWords), env);
      await sub.says(/listening on message\.sent/);
      await using pub = new Terminal(here(pubWords), env);
      await pub.ends();
      await sub.says(pictureOf(shown("sub")));
    },
  });
}

Deno.test("the page of the command line: each kind of command is run", async () => {
  const page = await blocksOf(["docs/guide/command-line.md"]);
  const commands = page.filter(({ language }) => language === "sh")
    .flatMap(commandsIn)
    .map(cliWordsOf)
    .filter((words) => words !== undefined);
  const typed = (...begin: string[]) => {
    const found = commands.find((words) =>
      begin.every((word, i) => words[i] === word)
    );
    assert(found, `the page has ${begin.join(" ")}`);
    return found;
  };
  const folder = await Deno.makeTempDir();
  try {
    await using hub = new Terminal([
      ...typed("hub", "--dashboard"),
      ...["--no-iroh", "--port", "0", "--dashboard", "0"],
    ]);
    const env = {
      ALKPUBSUB_HUB: await hub.says(/^WebSocket +(\S+)\n/m),
    };
    const dashboard = await hub.says(/(http:\S+)\s/);
    const run = async (words: readonly string[], ...more: string[]) => {
      await using terminal = new Terminal([...words, ...more], env);
      return await terminal.ends();
    };
    await using sub = new Terminal(typed("sub", "--pretty"), env);
    await sub.says(/listening/);
    assert.match(await run(typed("pub", "message.sent")), /published 1 event/);
    await sub.says(/message\.sent:room-1 +\{"text":"hello"\}/);
    await run(typed("ping"), "--count", "1", "--interval", "100ms");
    await run(typed("bench"), "--seconds", "0.3");
    await run(typed("top"), dashboard);
    assert.match(await run(typed("completion")), /alkpubsub/);
    assert.match(await run(typed("help")), /Publish events/);
    const key = `${folder}/hub.key`;
    await Deno.writeTextFile(key, `${"07".repeat(32)}\n`, { mode: 0o600 });
    const [command = ""] = typed("key");
    assert.match(await run([command, key]), /^[0-9a-f]{64}$/m);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("words are read as a shell reads them", () => {
  assert.deepEqual(wordsOf(`pub a '{"b": 1}' --c "d e"`), [
    "pub",
    "a",
    '{"b": 1}',
    "--c",
    "d e",
  ]);
  assert.deepEqual(cliWordsOf("npx alkpubsub pub a b < c.jsonl"), [
    "pub",
    "a",
    "b",
  ]);
  assert.equal(cliWordsOf("npx alkpubsubs"), undefined);
});
