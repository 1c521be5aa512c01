// What the library weighs on its way to a page.

import { brotliCompressSync, gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { bundleForBrowser } from "./_build.ts";

/** What the client may weigh, compressed by brotli. */
export const MAX_CLIENT_BYTES = 6 * 1024;

/** Bytes of one ES module without whitespace and long names. */
export interface Size {
  readonly minified: number;
  readonly gzip: number;
  readonly brotli: number;
}

/** Entries as of `bundleForBrowser`, together in one module. */
export async function sizeOf(...entries: string[]): Promise<Size> {
  const root = new URL("../", import.meta.url);
  const directory = await Deno.makeTempDir({ prefix: "pubsub-size-" });
  try {
    const exports = entries.map((entry) =>
      `export * from ${JSON.stringify(fileURLToPath(new URL(entry, root)))};`
    );
    await Deno.writeTextFile(`${directory}/page.ts`, exports.join("\n"));
    const text = await bundleForBrowser(`${directory}/page.ts`, true);
    const bytes = new TextEncoder().encode(text);
    return {
      minified: bytes.length,
      gzip: gzipSync(bytes, { level: 9 }).length,
      brotli: brotliCompressSync(bytes).length,
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
