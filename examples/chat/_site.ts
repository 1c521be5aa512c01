// The page, as files to serve. Its script is bundled when the server starts: one
// module with the library in it, and nothing is fetched from anywhere else.

import * as esbuild from "esbuild";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };

const root = new URL("../../", import.meta.url);

/** What the page may do: nothing that somebody could smuggle into a message. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; " +
  "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";

/** Answers a request for a file of the page. */
export type Site = (request: Request) => Response;

/** Reads the page and bundles its script. */
export async function buildSite(): Promise<Site> {
  const read = (name: string) =>
    Deno.readTextFile(new URL(`page/${name}`, import.meta.url));
  const files = new Map([
    ["/", ["text/html", await read("index.html")]],
    ["/style.css", ["text/css", await read("style.css")]],
    ["/icon.svg", ["image/svg+xml", await read("icon.svg")]],
    ["/main.js", ["text/javascript", await bundle("page/main.ts")]],
  ]);
  return ({ url }) => {
    const file = files.get(new URL(url).pathname);
    if (!file) return new Response("There is nothing here", { status: 404 });
    const [type, text] = file;
    return new Response(text, {
      headers: {
        "content-type": `${type}; charset=utf-8`,
        "content-security-policy": POLICY,
        // The server may have changed when it comes back.
        "cache-control": "no-cache",
      },
    });
  };
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    // The library is not installed in its own repository.
    alias: Object.fromEntries(
      Object.entries(config.exports).map(([name, file]) => [
        config.name + name.slice(1),
        fileURLToPath(new URL(file, root)),
      ]),
    ),
  });
  await esbuild.stop();
  return outputFiles[0]!.text;
}
