// There is no block in the documentation that no test runs.

import assert from "node:assert/strict";
import { assertCommand, commandsIn } from "./_docs_commands.ts";
import { fileOf } from "./_docs_files.ts";
import { scenarios } from "./_docs_scenarios.ts";
import {
  type Block,
  blocksIn,
  blocksOf,
  codeIn,
  documentation,
  placeOf,
  textOf,
} from "./_markdown.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** By page and file: `docs_files_test.ts` runs them. */
const played = new Set(
  scenarios.flatMap(({ page, files }) => files.map((one) => `${page} ${one}`)),
);

/** Blocks that a test of something else reads from their page and uses. */
const used: readonly { page: string; beginning: string; test: string }[] = [
  {
    page: "docs/scaling.md",
    beginning: "authorization {",
    test: "engine_access_test.ts",
  },
  {
    page: "docs/scaling.md",
    beginning: "user default off",
    test: "engine_access_test.ts",
  },
];

/** Of `text` and `jsonl`: who reads them, by page and first word. */
const read = new Map([
  ["README.md hub", "docs_terminals_test.ts"],
  ["README.md sub", "docs_terminals_test.ts"],
  ["docs/wire-format.md client", "docs_wire_test.ts"],
  ["docs/wire-format.md hub", "docs_wire_test.ts"],
  ["docs/wire-format.md engine", "docs_wire_test.ts"],
]);

/** Why no test runs a block; `undefined` when one does. */
function faultOf(block: Block): string | undefined {
  const { page, language, words, text } = block;
  const file = fileOf(block);
  switch (language) {
    case "ts":
      if (file !== undefined) {
        return played.has(`${page} ${file}`) ? undefined : `runs no ${file}`;
      }
      // `deno test --doc` runs the rest.
      return words.length === 0 ? undefined : `knows no ${words.join(" ")}`;
    case "sh":
      return commandFaultOf(block);
    case "text":
    case "jsonl":
      return read.has(`${page} ${words[0]}`) ? undefined : "reads it";
  }
  const use = used.find(({ page, beginning }) =>
    page === block.page && text.startsWith(beginning)
  );
  return use ? undefined : `knows blocks of ${language || "no language"}`;
}

function commandFaultOf(block: Block): string | undefined {
  const files = new Set(
    [...played].map((one) => one.split(" "))
      .filter(([page]) => page === block.page).map(([, file]) => file!),
  );
  // What a page calls your own program.
  files.add("main.ts");
  for (const command of commandsIn(block)) {
    try {
      assertCommand(command, files);
    } catch (error) {
      return `would run ${command}: ${(error as Error).message}`;
    }
  }
  return undefined;
}

const blocks = await blocksOf(documentation());

Deno.test("a test runs every block of the documentation", () => {
  assert(blocks.length > 60);
  const faults = blocks.flatMap((block) => {
    const fault = faultOf(block);
    return fault ? [`${placeOf(block)}: no test ${fault}`] : [];
  });
  assert.deepEqual(faults, []);
});

Deno.test("every command in the text of the documentation stands on something", async () => {
  let said = 0;
  for (const page of documentation()) {
    for (const { target, line } of codeIn(page, await textOf(page))) {
      // The name of the program alone is no command.
      const begin =
        /^(npx (deno task|alkpubsub|-p)|npm install|deno add) (?!(-q )?cli$)/;
      if (!begin.test(target)) continue;
      said++;
      assert.doesNotThrow(
        () => assertCommand(target, new Set()),
        `${page}:${line} ${target}`,
      );
    }
  }
  assert(said > 8);
});

Deno.test("every scenario has its blocks, and every use its test", async () => {
  const there = new Set(
    blocks.map((block) => `${block.page} ${fileOf(block)}`),
  );
  assert.deepEqual([...played].filter((one) => !there.has(one)), []);
  for (const { page, beginning, test } of used) {
    assert((await textOf(page)).includes(`\n${beginning}`), beginning);
    assert((await textOf(`tests/${test}`)).includes(beginning), test);
  }
  for (const [what, test] of read) {
    const [page, word] = what.split(" ");
    assert(blocks.some((one) => one.page === page && one.words[0] === word));
    assert((await textOf(`tests/${test}`)).includes(`"${word}"`), what);
  }
});

Deno.test("deno test --doc is given every page", async () => {
  const runner = await textOf("tests/_run.ts");
  assert.match(runner, /\["tests", \.\.\.documentation\(\)\]/);
  assert.match(runner, /"--doc"/);
});

Deno.test("a block that no test runs is found", () => {
  const fault = (text: string) =>
    blocksIn("README.md", text).map(faultOf).join();
  assert.match(fault("```ts ignore nobody.ts\n1;\n```"), /runs no nobody\.ts/);
  assert.match(fault("```ts ignore\n1;\n```"), /knows no ignore/);
  assert.match(fault("```\nanything\n```"), /knows blocks of no language/);
  assert.match(fault("```text\nanything\n```"), /reads it/);
  for (
    const command of [
      "rm -rf .",
      "npx deno task nothing",
      "npx deno task test tests/no_test.ts",
      "deno add jsr:@alkdev/pubsubs",
      "deno add npm:left-pad",
      "npm install left-pad",
      "deno run -A nobody.ts",
      "npx alkpubsub hubs",
      "npx -p @alkdev/pubsub alkpubsub hub",
      "npx alkpubsub sub a --prety",
    ]
  ) assert.match(fault(`\`\`\`sh\n${command}\n\`\`\``), /would run/, command);
  assert.equal(fault("```ts\n1;\n```\n```sh\nnpm ci # a comment\n```"), ",");
});

Deno.test("docs/decisions/README.md lists every decision", async () => {
  const index = await textOf("docs/decisions/README.md");
  for (const page of documentation()) {
    const [, name] = page.match(/^docs\/decisions\/(\d.*\.md)$/) ?? [];
    if (name === undefined) continue;
    const [heading = ""] = (await textOf(page)).split("\n");
    assert(index.includes(`(${name}): ${heading.replace("# ", "")}`), name);
  }
});
