// The version of this library, wherever it was installed from.

import { readFileSync } from "node:fs";

/** Where the library is, as JSR has it, or as a folder of the disk. */
const ON_JSR = /\/@alkdev\/pubsub\/(\d[^/]*)\//;

/** What names a version, and lies beside this file or above it. */
const FILES = [
  "../deno.json",
  "./package.json",
  "../package.json",
  "../../package.json",
];

/** The version, or `unknown`. */
export function libraryVersion(): string {
  const fromUrl = ON_JSR.exec(import.meta.url)?.[1];
  if (fromUrl !== undefined) return fromUrl;
  for (const path of FILES) {
    try {
      const text = readFileSync(new URL(path, import.meta.url), "utf8");
      const { name, version } = JSON.parse(text);
      if (name === "@alkdev/pubsub" && version) return version;
    } catch {
      // It is somewhere else.
    }
  }
  return "unknown";
}
