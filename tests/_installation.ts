// The library as npm would install it, and scripts that import it by its name:
// for runtimes that know nothing of deno.json, or of TypeScript.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { buildLibrary, buildScripts } from "./_build.ts";

/** A directory with an application; disposing of it removes it. */
export interface Installation extends AsyncDisposable {
  /** Where a script is: `hub.js` when it was made of `hub.ts`. */
  path(script: string): string;
}

/**
 * Makes a directory outside of the repository:
 *
 *     node_modules                     the repository's: packages of others
 *     app/hub.js                       the scripts
 *     app/node_modules/@alkdev/pubsub  the library
 *
 * @param scripts Sources, each with a name of its own.
 */
export async function install(scripts: URL[]): Promise<Installation> {
  const directory = await Deno.makeTempDir({ prefix: "pubsub-install-" });
  const app = join(directory, "app");
  const library = join(app, "node_modules", config.name);
  const dispose = () => Deno.remove(directory, { recursive: true });
  try {
    await Promise.all([
      buildLibrary(library),
      buildScripts(scripts.map((url) => fileURLToPath(url)), app),
    ]);
    await Deno.symlink(
      fileURLToPath(new URL("../node_modules", import.meta.url)),
      join(directory, "node_modules"),
      { type: "junction" }, // On Windows a symlink takes a privilege.
    );
    await writeJson(join(app, "package.json"), { type: "module" });
    await writeJson(join(library, "package.json"), {
      name: config.name,
      type: "module",
      exports: Object.fromEntries(
        Object.entries(config.exports)
          .map(([name, file]) => [name, file.replace(/\.ts$/, ".js")]),
      ),
    });
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    path: (script) => join(app, script),
    [Symbol.asyncDispose]: dispose,
  };
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(value));
}
