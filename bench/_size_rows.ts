// What a page has to load. Nothing is timed: it is a function of the sources.

import { MAX_CLIENT_BYTES, sizeOf } from "../tests/_size.ts";
import type { RatioTable } from "./_ratio_table.ts";

const kib = (bytes: number) => `${(bytes / 1024).toFixed(2)} KiB`;

export async function measureSize(table: RatioTable): Promise<void> {
  for (
    const [bar, ...entries] of [
      [MAX_CLIENT_BYTES, "websocket_client.ts"],
      [undefined, "mod.ts", "websocket_client.ts"],
    ] as const
  ) {
    const { minified, gzip, brotli } = await sizeOf(...entries);
    table.add({
      what: `${entries.join(" and ")} in a page, minified and brotli`,
      bar: bar === undefined ? "" : `<= ${kib(bar)}`,
      measured: kib(brotli),
      range: "",
      verdict: bar === undefined ? "" : brotli <= bar ? "ok" : "above",
      rates: `${kib(gzip)} by gzip, ${kib(minified)} not compressed`,
    });
  }
}
