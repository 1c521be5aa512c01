/**
 * The bindings themselves, without this library: the control of every
 * measurement. Both behind one interface, at no cost worth measuring.
 */

import { createRequire } from "node:module";
import type * as Number0 from "@number0/iroh";
import {
  type BindingName,
  bindings,
  type Number0Endpoint,
  type RawEndpoint as BindingEndpoint,
  type RayhanadevEndpoint,
} from "../tests/_iroh.ts";

const require = createRequire(import.meta.url);

export type Bytes = Uint8Array | number[];

export interface RawStream {
  readonly send: {
    writeAll(bytes: Bytes): Promise<unknown>;
    finish(): Promise<unknown>;
  };
  readonly recv: {
    /** `null` or nothing at the end. */
    read(sizeLimit: number): Promise<Bytes | null>;
    readExact(size: number): Promise<Bytes>;
  };
}

export interface RawConnection {
  openBi(): Promise<RawStream>;
  acceptBi(): Promise<RawStream>;
  closed(): Promise<string>;
  // deno-lint-ignore no-explicit-any -- numbers and text on one binding, bigints and bytes on the other
  close(code?: any, reason?: any): void;
}

/** A binding, and what differs when it is used bare. */
export interface Raw {
  readonly name: BindingName;
  /** Why it cannot connect here. */
  readonly unavailable: string | undefined;
  /** The bytes as the binding takes them. */
  bytes(bytes: Uint8Array): Bytes;
  connect(
    endpoint: BindingEndpoint,
    address: string,
    alpn?: string,
  ): Promise<RawConnection>;
  accept(endpoint: BindingEndpoint): Promise<RawConnection>;
  close(connection: RawConnection, code: number, reason: string): void;
}

export const RAW_ALPN = "pubsub-bench/1";

const rayhanadev = {
  bytes: (bytes: Uint8Array) => bytes,
  connect: (endpoint: BindingEndpoint, address: string, alpn = RAW_ALPN) =>
    (endpoint as RayhanadevEndpoint).connect(address, alpn) as Promise<
      unknown
    > as Promise<RawConnection>,
  async accept(endpoint: BindingEndpoint) {
    const connection = await (endpoint as RayhanadevEndpoint).accept();
    if (connection === null) throw new Error("The endpoint is closed");
    return connection as unknown as RawConnection;
  },
  close: (connection: RawConnection, code: number, reason: string) =>
    connection.close(code, reason),
};

const number0 = {
  bytes: (bytes: Uint8Array) => Array.from(bytes),
  connect(endpoint: BindingEndpoint, address: string, alpn = RAW_ALPN) {
    const { EndpointTicket } = require(
      "@number0/iroh/index.js",
    ) as typeof Number0;
    return (endpoint as Number0Endpoint).connect(
      EndpointTicket.fromString(address).endpointAddr(),
      [...new TextEncoder().encode(alpn)],
    ) as Promise<unknown> as Promise<RawConnection>;
  },
  async accept(endpoint: BindingEndpoint) {
    const incoming = await (endpoint as Number0Endpoint).acceptNext();
    if (incoming === null) throw new Error("The endpoint is closed");
    const accepting = await incoming.accept();
    return await accepting.connect() as unknown as RawConnection;
  },
  close: (connection: RawConnection, code: number, reason: string) =>
    connection.close(BigInt(code), [...new TextEncoder().encode(reason)]),
};

/** Both bindings, those that cannot be used here too. */
export const raws: readonly Raw[] = bindings.map(({ name, unavailable }) => ({
  name,
  unavailable,
  ...(name === "@rayhanadev/iroh" ? rayhanadev : number0),
}));

export function rawOf(name: string): Raw {
  const raw = raws.find((raw) => raw.name === name);
  if (raw === undefined) throw new TypeError(`Cannot find binding: ${name}`);
  return raw;
}
