// Completion, in the shells themselves.

import assert from "node:assert/strict";
import { completionScript, type Shell } from "../cli/_completion.ts";
import { programFault } from "../demo/_servers.ts";
import { outputOf } from "./_output.ts";
import { findTmux, Terminal } from "./_terminal.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const faults = {
  bash: await programFault("bash"),
  zsh: await programFault("zsh"),
  fish: await programFault("fish"),
};
for (const [shell, fault] of Object.entries(faults)) {
  if (fault !== undefined) {
    console.warn(`Skipping the completion of ${shell}: ${fault}`);
  }
}

/** The script of a shell, in a file. */
async function scriptFile(shell: Shell) {
  const path = await Deno.makeTempFile({ suffix: `.${shell}` });
  await Deno.writeTextFile(path, completionScript(shell));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

/** Words, and what completes the last one, among others. */
const cases = [
  ["alkpubsub pi", "ping"],
  ["alkpubsub hub --no-ir", "--no-iroh"],
  ["alkpubsub completion f", "fish"],
  ["alkpubsub sub x --color ne", "never"],
  ["alkpubsub help be", "bench"],
  ["alkpubsub sub x --pre", "--pretty"],
  ["alkpubsub pub x --rep", "--repeat"],
  ["alkpubsub top --on", "--once"],
  ["alkpubsub hub --dashboard --lo", "--local"],
  ["alkpubsub --color always sub x --pre", "--pretty"],
  ["alkpubsub sub x --color=ne", "--color=never"],
] as const;

Deno.test({
  name: "bash completes commands, options and values",
  ignore: faults.bash !== undefined,
  async fn() {
    await using script = await scriptFile("bash");
    for (const [line, expected] of cases) {
      // As bash does: "=" is a word of its own.
      const words = line.split(/ |(?==)|(?<==)/);
      const { code, stdout, stderr } = await outputOf([
        "bash",
        "--norc",
        "-c",
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _alkpubsub; printf "%s\\n" "${COMPREPLY[@]}"',
        "bash",
        script.path,
        ...words,
      ]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.deepEqual(
        stdout.trim().split("\n"),
        [expected.replace(/.*=/, "")],
        line,
      );
    }
  },
});

Deno.test({
  name: "fish completes commands, options and values",
  ignore: faults.fish !== undefined,
  async fn() {
    await using script = await scriptFile("fish");
    for (const [line, expected] of cases) {
      const { stdout } = await outputOf([
        ...["fish", "--no-config", "-c"],
        `source ${script.path}; complete -C "${line}"`,
      ]);
      const found = stdout.trim().split("\n").map((one) => one.split("\t")[0]);
      assert.ok(found.includes(expected), `${line}: ${stdout}`);
    }
  },
});

Deno.test({
  name: "zsh completes commands, options and values",
  ignore: faults.zsh !== undefined || findTmux() === undefined,
  async fn() {
    await using script = await scriptFile("zsh");
    await using terminal = await Terminal.open({ columns: 120 });
    await terminal.type("exec env PS1='zsh> ' zsh -f");
    await terminal.until(/zsh>$/);
    await terminal.type(
      `autoload -Uz compinit; compinit -D; source ${script.path}; clear`,
    );
    await terminal.until(/^zsh>$/);
    for (const [line, expected] of cases) {
      await terminal.typeKeys(line);
      await terminal.press("Tab");
      const words = line.split(" ");
      const completed = [...words.slice(0, -1), expected].join(" ");
      await terminal.until((screen) => screen.includes(`zsh> ${completed}`));
      await terminal.press("C-c");
      await terminal.type("clear");
      await terminal.until(/^zsh>$/);
    }
  },
});
