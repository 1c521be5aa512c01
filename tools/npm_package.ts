/**
 * The package for npm, made from the same sources as that of JSR: what is behind
 * `deno task build:npm [DIRECTORY]`, which leaves it in `dist/npm`.
 */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandFile, entryFiles, manifestFor } from "./_npm_manifest.ts";
import { compile, type Files } from "./_npm_modules.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** What comes along as it is. */
const DOCUMENTS = ["README.md", "CHANGELOG.md", "LICENSE"];

/**
 * Writes the package, ready for `npm pack` and `npm publish`.
 *
 * @param directory Made if it is not there; what is in it is kept.
 * @param repository `owner/name` on GitHub, if it is known.
 */
async function buildNpmPackage(
  directory: string,
  repository?: string,
): Promise<void> {
  const files = compile(entryFiles);
  if (commandFile) makeRunnable(files, commandFile);
  const manifest = manifestFor(repository);
  files.set("package.json", `${JSON.stringify(manifest, null, 2)}\n`);
  for (const [path, text] of files) {
    const place = join(directory, path);
    await Deno.mkdir(dirname(place), { recursive: true });
    await Deno.writeTextFile(place, text);
  }
  for (const name of DOCUMENTS) {
    await Deno.copyFile(join(root, name), join(directory, name));
  }
}

/** What was built before may have files that are no more. */
async function removed(directory: string): Promise<void> {
  try {
    await Deno.remove(directory, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Has a module run by Node.js when it is called by its name. */
function makeRunnable(files: Files, entry: string): void {
  const path = entry.replace(/^\.\/(.*)\.ts$/, "$1.js");
  const text = files.get(path) ?? "";
  files.set(path, `#!/usr/bin/env node\n${text.replace(/^#!.*\n/, "")}`);
  if (text.startsWith("#!")) return;
  const map = JSON.parse(files.get(`${path}.map`)!);
  map.mappings = `;${map.mappings}`; // Nothing is known of the first line.
  files.set(`${path}.map`, JSON.stringify(map));
}

if (import.meta.main) {
  const directory = Deno.args[0] ?? join(root, "dist/npm");
  if (Deno.args[0] === undefined) await removed(directory);
  await buildNpmPackage(directory, Deno.env.get("GITHUB_REPOSITORY"));
  console.log(`Built in ${directory}`);
}
