// The files of a page as a browser takes them: one module and its style, with the
// library in it, and nothing fetched from anywhere else.

import * as esbuild from "esbuild";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url);

/**
 * Bundles files of a page.
 *
 * @param folder Where they are.
 * @param entries Scripts and styles.
 * @returns Gives what became of a file, by its new name: `main.js` of `main.ts`.
 */
export async function bundlePage(
  folder: URL,
  entries: readonly string[],
): Promise<(name: string) => string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: entries.map((name) => fileURLToPath(new URL(name, folder))),
    bundle: true,
    minify: true,
    write: false,
    outdir: "/",
    format: "esm",
    target: "es2022",
    legalComments: "inline",
    // The library is not installed in its own repository.
    alias: Object.fromEntries(
      Object.entries(config.exports).map(([name, file]) => [
        config.name + name.slice(1),
        fileURLToPath(new URL(file, root)),
      ]),
    ),
  });
  await esbuild.stop();
  return (name) => outputFiles.find(({ path }) => path.endsWith(name))!.text;
}
