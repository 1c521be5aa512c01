// An endpoint of either binding, made as an application makes it. Nothing of this
// library, nor of its tests: both sides load it.

import { createRequire } from "node:module";
import type * as Number0 from "@number0/iroh";
import type { RayhanadevEndpoint } from "../../tests/_iroh.ts";

export const ALPN = "alkpubsub/1";

interface Rayhanadev {
  Endpoint: {
    createWithOptions(
      options: { alpns: string[] },
    ): Promise<RayhanadevEndpoint>;
  };
}

const require = createRequire(import.meta.url);

export function isNumber0(module: string): boolean {
  return module.startsWith("@number0/");
}

/** @param module What to load. */
export async function rayhanadevEndpoint(
  module: string,
): Promise<RayhanadevEndpoint> {
  const { Endpoint } = require(module) as Rayhanadev;
  return await Endpoint.createWithOptions({ alpns: [ALPN] });
}

/** @param module What to load. */
export async function number0Endpoint(module: string): Promise<{
  iroh: typeof Number0;
  endpoint: Number0.Endpoint;
}> {
  const iroh = require(module) as typeof Number0;
  const builder = iroh.Endpoint.builder();
  iroh.presetMinimal(builder);
  builder.relayMode(iroh.RelayMode.disabled());
  builder.bindAddr("127.0.0.1:0");
  builder.alpns([[...new TextEncoder().encode(ALPN)]]);
  return { iroh, endpoint: await builder.bind() };
}
