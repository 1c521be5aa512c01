// What the command line says of itself, and of what was typed wrongly.

import assert from "node:assert/strict";
import process from "node:process";
import { COMMANDS } from "../cli/_table.ts";
import { editDistance, suggestionFor } from "../cli/_suggestion.ts";
import { readWords } from "../cli/_parsing.ts";
import { durationIn } from "../cli/_duration.ts";
import config from "../deno.json" with { type: "json" };
import { runCommandLine } from "../cli.ts";
import { endOf } from "./_command_line.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** What is said of words that make no sense. */
function complaint(...words: string[]): string {
  try {
    readWords(words);
  } catch (error) {
    assert.equal((error as Error).name, "UsageError");
    return (error as Error).message;
  }
  throw new Error(`Nothing is wrong with ${words.join(" ")}`);
}

Deno.test("readWords suggests what was meant, for commands, options and values", () => {
  assert.match(complaint("sbu"), /^unknown command sbu: did you mean sub\?$/);
  assert.match(complaint("zzz"), /there are hub, sub, pub/);
  assert.match(complaint("sub", "a", "--prety"), /did you mean --pretty\?$/);
  assert.match(complaint("hub", "--no-irho"), /did you mean --no-iroh\?$/);
  assert.match(
    complaint("sub", "a", "--color", "allways"),
    /^option --color is one of auto, always, never, not allways$/,
  );
  assert.match(complaint("completion", "bahs"), /did you mean bash\?$/);
});

Deno.test("readWords says what a value has to be", () => {
  for (
    const [words, expected] of [
      ["sub", "TOPIC is missing: sub TOPIC…"],
      ["pub t i 1 2", "unexpected argument 2: pub TYPE [ID] [JSON]"],
      ["sub a --count", "option --count needs a value: N"],
      ["sub a --count --pretty", "option --count needs a value: N"],
      ["sub a --count 0", "option --count is a whole number from 1, not 0"],
      ["sub a --count 1.5", "option --count is a whole number from 1, not 1.5"],
      ["sub a --pretty=yes", "option --pretty takes no value"],
      [
        "hub --port 65536",
        "option --port is a whole number from 0 to 65535, not 65536",
      ],
      [
        "ping --interval soon",
        "option --interval is a time such as 5, 5s, 500ms or 2m, not soon",
      ],
    ] as const
  ) assert.equal(complaint(...words.split(" ")), expected);
});

Deno.test("readWords takes options before the command, optional values, negations and negative numbers", () => {
  const sub = readWords(["--hub", "ws://h", "sub", "-n", "3", "a", "b:c"]);
  assert.equal(sub.command?.name, "sub");
  assert.deepEqual(sub.args.positionals, ["a", "b:c"]);
  assert.equal(sub.args.text("hub"), "ws://h");
  assert.equal(sub.args.number("count"), 3);

  const dashboard = (...words: string[]) =>
    readWords(["hub", ...words]).args.number("dashboard");
  assert.equal(dashboard(), undefined);
  assert.equal(dashboard("--dashboard"), 4281);
  assert.equal(dashboard("--dashboard", "--local"), 4281);
  assert.equal(dashboard("--dashboard", "5000"), 5000);
  assert.equal(dashboard("--dashboard=5000"), 5000);

  const hub = readWords(["hub", "--no-relay"]).args;
  assert.equal(hub.flag("relay"), false);
  assert.equal(hub.flag("iroh"), undefined);
  assert.equal(
    readWords(["hub", "--no-iroh", "--iroh"]).args.flag("iroh"),
    true,
  );

  const pub = readWords(["pub", "t", "i", "-5"]).args;
  assert.deepEqual(pub.positionals, ["t", "i", "-5"]);
  const rest = readWords(["pub", "t", "--", "--id", "-.5e1"]).args;
  assert.deepEqual(rest.positionals, ["t", "--id", "-.5e1"]);
});

Deno.test("durationIn reads times as people type them", () => {
  assert.deepEqual(
    ["5", "5s", "500ms", "2m", "1h", ".5", "1.5s"].map(durationIn),
    [5_000, 5_000, 500, 120_000, 3_600_000, 500, 1_500],
  );
  for (const text of ["", "0", "s", "-1", "5 s", "1d", "1e3", "999999h"]) {
    assert.equal(durationIn(text), undefined, text);
  }
});

Deno.test("suggestionFor finds slips, and nothing else", () => {
  assert.equal(editDistance("abcd", "acbd"), 1);
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(suggestionFor("comp", ["completion", "sub"]), "completion");
  assert.equal(suggestionFor("xyz", ["hub", "sub"]), undefined);
});

Deno.test("every command has help with each of its options, and fits 80 columns", async () => {
  for (const command of COMMANDS) {
    const { code, stdout, stderr } = await endOf(["help", command.name]);
    assert.deepEqual([code, stderr], [0, ""]);
    for (const { name } of command.options) {
      assert.match(stdout, new RegExp(`--(\\[no-\\])?${name}\\b`));
    }
    assert.match(stdout, /^Examples:$/m);
    const text = stdout.replace(/^Examples:[^]*/m, "");
    const longest = Math.max(...text.split("\n").map((line) => line.length));
    assert.ok(longest <= 80, `${command.name}: ${longest} columns`);
  }
});

Deno.test("the program says what it is, and usage errors are one line and exit code 2", async () => {
  const help = await endOf(["--help"]);
  assert.deepEqual([help.code, help.stderr], [0, ""]);
  for (const { name } of COMMANDS) assert.match(help.stdout, new RegExp(name));

  const version = await endOf(["--version"]);
  assert.deepEqual(version, {
    code: 0,
    stdout: `${config.version}\n`,
    stderr: "",
  });
  const nothing = await endOf([]);
  assert.deepEqual([nothing.code, nothing.stdout], [2, ""]);
  assert.match(nothing.stderr, /^alkpubsub: a command is missing: [^\n]+\n\n/);
  assert.ok(nothing.stderr.endsWith(`\n\n${help.stdout}`), nothing.stderr);
  for (const words of [["sbu"], ["sub", "--prety", "a"], ["sub", "__a"]]) {
    const { code, stdout, stderr } = await endOf(words);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^alkpubsub: [^\n]+\n$/);
  }
});

Deno.test("a hub that is not there is one line and exit code 1, and so is a name that is none", async () => {
  const { code, stdout, stderr } = await endOf(
    ["pub", "t", "i", "1", "--hub", "ws://user:secret@127.0.0.1:1/?token=x"],
  );
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(
    stderr,
    /^alkpubsub: cannot connect to hub ws:\/\/127\.0\.0\.1:1\/: [^\n]+\n$/,
  );
  for (
    const [hub, why] of [
      ["http://localhost:4280", "did you mean ws://localhost:4280?"],
      ["localhost:4280", "did you mean ws://localhost:4280?"],
      ["nonsense", "it is neither a URL"],
    ] as const
  ) {
    const end = await endOf(["ping", "--hub", hub]);
    assert.equal(end.code, 2);
    assert.ok(end.stderr.includes(why), end.stderr);
  }
});

Deno.test("runCommandLine runs in a process of others, too, and leaves nothing there", async () => {
  const listeners = () =>
    [process.stdout, process.stderr].map((one) => one.listenerCount("error"));
  const before = listeners();
  assert.equal(
    await runCommandLine(["--quiet", "completion", "bash", "-h"]),
    0,
  );
  assert.deepEqual(listeners(), before);
});
