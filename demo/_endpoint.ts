// An iroh endpoint on the loopback interface, of the binding that was asked for.

import { createRequire } from "node:module";
import process from "node:process";
import type * as Number0 from "@number0/iroh";
import type { IrohEndpoint } from "../iroh_hub.ts";
import type { BindingName } from "./_protocol.ts";

const ALPN = "alkpubsub/1";

export interface LoopbackEndpoint {
  endpoint: IrohEndpoint;
  nodeId: string;
  /** What a spoke dials. */
  address: string;
  port: number;
  close(): Promise<void>;
}

export interface EndpointChoices {
  /** The identity, 32 bytes; a new one when left out. */
  secretKey?: number[] | undefined;
  /** The UDP port; any free one when left out. */
  port?: number | undefined;
}

/** Binds an endpoint that peers on this machine can reach. */
export function createEndpoint(
  binding: BindingName,
  choices: EndpointChoices = {},
): Promise<LoopbackEndpoint> {
  return binding === "number0"
    ? number0Endpoint(choices)
    : rayhanadevEndpoint(choices);
}

/** `@number0/iroh` dials a ticket: the public key and where to find it. */
async function number0Endpoint(
  { secretKey, port = 0 }: EndpointChoices,
): Promise<LoopbackEndpoint> {
  // The file, as the "main" of its package.json names another that is not there.
  const iroh: typeof Number0 = createRequire(import.meta.url)(
    "@number0/iroh/index.js",
  );
  const builder = iroh.Endpoint.builder();
  iroh.presetMinimal(builder);
  builder.relayMode(iroh.RelayMode.disabled());
  builder.alpns([[...new TextEncoder().encode(ALPN)]]);
  builder.bindAddr(`127.0.0.1:${port}`);
  if (secretKey) builder.secretKey(secretKey);
  const endpoint = await builder.bind();
  return {
    endpoint,
    nodeId: endpoint.id().toString(),
    address: iroh.EndpointTicket.fromAddr(endpoint.addr()).toString(),
    port: Number(endpoint.boundSockets()[0]!.split(":").at(-1)),
    close: () => endpoint.close(),
  };
}

/**
 * `@rayhanadev/iroh` dials a public key and looks the address up in DNS, which
 * the fixture of the tests serves. It chooses its port itself.
 */
async function rayhanadevEndpoint(
  { secretKey }: EndpointChoices,
): Promise<LoopbackEndpoint> {
  // The fixture loads both bindings, and Deno warns of the other one.
  process.noDeprecation = true;
  const { rayhanadev } = await import("../tests/_iroh.ts");
  if (rayhanadev.unavailable) throw new Error(rayhanadev.unavailable);
  const created = await rayhanadev.createEndpoint({
    alpns: [ALPN],
    secretKey: secretKey && Uint8Array.from(secretKey),
  });
  return {
    ...created,
    // It would wait up to 30 s for handshakes that were given up on.
    async close() {
      const enough = new Promise((resolve) => setTimeout(resolve, 500));
      await Promise.race([created.close(), enough]);
    },
  };
}
