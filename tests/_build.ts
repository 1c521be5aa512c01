// The library as JavaScript: for other runtimes, and for browsers.

import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };

/**
 * Compiles every public module to JavaScript that Node.js, Bun and Deno run:
 * `./mod.ts` becomes `mod.js`. What modules share is in chunks beside them, and
 * so is one class in all of them, as in the sources.
 */
export async function buildLibrary(outdir: string): Promise<void> {
  await esbuild(
    ...Object.values(config.exports),
    `--outdir=${outdir}`,
    "--splitting",
    "--platform=neutral",
    "--external:node:*", // of the command line
    "--target=node20",
  );
}

/**
 * Compiles scripts for the same runtimes, side by side, whatever directory they
 * come from. What they import by name, the library included, they have to find
 * in a `node_modules`.
 */
export async function buildScripts(
  scripts: string[],
  outdir: string,
): Promise<void> {
  await esbuild(
    ...scripts,
    `--outdir=${outdir}`,
    "--entry-names=[name]",
    "--packages=external",
    "--platform=node",
    "--target=node20",
  );
}

/**
 * One ES module, as text, of `entry` and all that it imports. `entry` is
 * absolute, or relative to the root of the repository: `mod.ts`.
 */
export async function bundleForBrowser(
  entry: string,
  minify: boolean,
): Promise<string> {
  return await esbuild(
    entry,
    ...minify ? ["--minify"] : [],
    "--platform=browser",
    "--target=es2022",
  );
}

/**
 * Runs esbuild's command. Its functions keep a process whose end nobody can
 * wait for, which is a leak of the test that calls them.
 */
async function esbuild(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "npm:esbuild", "--bundle", "--format=esm"],
      ...["--log-level=warning", ...args],
    ],
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`esbuild: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
