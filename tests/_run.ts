/**
 * The test runner behind `deno task test [arguments of deno test]`.
 *
 * The tests of `@rayhanadev/iroh` need DNS of their own: `_namespace.ts`.
 */

import { existsSync } from "node:fs";
import { documentation } from "./_markdown.ts";
import { faultOf, openDnsNamespace } from "./_namespace.ts";
import config from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url);
const deno = Deno.execPath();

/** What `deno test` is to look at when the arguments name no file. */
function defaultPaths(): string[] {
  const paths = ["tests", ...documentation()];
  for (const { name } of Deno.readDirSync(root)) {
    if (name.endsWith(".ts") && !name.startsWith("_")) paths.push(name);
  }
  return paths.filter(exists);
}

const exists = (path: string) => existsSync(new URL(path, root));

// Inside the namespace no other name resolves: have what comes from JSR in
// Deno's cache before. Without JSR this fails, and its test says it is skipped.
await faultOf([deno, "cache", "--quiet", ...Object.values(config.imports)]);

const namespace = await openDnsNamespace();
if (namespace.unavailable !== undefined) {
  console.log(
    `The tests of @rayhanadev/iroh will be ignored: no private DNS (${namespace.unavailable})`,
  );
}

const paths = Deno.args.some(exists) ? [] : defaultPaths();
// A leak fails its test only with the sanitizers on (Deno 2.9).
const sanitize = ["--sanitize-ops", "--sanitize-resources", "--trace-leaks"];
const test = [deno, "test", "-A", "--doc", ...sanitize, ...Deno.args];
const [command = deno, ...args] = [...namespace.prefix, ...test, ...paths];
const child = new Deno.Command(command, {
  args,
  cwd: root,
  stdout: "piped",
  env: Deno.stdout.isTerminal() ? { FORCE_COLOR: "1" } : {},
}).spawn();

// Shown as it comes; read along for the names of ignored tests and the totals.
let output = "";
const decoder = new TextDecoder();
const screen = Deno.stdout.writable.getWriter();
for await (const chunk of child.stdout) {
  await screen.write(chunk);
  output += decoder.decode(chunk, { stream: true });
}
screen.releaseLock();
const { code } = await child.status;
await namespace[Symbol.asyncDispose]();

// deno-lint-ignore no-control-regex -- colors are control characters
const plain = output.replaceAll(/\x1b\[[\d;]*m/g, "");
const ignored = [...plain.matchAll(/^ *(.+) \.\.\. ignored\b/gm)];
if (ignored.length > 0) console.log("Ignored:");
for (const [, name] of ignored) console.log(`  ${name}`);

// `ok | 12 passed (3 steps) | 0 failed | 1 ignored (12ms)`, as the last one says
const summary = plain.match(/^(ok|FAILED) \| .*\d+ passed.*$/gm)?.at(-1) ?? "";
const count = (what: string) =>
  Number(summary.match(`(\\d+) ${what}`)?.[1] ?? 0);
// A run that breaks before its first test has no summary.
const failed = Math.max(count("failed"), code === 0 ? 0 : 1);
const skipped = count("ignored") > 0 ? `, ${count("ignored")} skipped` : "";
console.log(`${count("passed")} passed, ${failed} failed${skipped}`);
Deno.exit(code);
