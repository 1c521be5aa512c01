// Builds the page into one module: `deno task build:dashboard`. With `--print` it
// is printed as JSON instead.

import * as esbuild from "esbuild";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { DashboardPage } from "../_dashboard_page.ts";
import config from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url);
const sources = new URL("./page/", import.meta.url);

/** What is not ours in it has its licence with it. */
const chartLicense = new URL("node_modules/uplot/LICENSE", root);

/** Bundles the page: nothing is fetched from anywhere else. */
async function buildPage(): Promise<DashboardPage> {
  const read = (name: string) => Deno.readTextFile(new URL(name, sources));
  const license = (await Deno.readTextFile(chartLicense)).trim();
  const bundled = await bundle(["main.ts", "style.css", "login.css"]);
  const notice = `/*! The charts are by uPlot.\n\n${license}\n*/\n`;
  const script = `\n${notice}${bundled("main.js")}`;
  const style = `\n${bundled("style.css")}`;
  const loginStyle = `\n${bundled("login.css")}`;
  return {
    html: inlined(await read("index.html"), style, script),
    login: inlined(await read("login.html"), loginStyle),
    scripts: [hashOf(script)],
    styles: [hashOf(style), hashOf(loginStyle)],
  };
}

/** Puts what the file links to into it. */
function inlined(html: string, style: string, script = ""): string {
  if (/<\/(script|style)/i.test(style + script)) {
    throw new Error("Cannot put script and style into the page: it would end");
  }
  return html
    .replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${style}</style>`)
    .replace(
      /<script [^>]*><\/script>/,
      () => `<script type="module">${script}</script>`,
    );
}

/** As Content Security Policy Level 3, section 2.3.1, has it. */
function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** Gives what became of a file, by its new name. */
async function bundle(entries: string[]): Promise<(name: string) => string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: entries.map((name) => fileURLToPath(new URL(name, sources))),
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

const page = await buildPage();
if (Deno.args.includes("--print")) {
  console.log(JSON.stringify(page));
} else {
  const built = new URL("./built/page.js", import.meta.url);
  const unfinished = new URL("./built/page.js.new", import.meta.url);
  await Deno.writeTextFile(
    unfinished,
    "// Made by `deno task build:dashboard` from dashboard/page. It holds uPlot,\n" +
      "// with its licence.\n" +
      `export const page = ${JSON.stringify(page, undefined, 2)};\n`,
  );
  // At once, or not at all: somebody may be reading it.
  await Deno.rename(unfinished, built);
}
