// An iroh endpoint of whichever binding is installed, loaded when it is needed.

import type { IrohEndpoint } from "../_iroh_types.ts";
import { within } from "../_deferred.ts";
import { Failure } from "./_failure.ts";
import { loadPackage, type OptionalPackage } from "./_module.ts";

/** How far peers may be away. */
export type Reach = "machine" | "world";

/** What an endpoint is made with. */
export interface EndpointChoices {
  readonly reach: Reach;
  /** 32 bytes; a new identity without. */
  readonly secretKey?: Uint8Array | undefined;
  /** A UDP port; any free one without. */
  readonly port?: number | undefined;
  /** What it is for, in what is said when it cannot be made. */
  readonly purpose: string;
}

/** An endpoint that peers can dial. */
export interface BoundEndpoint {
  readonly endpoint: IrohEndpoint;
  readonly nodeId: string;
  /** Says where it is; a binding may have none. */
  ticket(): string | undefined;
  /**
   * Waits for a relay, which the ticket names, but not for ever; resolves with
   * whether it is there, if that is known.
   */
  reachable(milliseconds: number): Promise<boolean | undefined>;
  close(): Promise<void>;
}

const ALPN = "alkpubsub/1";

/** What is used of `@number0/iroh`. */
interface Number0 {
  readonly Endpoint: { builder(): Builder };
  readonly EndpointAddr: new (
    id: object,
    relayUrl: string | null,
    addresses: readonly string[],
  ) => Addr;
  readonly EndpointTicket: { fromAddr(addr: Addr): object };
  readonly RelayMode: { disabled(): object };
  presetN0(builder: Builder): void;
  presetMinimal(builder: Builder): void;
}

interface Builder {
  relayMode(mode: object): void;
  bindAddr(address: string): void;
  alpns(alpns: number[][]): void;
  secretKey(bytes: number[]): void;
  bind(): Promise<Bound>;
}

interface Addr {
  relayUrl(): string | null;
  directAddresses(): string[];
}

type Bound = IrohEndpoint & {
  id(): object;
  addr(): Addr;
  boundSockets(): string[];
  online(): Promise<void>;
  close(): Promise<void>;
};

/** What is used of `@rayhanadev/iroh`. */
interface Rayhanadev {
  readonly Endpoint: {
    createWithOptions(
      options: { alpns: string[]; secretKey?: string | undefined },
    ): Promise<IrohEndpoint & { nodeId(): string; close(): Promise<void> }>;
  };
}

/**
 * Binds an endpoint.
 *
 * @throws {Failure} When no binding is installed, or it does not bind.
 */
export async function bindEndpoint(
  choices: EndpointChoices,
): Promise<BoundEndpoint> {
  const { purpose, reach } = choices;
  // The file: the "main" of its package.json names another that is not there.
  const official: OptionalPackage = {
    name: "@number0/iroh",
    version: "^1.1.0",
    file: "/index.js",
    purpose,
  };
  let module: Number0;
  try {
    module = await loadPackage<Number0>(official);
  } catch (error) {
    // The other binding has relays and discovery always.
    if (reach === "machine") throw error;
    return await bindOther(choices).catch(() => {
      throw error;
    });
  }
  try {
    return await bindNumber0(module, choices);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure(`cannot ${purpose}: ${why}`, { cause });
  }
}

async function bindNumber0(
  iroh: Number0,
  choices: EndpointChoices,
): Promise<BoundEndpoint> {
  const [v4, v6] = choices.reach === "machine"
    ? ["127.0.0.1", "[::1]"]
    : ["0.0.0.0", "[::]"];
  // Both are named: iroh would open what is left out to everybody. But there
  // are machines without IPv6.
  const endpoint = await build(iroh, choices, [v4, v6]).catch(() =>
    build(iroh, choices, [v4])
  );
  return {
    endpoint,
    nodeId: String(endpoint.id()),
    ticket: () => ticketOf(iroh, endpoint),
    async reachable(milliseconds) {
      if (choices.reach === "machine") return false;
      await within(endpoint.online(), milliseconds, () => {});
      return endpoint.addr().relayUrl() !== null;
    },
    close: () => endpoint.close(),
  };
}

function build(
  iroh: Number0,
  { reach, port = 0, secretKey }: EndpointChoices,
  hosts: readonly string[],
): Promise<Bound> {
  const builder = iroh.Endpoint.builder();
  if (reach === "world") iroh.presetN0(builder);
  else {
    iroh.presetMinimal(builder);
    builder.relayMode(iroh.RelayMode.disabled());
  }
  for (const host of hosts) builder.bindAddr(`${host}:${port}`);
  builder.alpns([[...new TextEncoder().encode(ALPN)]]);
  if (secretKey) builder.secretKey([...secretKey]);
  return builder.bind();
}

/** Loopback is among the addresses: it holds without any network. */
function ticketOf(iroh: Number0, endpoint: Bound): string {
  const addr = endpoint.addr();
  // Who is on this machine has IPv4, and a ticket is long enough.
  const ports = endpoint.boundSockets()
    .filter((address) => /^(0\.0\.0\.0|127\.0\.0\.1):/.test(address))
    .map((address) => address.split(":").at(-1));
  const addresses = new Set([
    ...addr.directAddresses().filter((one) => !one.startsWith("[::1]")),
    ...ports.map((port) => `127.0.0.1:${port}`),
  ]);
  const whole = new iroh.EndpointAddr(endpoint.id(), addr.relayUrl(), [
    ...addresses,
  ]);
  return String(iroh.EndpointTicket.fromAddr(whole));
}

/** `@rayhanadev/iroh` is found by node id alone, and chooses its port itself. */
async function bindOther(
  { secretKey, purpose }: EndpointChoices,
): Promise<BoundEndpoint> {
  const { Endpoint } = await loadPackage<Rayhanadev>({
    name: "@rayhanadev/iroh",
    version: "^0.1.1",
    purpose,
  });
  const endpoint = await Endpoint.createWithOptions({
    alpns: [ALPN],
    secretKey: secretKey && hexOf(secretKey),
  });
  return {
    endpoint,
    nodeId: endpoint.nodeId(),
    ticket: () => undefined,
    reachable: () => Promise.resolve(undefined),
    close: () => endpoint.close(),
  };
}

/** Bytes in hexadecimal digits. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
