/**
 * The test runner behind `deno task test [arguments of deno test]`.
 *
 * `@rayhanadev/iroh` dials by node id alone and looks the address up in DNS.
 * Its tests serve DNS themselves, on 127.0.0.1:53, so `deno test` has to run
 * where `/etc/resolv.conf` names that address: in a mount namespace of its own,
 * which leaves the machine's resolver alone. Only Linux has those; elsewhere
 * the tests see no `PUBSUB_TEST_DNS=1` and are ignored.
 */

import { existsSync } from "node:fs";
import config from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url);
const deno = Deno.execPath();

/** Runs a command without showing it; `undefined` when it went well. */
async function faultOf(
  [command = "", ...args]: string[],
): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command(command, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      signal: AbortSignal.timeout(20_000),
    }).output();
    if (success) return undefined;
    const [line = ""] = new TextDecoder().decode(stderr).trim().split("\n");
    return line || `${command} failed`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The command prefix that enters the namespace, or why there is none. */
async function findNamespace(resolvConf: string): Promise<string[] | string> {
  if (Deno.build.os !== "linux") return "only Linux has mount namespaces";
  const enter =
    'mount --bind "$1" /etc/resolv.conf && shift && exec env PUBSUB_TEST_DNS=1 "$@"';
  // Port 53 is part of the trial: it may be taken, or be denied to this user.
  const trial = 'const s = (await import("node:dgram")).createSocket("udp4");' +
    's.on("error", (e) => { console.error(e.message); Deno.exit(1); });' +
    's.bind(53, "127.0.0.1", () => s.close());';
  const faults = [];
  for (const flags of ["-m", "-rm"]) { // as root, as anybody
    const prefix = ["unshare", flags, "sh", "-c", enter, "sh", resolvConf];
    const fault = await faultOf([...prefix, deno, "eval", trial]);
    if (fault === undefined) return prefix;
    faults.push(`unshare ${flags}: ${fault}`);
  }
  return faults.join("; ");
}

/** What `deno test` is to look at when the arguments name no file. */
function defaultPaths(): string[] {
  const paths = ["tests", "README.md"];
  for (const { name } of Deno.readDirSync(root)) {
    if (name.endsWith(".ts") && !name.startsWith("_")) paths.push(name);
  }
  return paths.filter(exists);
}

const exists = (path: string) => existsSync(new URL(path, root));

// Inside the namespace no other name resolves: have what comes from JSR in
// Deno's cache before. Without JSR this fails, and its test says it is skipped.
await faultOf([deno, "cache", "--quiet", ...Object.values(config.imports)]);

const resolvConf = await Deno.makeTempFile({ prefix: "pubsub-resolv-" });
await Deno.writeTextFile(resolvConf, "nameserver 127.0.0.1\n");
const namespace = await findNamespace(resolvConf);
if (typeof namespace === "string") {
  console.log(
    `The tests of @rayhanadev/iroh will be ignored: no private DNS (${namespace})`,
  );
}

const paths = Deno.args.some(exists) ? [] : defaultPaths();
const test = [deno, "test", "-A", "--doc", "--trace-leaks", ...Deno.args];
const prefix = typeof namespace === "string" ? [] : namespace;
const [command = deno, ...args] = [...prefix, ...test, ...paths];
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
await Deno.remove(resolvConf);

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
