// What a dry run says of a release on JSR: exactly the modules that the exports
// lead to and what their readers need, and documentation for the full score.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { foldersOf, importsOf } from "../tools/_npm_modules.ts";
import { outputOf } from "./_output.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const root = new URL("../", import.meta.url);
// In the order in which JSR looks at them.
const entries = Object.values(config.exports).toSorted();

// Git ignores it, and a release builds it.
Deno.test.beforeAll(async () => {
  const { code, stdout, stderr } = await deno("task", "build:dashboard");
  assert.equal(code, 0, stdout + stderr);
});

/** Besides modules. */
const DOCUMENTS =
  /^(README\.md|CHANGELOG\.md|LICENSE|SECURITY\.md|deno\.json|docs\/(?:guide\/)?[^/]+\.md)$/;

/** Of a command: packages that it can do without are imported by variables. */
const LOADER = "cli/_module.ts";

Deno.test("what is published is what the exports lead to, and documents", async () => {
  const { files, warnings } = await dryRun();
  assert(files.includes("dashboard/built/page.js"));
  const modules = files.filter((file) => !DOCUMENTS.test(file));
  const documents = files.filter((file) => DOCUMENTS.test(file));
  assert.deepEqual(modules.toSorted(), (await reachable()).toSorted());
  for (const name of ["README.md", "CHANGELOG.md", "LICENSE", "deno.json"]) {
    assert(documents.includes(name), `${name} is published`);
  }
  assert.deepEqual(warnings.filter((warning) => !warning.endsWith(LOADER)), []);
});

Deno.test("links of the README to documents lead to published ones", async () => {
  const { files } = await dryRun();
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const links = [
    ...readme.matchAll(/\]\(((?:docs\/(?:guide\/)?)?[\w-]+\.md)[)#]/g),
  ]
    .map(([, path = ""]) => path);
  assert(links.length > 0);
  for (const link of links) assert(files.includes(link), link);
});

Deno.test("every export has its documentation, with an example", async () => {
  const { code, stdout, stderr } = await deno("doc", "--json", ...entries);
  assert.equal(code, 0, stderr);
  const { nodes }: Documentation = JSON.parse(stdout);
  const bare = entries.filter((entry) => {
    const { doc = "", tags = [] } =
      nodes[new URL(entry, root).href]?.module_doc ?? {};
    const examples = tags.filter(({ kind }) => kind === "example");
    return doc.trim() === "" ||
      !`${doc}${examples.map((one) => one.doc)}`.includes("```");
  });
  assert.deepEqual(bare, []);

  // JSR counts a symbol once for each export that hands it out.
  const unsaid = Object.entries(nodes).flatMap(([url, { symbols }]) => {
    assert(symbols.length > 0, url);
    return symbols.filter(isUnsaid).map(({ name }) =>
      `${fromRoot(url)} ${name}`
    );
  });
  assert.deepEqual(unsaid, []);
});

Deno.test("deno doc --lint has nothing to say of any export", async () => {
  const { code, stderr } = await deno("doc", "--lint", ...entries);
  assert.equal(code, 0, stderr);
});

/** What `deno doc --json` says, as far as it is looked at. */
interface Documentation {
  readonly nodes: Record<string, {
    readonly module_doc?: JsDoc & { readonly tags?: readonly Tag[] };
    readonly symbols: readonly DocumentedSymbol[];
  }>;
}
interface DocumentedSymbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly declarationKind: string;
    readonly kind: string;
    readonly jsDoc?: JsDoc;
    readonly def?: { readonly hasBody?: boolean };
  }[];
}
interface JsDoc {
  readonly doc?: string;
}
interface Tag extends JsDoc {
  readonly kind: string;
}

/** Whether something of it that others see is not documented. */
function isUnsaid({ declarations }: DocumentedSymbol): boolean {
  const seen = declarations
    .filter(({ declarationKind }) => declarationKind !== "private");
  const isOverloaded = seen.length > 1;
  return seen.some(({ jsDoc, def }) =>
    !jsDoc?.doc && !(isOverloaded && def?.hasBody)
  );
}

/** What would be published, by paths from the root, and what is warned of. */
async function dryRun(): Promise<{ files: string[]; warnings: string[] }> {
  const { code, stdout, stderr } = await deno(
    ...["publish", "--dry-run", "--allow-dirty"],
    "--no-check", // `deno task check` does; of slow types it tells all the same.
  );
  assert.equal(code, 0, stdout + stderr);
  return {
    files: [...stderr.matchAll(/^ +(file:\S+) \(/gm)].map(([, url]) =>
      fromRoot(url!)
    ),
    warnings: [...stderr.matchAll(/^warning\[.*\n.*?--> ([^:\n]+)/gm)]
      .map(([all, path = ""]) =>
        path.startsWith("/") ? `${all.split("\n")[0]} ${path}` : all
      ),
  };
}

/** Every file that the exports lead to, by types or by code. */
async function reachable(): Promise<string[]> {
  const reached = new Set(entries.map((entry) => new URL(entry, root).href));
  for (const url of reached) {
    if (!url.endsWith(".ts")) continue;
    const text = await Deno.readTextFile(new URL(url));
    for (const specifier of importsOf(text)) {
      if (specifier.startsWith(".")) reached.add(new URL(specifier, url).href);
    }
    for (const folder of foldersOf(text).map((path) => new URL(path, url))) {
      for (const { name } of Deno.readDirSync(folder)) {
        reached.add(new URL(name, folder).href);
      }
    }
  }
  // It is published anyway.
  return [...reached].map(fromRoot).filter((path) => path !== "deno.json");
}

function fromRoot(url: string): string {
  assert(url.startsWith(root.href), url);
  return url.slice(root.href.length);
}

function deno(command: string, ...args: string[]) {
  return outputOf([
    Deno.execPath(),
    command,
    `--config=${fileURLToPath(new URL("deno.json", root))}`,
    ...args.map((arg) =>
      arg.startsWith("./") ? fileURLToPath(new URL(arg, root)) : arg
    ),
  ], { env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" } });
}
