// Every link of the pages leads somewhere, on GitHub and, from README.md, on JSR.

import assert from "node:assert/strict";
import { posix } from "node:path";
import config from "../deno.json" with { type: "json" };
import {
  anchorsIn,
  codeIn,
  documentation,
  isThere,
  type Link,
  linksIn,
  pagesUnder,
  placeOf,
  textOf,
} from "./_markdown.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const isAbsolute = (target: string) => /^[a-z]+:/i.test(target);

/** What is wrong with a link; `undefined` when it leads somewhere. */
async function faultOf({ page, target }: Link): Promise<string | undefined> {
  if (isAbsolute(target)) {
    return URL.canParse(target) ? undefined : "is no URL";
  }
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : posix.join(posix.dirname(page), path);
  if (file.startsWith("..")) return "leaves the repository";
  if (!isThere(file)) return `has no ${file}`;
  if (anchor === undefined || !file.endsWith(".md")) return undefined;
  if (anchorsIn(await textOf(file)).has(decodeURIComponent(anchor))) return;
  return `has no heading ${anchor} in ${file}`;
}

/** What is wrong with the links of pages. */
async function faultsOf(pages: readonly string[]): Promise<string[]> {
  const faults: string[] = [];
  for (const page of pages) {
    for (const link of linksIn(page, await textOf(page))) {
      const fault = await faultOf(link);
      if (fault) faults.push(`${placeOf(link)} ${link.target} ${fault}`);
    }
  }
  return faults;
}

Deno.test("every link of a page leads somewhere", async () => {
  assert.deepEqual(await faultsOf(pagesUnder("./")), []);
});

Deno.test("README.md links to nothing that is not published with it", async () => {
  const patterns = config.publish.include.map((pattern) =>
    new RegExp(`^${pattern.replace(".", "\\.").replace("*", "[^/]*")}$`)
  );
  const links = linksIn("README.md", await textOf("README.md"))
    .filter(({ target }) => !isAbsolute(target) && !target.startsWith("#"));
  assert(links.length > 20);
  const lost = links.filter(({ target }) =>
    !patterns.some((pattern) => pattern.test(target.split("#")[0]!))
  );
  assert.deepEqual(lost.map((link) => `${placeOf(link)} ${link.target}`), []);
});

Deno.test("every file that the documentation names is there", async () => {
  let named = 0;
  const lost: string[] = [];
  for (const page of documentation()) {
    for (const code of codeIn(page, await textOf(page))) {
      const { target } = code;
      const isFolder = /^(tests|docs|bench|examples|demo|cli)\/[\w./-]+$/;
      const isModule = /^(cli\/)?_\w+\.ts$/;
      if (!isFolder.test(target) && !isModule.test(target)) continue;
      named++;
      if (!isThere(target)) lost.push(`${placeOf(code)} ${target}`);
    }
  }
  assert(named > 60);
  assert.deepEqual(lost, []);
});

Deno.test("a link that leads nowhere is found", async () => {
  const found = async (text: string) => {
    const [link] = linksIn("docs/README.md", text);
    return link && await faultOf(link);
  };
  assert.equal(await found("[a](../README.md)"), undefined);
  assert.equal(await found("[a](https://example.com/#x)"), undefined);
  assert.match((await found("[a](nowhere.md)"))!, /has no docs\/nowhere\.md/);
  assert.match((await found("![a](x.svg)"))!, /has no docs\/x\.svg/);
  assert.match((await found("[a](../README.md#no-such)"))!, /no heading/);
  assert.match((await found('<img src="x.svg">'))!, /has no docs\/x\.svg/);
  assert.match((await found("[a](../../x.md)"))!, /leaves the repository/);
  assert.equal(linksIn("a.md", "`[a](b)`\n```\n[a](b)\n```\n").length, 0);
});

Deno.test("anchors are those of GitHub", () => {
  const text = [
    "# What you can rely on",
    "## `createPubSub`: options",
    "## Redis, NATS",
    "## [Redis](x.md), NATS",
    "### Spoke → hub over iroh",
    "```",
    "# not a heading",
    "```",
  ].join("\n");
  assert.deepEqual([...anchorsIn(text)], [
    "what-you-can-rely-on",
    "createpubsub-options",
    "redis-nats",
    "redis-nats-1",
    "spoke--hub-over-iroh",
  ]);
});
