// Chromium without a window, to see the library where it has no runtime below it.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

export type { Browser, BrowserContext, Page } from "playwright-core";

/**
 * Where a Chromium is: what the environment variable CHROMIUM names, else the
 * first on the PATH. `undefined` when there is none.
 */
export function findChromium(): string | undefined {
  const named = Deno.env.get("CHROMIUM");
  if (named) return named;
  const directories = Deno.env.get("PATH")?.split(delimiter) ?? [];
  return ["chromium", "chromium-browser", "google-chrome"]
    .flatMap((name) => directories.map((directory) => join(directory, name)))
    .find(existsSync);
}

/**
 * Starts the Chromium that was found; disposing of it ends it and its pages.
 * Each `newPage()` is a visitor of its own; pages of one visitor, who share
 * storage and channels, are those of one `newContext()`.
 */
export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("There is no Chromium");
  return await chromium.launch({
    executablePath,
    // Root has none, and the pages are ours.
    chromiumSandbox: false,
  });
}
