// The two iroh bindings behind one interface. They are told apart by shape and
// never imported; what each does differently ends in this file.

import type {
  IrohConnection,
  IrohEndpoint,
  IrohEndpointAddr,
  IrohEndpointId,
  IrohHubAddress,
  IrohStream,
  Number0IrohConnection,
  Number0IrohEndpoint,
  RayhanadevIrohConnection,
  RayhanadevIrohEndpoint,
} from "./_iroh_types.ts";
import { inLine, show } from "./_options.ts";
import { decodeIrohTicket, normalizeNodeId } from "./_iroh_ticket.ts";

/** How a QUIC connection ended. */
export interface QuicClosed {
  /** The peer's application code, when it closed with one. */
  readonly code: number | undefined;
  readonly reason: string;
}

/** A QUIC stream, alike on both bindings. */
export interface QuicStream {
  /** How much is worth writing at once. */
  readonly maxWriteBytes: number;
  /** Gets whole frames alone: more at once where a single one is longer. */
  readonly takesWholeFrames?: boolean;
  /**
   * Writes all; the bytes may be read until the promise settles.
   *
   * @param onTaken Told how many were taken so far, if that comes in parts.
   */
  write(bytes: Uint8Array, onTaken?: (bytes: number) => void): Promise<void>;
  /**
   * The bytes that came next, none where they make nothing whole yet;
   * `undefined` at the end of the stream.
   *
   * @throws {FrameError} When the peer broke the framing.
   */
  read(): Promise<Uint8Array | undefined>;
}

/** A QUIC connection, alike on both bindings. */
export interface QuicConnection {
  readonly remoteId: string;
  readonly alpn: string;
  openStream(): Promise<QuicStream>;
  acceptStream(): Promise<QuicStream>;
  close(code: number, reason: string): void;
  /** Resolves when the connection has ended; never rejects. */
  closed(): Promise<QuicClosed>;
}

/** An endpoint, alike on both bindings. */
export interface QuicEndpoint {
  /** Whether it was closed, if the binding tells. */
  readonly isClosed: boolean;
  /** Calls to `accept` worth having under way at once. */
  readonly parallelAccepts: number;
  /** The node id in an address, and a way to dial it. */
  dialer(address: IrohHubAddress): {
    readonly nodeId: string;
    connect(alpn: string): Promise<QuicConnection>;
  };
  /**
   * The next connection: `null` once the endpoint is closed, else a function
   * that finishes its handshake.
   */
  accept(): Promise<(() => Promise<QuicConnection>) | null>;
}

/**
 * The one interface over both bindings.
 *
 * @throws {TypeError} When it is an endpoint of neither.
 */
export function adaptEndpoint(endpoint: IrohEndpoint): QuicEndpoint {
  const has = (name: string) =>
    typeof (endpoint as unknown as Record<string, unknown> | null)?.[name] ===
      "function";
  if (has("connect")) {
    if (has("nodeId") && has("accept")) {
      return adaptRayhanadev(endpoint as RayhanadevIrohEndpoint);
    }
    if (has("id") && has("addr") && has("acceptNext")) {
      return adaptNumber0(endpoint as Number0IrohEndpoint);
    }
  }
  throw new TypeError(
    "Cannot use endpoint: it is an Endpoint of neither @rayhanadev/iroh nor @number0/iroh",
  );
}

/**
 * `@rayhanadev/iroh`: a call costs some 75 µs whatever it carries, so calls
 * carry much.
 */
const RAYHANADEV_READ_BYTES = 256 * 1024;
const RAYHANADEV_WRITE_BYTES = 256 * 1024;

/**
 * Its `accept` includes the handshake: a peer that stalls there holds one call
 * until QUIC gives it up, after 30 s. So many take 1.5 MB of heap.
 */
const RAYHANADEV_ACCEPTS = 1024;

function adaptRayhanadev(endpoint: RayhanadevIrohEndpoint): QuicEndpoint {
  const adapt = (
    connection: RayhanadevIrohConnection,
  ): QuicConnection => ({
    ...adaptConnection(connection, (stream) => ({
      maxWriteBytes: RAYHANADEV_WRITE_BYTES,
      async write(bytes) {
        await tidy(stream.send.writeAll(bytes));
      },
      async read() {
        const chunk = await tidy(stream.recv.read(RAYHANADEV_READ_BYTES));
        return chunk === null ? undefined : chunk as Uint8Array;
      },
    })),
    remoteId: connection.remoteNodeId(),
    close: (code, reason) => connection.close(code, reason),
  });
  return {
    parallelAccepts: RAYHANADEV_ACCEPTS,
    get isClosed() {
      return endpoint.isClosed?.() ?? false;
    },
    dialer(address) {
      const { id, addresses } = readAddress(address);
      if (addresses) {
        throw new TypeError(
          "Cannot use hubNodeId: @rayhanadev/iroh dials by node id alone, this is an address or a ticket",
        );
      }
      return {
        nodeId: id,
        connect: async (alpn) => adapt(await tidy(endpoint.connect(id, alpn))),
      };
    },
    async accept() {
      const connection = await tidy(endpoint.accept());
      return connection && (() => Promise.resolve(adapt(connection)));
    },
  };
}

/**
 * `@number0/iroh`: every byte is a JavaScript number of 8 bytes, made on the
 * calling thread; short slices bound both the memory and the time for which
 * nothing else runs, and still cost far more than the call.
 */
const NUMBER0_READ_BYTES = 64 * 1024;
const NUMBER0_WRITE_BYTES = 32 * 1024;

function adaptNumber0(endpoint: Number0IrohEndpoint): QuicEndpoint {
  const adapt = (
    connection: Number0IrohConnection,
  ): QuicConnection => ({
    ...adaptConnection(connection, (stream) => ({
      maxWriteBytes: NUMBER0_WRITE_BYTES,
      async write(bytes) {
        await tidy(stream.send.writeAll(numbersOf(bytes)));
      },
      async read() {
        const chunk = await tidy(stream.recv.read(NUMBER0_READ_BYTES));
        return chunk === null || chunk.length === 0
          ? undefined
          : new Uint8Array(chunk);
      },
    })),
    remoteId: connection.remoteId().toString(),
    close: (code, reason) => connection.close(BigInt(code), bytesOf(reason)),
  });
  return {
    parallelAccepts: 1,
    get isClosed() {
      return endpoint.isClosed?.() ?? false;
    },
    dialer(address) {
      const { id, addresses, relayUrl } = readAddress(address);
      const addr = isAddr(address) ? address : makeAddr(
        endpoint,
        id,
        relayUrl,
        addresses,
      );
      return {
        nodeId: id,
        connect: async (alpn) =>
          adapt(await tidy(endpoint.connect(addr, bytesOf(alpn)))),
      };
    },
    async accept() {
      const incoming = await tidy(endpoint.acceptNext());
      return incoming && (async () => {
        const accepting = await tidy(incoming.accept());
        return adapt(await tidy(accepting.connect()));
      });
    },
  };
}

/** Makes an `EndpointAddr` with the classes that an endpoint's objects have. */
function makeAddr(
  endpoint: Number0IrohEndpoint,
  id: string,
  relayUrl: string | undefined,
  addresses: readonly string[] | undefined,
): IrohEndpointAddr {
  const EndpointAddr = endpoint.addr().constructor as new (
    id: IrohEndpointId,
    relayUrl: string | undefined,
    addresses: readonly string[] | undefined,
  ) => IrohEndpointAddr;
  const EndpointId = endpoint.id().constructor as unknown as {
    fromString(id: string): IrohEndpointId;
  };
  return new EndpointAddr(EndpointId.fromString(id), relayUrl, addresses);
}

/** The node id in whatever may be dialled, and where to find it if it says. */
function readAddress(address: IrohHubAddress): {
  id: string;
  relayUrl?: string | undefined;
  addresses?: readonly string[];
} {
  if (isAddr(address)) {
    return {
      id: normalizeNodeId(address.id().toString()),
      addresses: address.directAddresses(),
    };
  }
  if (typeof address !== "string") {
    if (typeof address !== "object" || address === null) {
      throw new TypeError(
        `Cannot use hubNodeId: ${
          show(address)
        } is neither a node id, an address nor a ticket`,
      );
    }
    return { id: normalizeNodeId(address.toString()) };
  }
  const text = address.trim(); // As read from a file or a prompt.
  return text.startsWith("endpoint")
    ? decodeIrohTicket(text)
    : { id: normalizeNodeId(text) };
}

function isAddr(address: IrohHubAddress): address is IrohEndpointAddr {
  return typeof (address as IrohEndpointAddr | null)?.directAddresses ===
    "function";
}

/** What both bindings' connections have alike. */
function adaptConnection(
  connection: IrohConnection,
  adaptStream: (stream: IrohStream) => QuicStream,
): Omit<QuicConnection, "remoteId" | "close"> {
  let closed: Promise<QuicClosed> | undefined;
  return {
    alpn: new TextDecoder().decode(Uint8Array.from(connection.alpn())),
    openStream: async () => adaptStream(await tidy(connection.openBi())),
    acceptStream: async () => adaptStream(await tidy(connection.acceptBi())),
    // Asked once: whoever asks again gets an answer that may be there already.
    closed: () =>
      closed ??= connection.closed().then(
        readClosed,
        (error) => ({ code: undefined, reason: summaryOf(error) }),
      ),
  };
}

/**
 * `closed by peer: slow consumer (code 1013)`, or without a reason
 * `closed by peer: 1013`; anything else names a loss.
 */
function readClosed(text: string): QuicClosed {
  const match = /^closed by peer: (?:(.*) \(code (\d+)\)|(\d+))$/s.exec(text);
  return match
    ? {
      code: Number(match[2] ?? match[3]),
      reason: inLine(match[1] ?? "", 123),
    }
    : { code: undefined, reason: text };
}

/** Whether a dial failed for the ALPN: the peer speaks another one. */
export function isAlpnRefused(error: Error): boolean {
  // What TLS makes of the alert `no_application_protocol`, in both bindings.
  return error.message.includes("peer doesn't support any known protocol");
}

/** Errors of a binding, with a message of one line. */
async function tidy<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    throw new Error(summaryOf(cause), { cause });
  }
}

/**
 * What an error of a binding says. `@number0/iroh` prints a name, a list of
 * causes with places in its source, and a backtrace: the causes tell.
 */
function summaryOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [first = "", ...rest] = text.split("\n\nStack backtrace")[0]!.trim()
    .split("\n").map((line) => line.trim().replace(/ \([^()]*:\d+:\d+\)$/, ""));
  const causes = rest.filter((line) =>
    line !== "" && line !== "Caused by:" && !/^\w+::\w+$/.test(line)
  );
  return causes.length > 0 ? causes.join(": ") : first;
}

/** `Array.from`, at a fifth of its cost. */
function numbersOf(bytes: Uint8Array): number[] {
  const numbers = new Array<number>(bytes.length);
  for (let i = 0; i < bytes.length; i++) numbers[i] = bytes[i]!;
  return numbers;
}

function bytesOf(text: string): number[] {
  return Array.from(new TextEncoder().encode(text));
}
