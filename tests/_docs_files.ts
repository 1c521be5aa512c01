// Snippets of the documentation that come as files: "```ts ignore hub.ts". Each
// is a part of a scenario, which a test runs; another test finds one that is not.

import { fileURLToPath } from "node:url";
import { type Block, blocksIn, ROOT, textOf } from "./_markdown.ts";

/** Files of one page, and what is done with them. */
export interface Scenario {
  readonly name: string;
  readonly page: string;
  readonly files: readonly string[];
  /** Why it cannot run here; `undefined` when it can. */
  readonly unavailable?: string | undefined;
  /** Is given the folder that the files are in. */
  readonly run: (folder: string) => Promise<void>;
}

/** The name of a block that comes as a file. */
export const fileOf = ({ language, words }: Block): string | undefined =>
  language === "ts" && words[0] === "ignore" ? words[1] : undefined;

/** A snippet as it stands. */
export async function snippet(page: string, file: string): Promise<string> {
  const found = blocksIn(page, await textOf(page))
    .filter((block) => fileOf(block) === file);
  if (found.length !== 1) {
    throw new Error(`${page} has ${found.length} blocks named ${file}`);
  }
  return found[0]!.text;
}

/** Only the preset is replaced, so that nothing leaves this machine. */
export function onLoopback(text: string): string {
  return text
    .replace(
      /iroh\.presetN0\((\w+)\);.*/g,
      `iroh.presetMinimal($1);
       $1.relayMode(iroh.RelayMode.disabled());
       $1.bindAddr("127.0.0.1:0");`,
    )
    .replace(/await endpoint\.online\(\);.*/, "");
}

/** Runs a scenario in a folder that finds the library. */
export async function play(scenario: Scenario): Promise<void> {
  const folder = await Deno.makeTempDir({
    dir: fileURLToPath(new URL("tests/", ROOT)),
    prefix: "_docs_",
  });
  try {
    for (const file of scenario.files) {
      const text = onLoopback(await snippet(scenario.page, file));
      await Deno.writeTextFile(`${folder}/${file}`, `${text}\n`);
    }
    await scenario.run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
