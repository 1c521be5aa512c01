// The snippets print what the comments behind their `console.log` say. That they
// run at all, and their types, `deno test --doc` shows.

import assert from "node:assert/strict";
import { fileURLToPath, pathToFileURL } from "node:url";
import { printedBy } from "./_docs_console.ts";
import { type Block, blocksOf, documentation, placeOf } from "./_markdown.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** What a block says that it prints. */
function expectedOf({ text }: Block): string[] {
  return [...text.matchAll(/console\.log\(.*\)[;,]? \/\/ (.+)$/gm)]
    .map(([, comment = ""]) => comment.replace(/^"(.*)"$/, "$1"));
}

const blocks = (await blocksOf(documentation())).filter((block) =>
  block.language === "ts" && block.words[0] !== "ignore" &&
  expectedOf(block).length > 0
);

Deno.test("documentation says what its snippets print", () => {
  assert(blocks.length > 10);
});

const folder = await Deno.makeTempDir({
  dir: fileURLToPath(new URL(".", import.meta.url)),
  prefix: "_docs_",
});
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

for (const block of blocks) {
  Deno.test(`${placeOf(block)} prints what it says`, async () => {
    const file = `${folder}/${
      block.page.replaceAll("/", "_")
    }_${block.line}.ts`;
    await Deno.writeTextFile(file, block.text);
    const printed = await printedBy(() => import(pathToFileURL(file).href));
    for (const line of expectedOf(block)) {
      assert(printed.includes(line), `${line}: ${JSON.stringify(printed)}`);
    }
  });
}
