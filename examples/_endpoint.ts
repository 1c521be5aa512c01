// The iroh endpoint of a server or a terminal, and the key that is its identity.

import iroh from "@number0/iroh";

/** From how far away peers can reach an endpoint. */
export const REACHES = ["machine", "network", "world"] as const;
export type Reach = typeof REACHES[number];

export interface EndpointChoices {
  /** All but `world` do without the internet. */
  reach: Reach;
  /** A UDP port; any free one when left out. */
  port?: number;
  /** 32 bytes; a new identity when left out. */
  secretKey?: Uint8Array;
}

/** Binds an endpoint. */
export async function bindEndpoint(
  choices: EndpointChoices,
): Promise<iroh.Endpoint> {
  const [v4, v6] = choices.reach === "machine"
    ? ["127.0.0.1", "[::1]"]
    : ["0.0.0.0", "[::]"];
  // Both are named: iroh would open what is left out to everybody. But there
  // are machines without IPv6.
  const endpoint = await bind(choices, [v4, v6]).catch(() =>
    bind(choices, [v4])
  );
  if (choices.reach === "world") await hasRelay(endpoint);
  return endpoint;
}

function bind(
  { reach, port = 0, secretKey }: EndpointChoices,
  hosts: string[],
): Promise<iroh.Endpoint> {
  const builder = iroh.Endpoint.builder();
  if (reach === "world") {
    iroh.presetN0(builder); // Relays and discovery: through NATs, too.
  } else {
    iroh.presetMinimal(builder);
    builder.relayMode(iroh.RelayMode.disabled());
  }
  for (const host of hosts) builder.bindAddr(`${host}:${port}`);
  builder.alpns([[...new TextEncoder().encode("alkpubsub/1")]]);
  if (secretKey) builder.secretKey([...secretKey]);
  return builder.bind();
}

/** What a terminal has to know to dial an endpoint. */
export function ticketOf(endpoint: iroh.Endpoint): string {
  return iroh.EndpointTicket.fromAddr(endpoint.addr()).toString();
}

/** Reads a secret key; makes the file when there is none. */
export async function readSecretKey(file: string | URL): Promise<Uint8Array> {
  try {
    return Uint8Array.fromHex((await Deno.readTextFile(file)).trim());
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const key = crypto.getRandomValues(new Uint8Array(32));
    // For nobody else to read: who has the key is this server.
    await Deno.writeTextFile(file, `${key.toHex()}\n`, { mode: 0o600 });
    return key;
  }
}

/** Waits for a relay, which the ticket will name, but not for ever. */
async function hasRelay(endpoint: iroh.Endpoint): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise((resolve) => timer = setTimeout(resolve, 5_000));
  await Promise.race([endpoint.online(), enough]);
  clearTimeout(timer);
}
