// Whether a module is what was started, and not imported by another.

import { realpathSync } from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";

/** Node says so itself from 24.2 on, Deno and Bun do always. */
export function isMain(meta: ImportMeta): boolean {
  const { main } = meta as { main?: boolean };
  if (main !== undefined) return main;
  const [, script] = process.argv;
  try {
    // What npm puts on the PATH is a link.
    return script !== undefined &&
      pathToFileURL(realpathSync(script)).href === meta.url;
  } catch {
    return false;
  }
}
