// Builds the page into one module: `deno task build:dashboard`. With `--print` it
// is printed as JSON instead.

import { createHash } from "node:crypto";
import type { DashboardPage } from "../_dashboard_page.ts";
import { bundlePage } from "../tools/page_bundle.ts";

const root = new URL("../", import.meta.url);
const sources = new URL("./page/", import.meta.url);

/** What is not ours in it has its licence with it. */
const chartLicense = new URL("node_modules/uplot/LICENSE", root);

/** Bundles the page: nothing is fetched from anywhere else. */
async function buildPage(): Promise<DashboardPage> {
  const read = (name: string) => Deno.readTextFile(new URL(name, sources));
  const license = (await Deno.readTextFile(chartLicense)).trim();
  const bundled = await bundlePage(sources, [
    "main.ts",
    "style.css",
    "login.css",
  ]);
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
