import { MAX_CLIENT_BYTES, sizeOf } from "../../tests/_size.ts";
import type { Workload } from "../_result.ts";

const OURS = "@alkdev/pubsub, WebSocket";

/** Who, and what a page imports. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  [OURS]: ["websocket_client.ts"],
  "@alkdev/pubsub, WebSocket and createPubSub": [
    "mod.ts",
    "websocket_client.ts",
  ],
  "Socket.IO": ["node_modules/socket.io-client/build/esm/index.js"],
  "NATS": ["node_modules/@nats-io/nats-core/lib/mod.js"],
};

export const workload: Workload = {
  title: "Size of a client in a page",
  method: `
What a page has to load for a client over WebSocket: one ES module of it and all that
it imports, bundled and minified by esbuild, compressed by brotli. Nothing is timed:
it is a function of the sources. Ours may take ${MAX_CLIENT_BYTES} bytes.`,
  unit: "bytes",
  better: "lower",
  async measure(result) {
    for (const [name, entries] of Object.entries(PAGES)) {
      result.add({ [name]: [(await sizeOf(...entries)).brotli] });
    }
    for (const name of ["Socket.IO", "NATS"]) {
      result.compare(`@alkdev/pubsub vs ${name}`, { name: OURS }, { name });
    }
    const ours = result.series.find(({ name }) => name === OURS)!;
    result.comparisons.push({
      what: `@alkdev/pubsub: of ${MAX_CLIENT_BYTES} bytes`,
      as: "ratio",
      samples: ours.samples.map((bytes) => bytes / MAX_CLIENT_BYTES),
      atMost: 1,
    });
  },
};
